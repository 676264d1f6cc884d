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

import pytest
import yaml
from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

from coralline.data.drawn_shapes import draw_dataset
from deployment.entrypoint.launcher_mirror import MIRROR_VARIABLE
from deployment.spec.compiling import compile_pipeline
from pipeline.config import load_config

_ROOT = "minio://mlpipeline/v2/artifacts"
_TASK_ID = "0d1f7c9e-1111-4222-8333-444455556666"


class DriverAndLauncher:
    """Of one run: commands of its tasks, and what becomes of their ExecutorOutputs.

    Attributes:
      spec: the compiled pipeline.
      data: the folder of its data set.
      mirror: the folder that stands for `/`.
      output_file: where the launcher looks for an ExecutorOutput.
    """

    run_id = "c7a0b6d2-5d49-4b5c-8d0e-0a4bb0a8c8f1"

    def __init__(self, spec: Any, data: Path, mirror: Path, output_file: Path):
        self.spec, self.data, self.mirror, self.output_file = spec, str(data), mirror, output_file
        self._recorded: dict[tuple[str, str], dict[str, Any]] = {}

    def args(self, task_name: str, parameters: Mapping[str, Any] | None = None, *, inputs: bool = True) -> list[str]:
        """The arguments of a task's container.

        Args:
          task_name: the task's.
          parameters: those that come from other tasks, or from the run.
          inputs: whether it gets its input artifacts.
        """
        label = self.spec["components"][task_name]["executorLabel"]
        args = self.spec["deploymentSpec"]["executors"][label]["container"]["args"]
        given = json.dumps(self._executor_input(task_name, dict(parameters or {}), inputs))
        return [given if arg == "{{$}}" else arg for arg in args]

    def _executor_input(self, task_name: str, values: dict[str, Any], with_inputs: bool) -> dict[str, Any]:
        task = self.spec["root"]["dag"]["tasks"][task_name]
        sources = task["inputs"].get("artifacts", {}) if with_inputs else {}
        made = {name: source["taskOutputArtifact"] for name, source in sources.items()}
        recorded = {name: self._recorded[m["producerTask"], m["outputArtifactKey"]] for name, m in made.items()}
        for name, source in task["inputs"].get("parameters", {}).items():
            if "runtimeValue" in source:
                values[name] = source["runtimeValue"]["constant"]
        declared = self.spec["components"][task_name]["outputDefinitions"].get("artifacts", {})
        types = {name: output["artifactType"] for name, output in declared.items()}
        types["executor-logs"] = {"schemaTitle": "system.Artifact"}
        outputs = {name: [{"uri": self.uri(task_name, name), "type": kind}] for name, kind in types.items()}
        return {
            "inputs": {
                "artifacts": {name: {"artifacts": [artifact]} for name, artifact in recorded.items()},
                "parameterValues": values,
            },
            "outputs": {
                "artifacts": {name: {"artifacts": artifacts} for name, artifacts in outputs.items()},
                "outputFile": str(self.output_file),
            },
        }

    def uri(self, task_name: str, output: str) -> str:
        """Of an artifact."""
        return f"{_ROOT}/coralline/{self.run_id}/{task_name}/{_TASK_ID}/{output}"

    def path_of(self, task_name: str, output: str) -> Path:
        """The launcher's copy of it."""
        return self.mirror / self.uri(task_name, output).replace("://", "/")

    def record(self, task_name: str, output: str, metadata: dict[str, Any]) -> dict[str, Any]:
        """Takes an artifact down, as the next driver sends it."""
        recorded = {
            "name": str(len(self._recorded) + 1),
            "uri": self.uri(task_name, output),
            "type": {"instanceSchema": ""},
            "metadata": metadata | {"display_name": output},
        }
        self._recorded[task_name, output] = recorded
        return recorded

    def publish(self, task_name: str) -> dict[str, dict[str, Any]]:
        """Takes the task's ExecutorOutput; gives each output as the next driver sends it."""
        answer = self._answer()
        published = {}
        for name, artifacts in answer.artifacts.items():
            (artifact,) = artifacts.artifacts
            assert artifact.uri == self.uri(task_name, name), "not below the run's root: the launcher would refuse it"
            metadata = {key: _through_ml_metadata(value) for key, value in artifact.metadata.fields.items()}
            published[name] = self.record(task_name, name, metadata)
        return published

    def parameters(self) -> dict[str, str]:
        """The parameters of an ExecutorOutput."""
        return {name: value.string_value for name, value in self._answer().parameter_values.items()}

    def _answer(self) -> Any:
        text = self.output_file.read_text()
        self.output_file.unlink()
        return json_format.Parse(text, pipeline_spec_pb2.ExecutorOutput())  # strictly: an unknown field is an error


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


@pytest.fixture(scope="module")
def _compiled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    data = tmp_path_factory.mktemp("data")
    draw_dataset(data, images=12, size_px=64, seed=5)
    settings = {
        "data.path": "/mnt/yard",
        "deployment.image": "registry/coralline:1",
        "deployment.pipeline_root": _ROOT,
        "deployment.volumes": {"/mnt/yard": "claim"},
    }
    text = compile_pipeline(load_config(None, settings), "kubeflow")
    return next(yaml.safe_load_all(text)), data


@pytest.fixture
def backend(_compiled: tuple[Any, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DriverAndLauncher:
    """With the ExecutorOutput where backends since September 2025 want it."""
    monkeypatch.setenv(MIRROR_VARIABLE, str(tmp_path))
    folder = tmp_path / "minio/mlpipeline/v2/artifacts/coralline/run/task"
    folder.mkdir(parents=True)
    return DriverAndLauncher(*_compiled, tmp_path, folder / "output_metadata.json")
