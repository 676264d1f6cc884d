"""How Kubeflow Pipelines writes ML Metadata: `backend/src/v2/metadata/client.go` of kubeflow/pipelines 2.0 to 2.17.

A run is a context of type `system.PipelineRun`, named by the run's id. A task is a `system.ContainerExecution` whose
custom property `task_name` is its key in the DAG; the DAGs that it is in are `system.DAGExecution`s, the run's own
among them, which stays RUNNING for ever. Settings are the struct `inputs`. Types and executions have no properties of
their own. TFX's standard types have the prefix `tfx.`; every number is a double, true is 1, a list or an object is a
struct with the key `list` or `struct` (converter.go). CANCELED means that the task's condition was false.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ml_metadata.proto import metadata_store_pb2 as pb

from coralline.lineage.stores.dialect import plain_values

_DAG = "system.DAGExecution"
_ROOT = "the run itself"
_SYSTEM, _TFX = "system.", "tfx."
_INPUTS = "inputs"
# TFX puts this before a custom property that is named like one of the type's own (artifact.CUSTOM_PROPERTIES_PREFIX).
_CUSTOM = "custom:"
_DISPLAY_NAME, _SESSION = "display_name", "store_session_info"


class KfpDialect:
    """What the driver and the launcher of Kubeflow Pipelines wrote."""

    run_context = "system.PipelineRun"
    pipeline_context = "system.Pipeline"
    bookkeeping = frozenset({_DISPLAY_NAME, _SESSION})
    names_by_context = False

    def wrote_execution(self, execution: pb.Execution) -> bool:
        return str(execution.type).startswith(_SYSTEM)

    def wrote_artifact(self, artifact: pb.Artifact) -> bool:
        return str(artifact.type).startswith((_SYSTEM, _TFX)) or _DISPLAY_NAME in artifact.custom_properties

    def is_step(self, execution: pb.Execution) -> bool:
        return str(execution.type) != _DAG

    def parent(self, execution: pb.Execution) -> int | None:
        return _noted(execution).get("parent_dag_id")

    def node(self, execution: pb.Execution, contexts: Sequence[pb.Context], above: Sequence[pb.Execution]) -> str:
        """The task's name; of one in a loop or a pipeline in a pipeline, `for-loop-1[0]/train`."""
        return "/".join(name for part in (*above, execution) if (name := _task(part))) or _ROOT

    def state(self, execution: pb.Execution) -> str:
        state = str(pb.Execution.State.Name(execution.last_known_state))
        return "SKIPPED" if state == "CANCELED" else state

    def failure(self, execution: pb.Execution) -> str | None:
        """Kubeflow records no reason: it's in the log of the task's pod."""
        if execution.last_known_state != pb.Execution.FAILED:
            return None
        noted = _noted(execution)
        if not noted.get("pod_name"):
            return "Kubeflow recorded no reason"
        return f"the reason is in the log of pod {noted['pod_name']}, namespace {noted.get('namespace', '')}"

    def settings(self, execution: pb.Execution) -> dict[str, Any]:
        return dict(_noted(execution).get(_INPUTS, {}))

    def details(self, execution: pb.Execution) -> dict[str, Any]:
        return {name: value for name, value in _noted(execution).items() if name != _INPUTS and value != ""}

    def artifact_type(self, stored: str) -> str:
        name = stored.removeprefix(_TFX)
        return stored if "." in name else name

    def stored_types(self, artifact_type: str) -> Sequence[str]:
        return (artifact_type,) if "." in artifact_type else (f"{_TFX}{artifact_type}",)

    def properties(self, artifact: pb.Artifact) -> dict[str, Any]:
        stored = plain_values(artifact.properties) | plain_values(artifact.custom_properties)
        known = {name.removeprefix(_CUSTOM): _unwrapped(value) for name, value in stored.items()}
        return known | {name: _unwrapped(value) for name, value in stored.items() if not name.startswith(_CUSTOM)}


def _noted(execution: pb.Execution) -> dict[str, Any]:
    return {name: _whole(value) for name, value in plain_values(execution.custom_properties).items()}


def _task(execution: pb.Execution) -> str:
    noted = _noted(execution)
    index = noted.get("iteration_index")
    return str(noted.get("task_name", "")) + ("" if index is None else f"[{index}]")


def _unwrapped(value: Any) -> Any:
    if isinstance(value, dict) and len(value) == 1:
        (kind, inner), *_ = value.items()
        if (kind, type(inner)) in (("list", list), ("struct", dict)):
            value = inner
    return _whole(value)


def _whole(value: Any) -> Any:
    """Whole numbers as integers: 450 steps were 450, not 450.0, before they became a double."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {name: _whole(item) for name, item in value.items()}
    return value
