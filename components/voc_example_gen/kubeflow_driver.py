"""The driver on Vertex: a container command that runs before the cache is looked up.

It answers as `tfx.orchestration.kubeflow.v2.file_based_example_gen.driver` does, with the content of the data set for
its fingerprint where that one takes the times of files that match a pattern.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2
from tfx.orchestration.kubeflow.v2 import step_builder
from tfx.orchestration.kubeflow.v2.container import kubeflow_v2_entrypoint_utils as entrypoint
from tfx.types import artifact_utils

from components.voc_example_gen.driver import describe_examples
from coralline.data.data_fingerprint import FINGERPRINT_PROPERTY, fingerprint
from coralline.data.data_settings import DataSettings
from coralline.foundation import storage


@contextmanager
def content_driver() -> Iterator[None]:
    """Within it, compiled pipelines name this driver for VocExampleGen.

    Seen with tfx 1.16.0: it has one fixed command for the driver of every file-based ExampleGen, in a constant of
    `step_builder`; there is no parameter for it.
    """
    stock = step_builder._DRIVER_COMMANDS
    step_builder._DRIVER_COMMANDS = ("python", "-m", "components.voc_example_gen.kubeflow_driver")
    try:
        yield
    finally:
        step_builder._DRIVER_COMMANDS = stock


def main(argv: list[str]) -> None:
    """Writes an ExecutorOutput with the fingerprint to where the ExecutorInput says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--json_serialized_invocation_args", required=True, help="The ExecutorInput, as JSON.")
    parser.add_argument("--json_serialized_inputs_spec_args", required=True, help="The ComponentInputsSpec, as JSON.")
    args, _ = parser.parse_known_args(argv)  # Flags of Beam's follow.
    task = pipeline_spec_pb2.ExecutorInput()
    json_format.Parse(args.json_serialized_invocation_args, task, ignore_unknown_fields=True)
    inputs_spec = pipeline_spec_pb2.ComponentInputsSpec()
    json_format.Parse(args.json_serialized_inputs_spec_args, inputs_spec, ignore_unknown_fields=True)
    answer = json_format.MessageToJson(_answer(task, inputs_spec), sort_keys=True)
    storage.write_bytes(task.outputs.output_file, answer.encode())


def _answer(
    task: pipeline_spec_pb2.ExecutorInput, inputs_spec: pipeline_spec_pb2.ComponentInputsSpec
) -> pipeline_spec_pb2.ExecutorOutput:
    properties = entrypoint.parse_execution_properties(
        task.inputs.parameter_values, task.inputs.parameters, inputs_spec
    )
    content = fingerprint(DataSettings.from_property(properties["data"]))
    name_from_id: dict[int, str] = {}
    outputs = entrypoint.parse_raw_artifact_dict(task.outputs.artifacts, name_from_id)
    examples = artifact_utils.get_single_instance(outputs["examples"])
    describe_examples(examples.mlmd_artifact, content)
    answer = pipeline_spec_pb2.ExecutorOutput()
    answer.parameter_values[FINGERPRINT_PROPERTY].string_value = content
    answer.artifacts["examples"].artifacts.append(entrypoint.to_runtime_artifact(examples, name_from_id))
    return answer


if __name__ == "__main__":
    main(sys.argv[1:])
