"""From the outputs of TFX's executors to the ExecutorOutput that the launcher reads.

The launcher parses it strictly and uploads what lies at each URI, which must be below the run's root
(`uploadOutputArtifacts` in backend/src/v2/component/launcher_v2.go). A property without a value fails the step after
its work is done (`StructValueToMLMDValue` in backend/src/v2/metadata/converter.go knows no null).
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Mapping
from typing import Any

from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

from coralline.foundation import storage


def executor_output(artifacts: Mapping[str, Any], given: Any) -> Any:
    """The ExecutorOutput.

    Args:
      artifacts: output -> ArtifactList, with paths for URIs.
      given: the launcher's ExecutorInput, whose URIs are put back.
    """
    answer = pipeline_spec_pb2.ExecutorOutput()
    for name, made in artifacts.items():
        answer.artifacts[name].CopyFrom(made)
        for artifact, asked in zip(
            answer.artifacts[name].artifacts, given.outputs.artifacts[name].artifacts, strict=True
        ):
            artifact.uri = asked.uri
            _keep_what_can_be_recorded(artifact.metadata)
    return answer


def _keep_what_can_be_recorded(metadata: Any) -> None:
    """Leaves out what has no value; what isn't a finite number, which JSON can't say, becomes text."""
    for key in list(metadata.fields):
        value = metadata.fields[key]
        kind = value.WhichOneof("kind")
        if kind in (None, "null_value"):
            del metadata.fields[key]
        elif kind == "number_value" and not math.isfinite(value.number_value):
            value.string_value = str(value.number_value)


def write_parameters(values: Mapping[str, str], path: str) -> None:
    """Writes an ExecutorOutput of texts alone; the launcher looks for them there before it looks at files of theirs."""
    answer = pipeline_spec_pb2.ExecutorOutput()
    for name, value in values.items():
        answer.parameter_values[name].string_value = value
    write_executor_output(answer, path)


def write_executor_output(answer: Any, path: str) -> None:
    """Writes it to where the launcher looks for it (`outputFile`), whole or not at all."""
    text = json_format.MessageToJson(answer, sort_keys=True).encode()
    if storage.is_remote(path):
        storage.write_bytes(path, text)
        return
    aside = f"{path}.{os.getpid()}"
    storage.write_bytes(aside, text)
    try:
        os.replace(aside, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(aside)
        raise
