"""What the backend's ML Metadata client handles: contexts, executions, outputs, and what an execution is made with.

Types that are named here are those of kubeflow/pipelines `backend/src/v2/metadata/client.go` at 00f7b52b28.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from ml_metadata.proto import metadata_store_pb2 as pb

from deployment.emulation.runtime_artifact import KfpMetadataError, struct_as_json, to_runtime_artifact

PIPELINE_CONTEXT, RUN_CONTEXT = "system.Pipeline", "system.PipelineRun"
CONTAINER_EXECUTION, DAG_EXECUTION = "system.ContainerExecution", "system.DAGExecution"
IMPORTER_EXECUTION = "system.ImporterExecution"


@dataclasses.dataclass(frozen=True)
class PipelineContexts:
    """The contexts of a pipeline and of its run (client.go, Pipeline)."""

    pipeline: pb.Context
    run: pb.Context

    @property
    def pipeline_root(self) -> str:
        """`<root>/<pipeline>/<run id>`: what the driver builds the outputs' URIs from (GetPipelineRoot)."""
        return _text(self.run, "pipeline_root")

    @property
    def store_session_info(self) -> str:
        """The bucket's provider and parameters, in JSON (GetStoreSessionInfo)."""
        return _text(self.run, "store_session_info")


@dataclasses.dataclass
class RecordedExecution:
    """An execution with its contexts (client.go, Execution). `stored` is kept up to date by what changes it here."""

    stored: pb.Execution
    contexts: PipelineContexts

    @property
    def id(self) -> int:
        """Its number: `executionID` in the driver's and launcher's arguments."""
        return int(self.stored.id)

    @property
    def task_name(self) -> str:
        """The task's key in the DAG; empty for the root."""
        return _text(self.stored, "task_name")

    @property
    def fingerprint(self) -> str:
        """The cache key's hash; empty: the launcher makes no cache entry (launcher_v2.go, Execute)."""
        return _text(self.stored, "cache_fingerprint")

    @property
    def state(self) -> str:
        """ML Metadata's: RUNNING, COMPLETE, CACHED, FAILED, CANCELED (not triggered)."""
        return str(pb.Execution.State.Name(self.stored.last_known_state))

    @property
    def parameters(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Input and output parameters (model.go, GetParameters)."""
        inputs, outputs = (self.stored.custom_properties.get(name) for name in ("inputs", "outputs"))
        return (
            struct_as_json(inputs.struct_value) if inputs else {},
            struct_as_json(outputs.struct_value) if outputs else {},
        )


@dataclasses.dataclass
class OutputArtifact:
    """An artifact in the store, under the name that its producer gives it (client.go, OutputArtifact)."""

    name: str
    stored: pb.Artifact
    schema: str = ""

    def as_input(self) -> dict[str, Any]:
        """As the driver hands it on: name = id, `instanceSchema` = the schema, empty once read back.

        (client.go, ToRuntimeArtifact; GetOutputArtifactsByExecutionId leaves the schema empty.)
        """
        return to_runtime_artifact(self.stored) | {"type": {"instanceSchema": self.schema}}


@dataclasses.dataclass
class ExecutionConfig:
    """What `create_execution` writes (client.go, ExecutionConfig).

    Attributes:
      execution_type: `system.ContainerExecution`, `system.DAGExecution` or `system.ImporterExecution`.
      name: unique in the store; only the root has one, `run/<run id>`.
      not_triggered: its condition was false; the state is CANCELED.
      input_parameters: None: the property `inputs` isn't written.
      cached_execution_id, fingerprint: of containers; empty ones aren't written.
      image: the container driver leaves it empty.
    """

    execution_type: str
    task_name: str = ""
    display_name: str = ""
    name: str = ""
    not_triggered: bool = False
    parent_dag_id: int = 0
    input_parameters: Mapping[str, Any] | None = None
    input_artifact_ids: Mapping[str, Sequence[int]] = dataclasses.field(default_factory=dict)
    iteration_index: int | None = None
    iteration_count: int | None = None
    total_dag_tasks: int | None = None
    image: str = ""
    cached_execution_id: str = ""
    fingerprint: str = ""
    pod_name: str = ""
    pod_uid: str = ""
    namespace: str = ""

    def texts(self) -> dict[str, str]:
        """The custom properties that are strings (client.go, CreateExecution); of containers the pod's among them."""
        texts = {"display_name": self.display_name, "task_name": self.task_name}
        if self.execution_type == CONTAINER_EXECUTION:
            texts |= {"pod_name": self.pod_name, "pod_uid": self.pod_uid, "namespace": self.namespace}
            texts |= {"image": self.image}
            cache = {"cached_execution_id": self.cached_execution_id, "cache_fingerprint": self.fingerprint}
            texts |= {key: text for key, text in cache.items() if text}
        return texts

    def numbers(self) -> dict[str, int]:
        """The custom properties that are integers (client.go, CreateExecution)."""
        numbers = {
            "parent_dag_id": self.parent_dag_id or None,
            "iteration_index": self.iteration_index,
            "iteration_count": self.iteration_count,
            "total_dag_tasks": self.total_dag_tasks,
        }
        return {key: number for key, number in numbers.items() if number is not None}


def config_of(executor_input: dict[str, Any], execution_type: str, **rest: Any) -> ExecutionConfig:
    """The configuration for an ExecutorInput in JSON (client.go, GenerateExecutionConfig).

    Raises:
      KfpMetadataError: an input artifact's name isn't a number.
    """
    inputs = executor_input.get("inputs", {})
    ids: dict[str, list[int]] = {}
    for name, listed in inputs.get("artifacts", {}).items():
        for artifact in listed["artifacts"]:
            try:
                ids.setdefault(name, []).append(int(artifact["name"]))
            except ValueError as error:
                raise KfpMetadataError(f"unable to parse input artifact id from {artifact['name']!r}") from error
    parameters = inputs.get("parameterValues")
    return ExecutionConfig(execution_type, input_parameters=parameters, input_artifact_ids=ids, **rest)


def _text(holder: Any, name: str) -> str:
    stored = holder.custom_properties.get(name)
    return str(stored.string_value) if stored else ""
