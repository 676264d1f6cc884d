"""From the launcher's ExecutorInput to what TFX's executors are given.

What the driver of Kubeflow Pipelines leaves open, and TFX needs, comes from the component's definition, which the
compiled command has with it: the types of inputs (the driver sends `instanceSchema: ""`, backend/src/v2/metadata/
client.go, `toRuntimeArtifact`; kfp.local sends `system.Artifact`), and which outputs are the component's own (with
logs published, the driver adds `executor-logs`, `provisionOutputs` in backend/src/v2/driver/driver.go).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

from coralline.foundation.errors import UserError
from deployment.entrypoint.launcher_mirror import LauncherMirror

# How the launcher wraps lists and structures in ML Metadata (backend/src/v2/metadata/converter.go).
_WRAPPED = ({"list"}, {"struct"})
_INTEGER = pipeline_spec_pb2.ParameterType.NUMBER_INTEGER


def read_executor_input(text: str) -> Any:
    """The ExecutorInput; fields that this version of the specification doesn't know are passed over."""
    return json_format.Parse(text, pipeline_spec_pb2.ExecutorInput(), ignore_unknown_fields=True)


def for_tfx(given: Any, inputs_spec: Any, outputs_spec: Any, mirror: LauncherMirror) -> Any:
    """A copy with declared inputs and outputs only, with their types, and with paths in place of URIs.

    Args:
      given: the launcher's ExecutorInput.
      inputs_spec, outputs_spec: the component's definitions (ComponentInputsSpec, ComponentOutputsSpec).
      mirror: where artifacts lie.

    Raises:
      UserError: a declared output has no place.
    """
    task = pipeline_spec_pb2.ExecutorInput()
    task.CopyFrom(given)
    _keep_declared(task.inputs.artifacts, inputs_spec.artifacts, mirror)
    _keep_declared(task.outputs.artifacts, outputs_spec.artifacts, mirror)
    if missing := sorted(set(outputs_spec.artifacts) - set(task.outputs.artifacts)):
        raise UserError(
            "the launcher names no place for " + ", ".join(missing),
            expected="an ExecutorInput with every output of the component",
            found="outputs " + (", ".join(sorted(given.outputs.artifacts)) or "none"),
            fix="compile the pipeline again with the version of Coralline that is in the image",
        )
    return task


def _keep_declared(artifacts: Any, declared: Any, mirror: LauncherMirror) -> None:
    for name in list(artifacts):
        if name not in declared:
            del artifacts[name]
            continue
        for artifact in artifacts[name].artifacts:
            artifact.type.CopyFrom(declared[name].artifact_type)
            artifact.uri = mirror.path_of(artifact.uri)
            _unwrap(artifact.metadata)


def _unwrap(metadata: Any) -> None:
    values = json_format.MessageToDict(metadata)
    changed = {
        key: next(iter(value.values()))
        for key, value in values.items()
        if isinstance(value, dict) and set(value) in _WRAPPED
    }
    metadata.update(changed)


def exec_properties(task: Any, inputs_spec: Any, run_parameters: Mapping[str, str]) -> dict[str, Any]:
    """The component's parameters, whole numbers as such, with the run's own settings in their sections.

    Args:
      task: as `for_tfx` gives it.
      inputs_spec: the component's ComponentInputsSpec.
      run_parameters: parameter -> setting (`train.float_steps`): its value takes the setting's place in the JSON of
        that section.
    """
    values = {
        name: _plain(value, inputs_spec.parameters[name].parameter_type if name in inputs_spec.parameters else None)
        for name, value in task.inputs.parameter_values.items()
        if name not in run_parameters
    }
    for setting, value in run_settings(task, run_parameters).items():
        section, _, key = setting.partition(".")
        values[section] = json.dumps({**json.loads(values[section]), key: value}, sort_keys=True)
    return values


def run_settings(given: Any, run_parameters: Mapping[str, str]) -> dict[str, str | None]:
    """The settings that the run was given as parameters; an empty text is none."""
    values = given.inputs.parameter_values
    return {setting: values[name].string_value or None for name, setting in run_parameters.items() if name in values}


def _plain(value: Any, parameter_type: Any) -> Any:
    """The value; ML Metadata and JSON hand whole numbers on as 3.0."""
    plain = json_format.MessageToDict(value)
    return int(plain) if parameter_type == _INTEGER else plain
