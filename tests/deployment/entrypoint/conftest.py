"""ExecutorInputs as the driver of Kubeflow Pipelines makes them, for tasks of the compiled pipeline.

From kubeflow/pipelines: `provisionOutputs` and `GenerateOutputURI` (backend/src/v2/driver/driver.go,
backend/src/v2/metadata/client.go), `toRuntimeArtifact` and `StructValueToMLMDValue` (backend/src/v2/metadata/
converter.go) for the way of an artifact through ML Metadata, and `{{$}}` as protojson of it (`getPlaceholders`,
backend/src/v2/component/launcher_v2.go).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

ROOT = "minio://mlpipeline/v2/artifacts"
RUN_ID = "c7a0b6d2-5d49-4b5c-8d0e-0a4bb0a8c8f1"
_TASK_ID = "0d1f7c9e-1111-4222-8333-444455556666"


class DriverAndLauncher:
    """Of one run: ExecutorInputs for its tasks, and what becomes of their ExecutorOutputs.

    Attributes:
      mirror: the folder that stands for `/`.
      output_file: where the launcher looks for an ExecutorOutput.
    """

    def __init__(self, spec: Any, mirror: Path, output_file: Path | None = None):
        self.spec, self.mirror = spec, mirror
        self.output_file = output_file or mirror / "tmp/kfp_outputs/output_metadata.json"
        self._recorded: dict[tuple[str, str], dict[str, Any]] = {}

    def executor_input(self, task_name: str, parameters: Mapping[str, Any] | None = None) -> str:
        """The JSON in place of `{{$}}`; `parameters` are those that come from other tasks or from the run."""
        task = self.spec.root.dag.tasks[task_name]
        inputs = {
            name: {"artifacts": [self._recorded[source.task_output_artifact.producer_task, key]]}
            for name, source in task.inputs.artifacts.items()
            for key in [source.task_output_artifact.output_artifact_key]
        }
        values = dict(parameters or {})
        for name, source in task.inputs.parameters.items():
            if source.HasField("runtime_value"):
                values[name] = json_format.MessageToDict(source.runtime_value.constant)
        component = self.spec.components[task.component_ref.name]
        outputs = {
            name: {"artifacts": [{"uri": self._uri(task_name, name), "type": _as_json(declared.artifact_type)}]}
            for name, declared in component.output_definitions.artifacts.items()
        }
        logs = {"uri": self._uri(task_name, "executor-logs"), "type": {"schemaTitle": "system.Artifact"}}
        return json.dumps(
            {
                "inputs": {"artifacts": inputs, "parameterValues": values},
                "outputs": {
                    "artifacts": {**outputs, "executor-logs": {"artifacts": [logs]}},
                    "outputFile": str(self.output_file),
                },
            }
        )

    def _uri(self, task_name: str, output: str) -> str:
        return f"{ROOT}/coralline/{RUN_ID}/{task_name}/{_TASK_ID}/{output}"

    def publish(self, task_name: str) -> dict[str, dict[str, Any]]:
        """Takes the task's ExecutorOutput, as the launcher does; gives each output as the next driver sends it."""
        answer = pipeline_spec_pb2.ExecutorOutput()
        json_format.Parse(self.output_file.read_text(), answer)  # strictly: an unknown field is an error
        self.output_file.unlink()
        published = {}
        for name, artifacts in answer.artifacts.items():
            (artifact,) = artifacts.artifacts
            assert artifact.uri == self._uri(task_name, name), "not below the run's root: the launcher would refuse it"
            recorded = {
                "name": str(len(self._recorded) + 1),
                "uri": artifact.uri,
                "type": {"instanceSchema": ""},
                "metadata": {key: _through_ml_metadata(value) for key, value in artifact.metadata.fields.items()}
                | {"display_name": name},
            }
            published[name] = self._recorded[task_name, name] = recorded
        return published


def _as_json(message: Any) -> Any:
    return json_format.MessageToDict(message)


def _through_ml_metadata(value: Any) -> Any:
    kind = value.WhichOneof("kind")
    plain = json_format.MessageToDict(value)
    if kind == "bool_value":
        return float(plain)
    if kind == "list_value":
        return {"list": plain}
    if kind == "struct_value":
        return {"struct": plain}
    assert kind in ("string_value", "number_value"), "unknown/unsupported value type"
    return plain
