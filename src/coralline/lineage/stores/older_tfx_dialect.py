"""How TFX wrote ML Metadata until 2020, and notebooks still do: `tfx/orchestration/metadata.py` of TFX 1.16.

A run is a context of type `run`, named `<pipeline>.<run id>`. Component, run and pipeline of an execution are among its
own properties, and so is its state: before ML Metadata 0.22, which brought states and times, there alone. A component
that failed stays `new` for ever, and nothing says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ml_metadata.proto import metadata_store_pb2 as pb

from coralline.lineage.stores.dialect import plain_values
from coralline.lineage.stores.tfx_dialect import TfxDialect

_COMPONENT, _ROOT, _STATE, _PRODUCER = "component_id", "pipeline_root", "state", "producer_component"
_NOT_SETTINGS = (_COMPONENT, _ROOT, _STATE, "pipeline_name", "run_id", "checksum_md5")
_STATES = {"new": "RUNNING", "complete": "COMPLETE", "cached": "CACHED"}
_UNKNOWN = "UNKNOWN"


class OlderTfxDialect(TfxDialect):
    """What TFX wrote before its pipelines had an intermediate representation; InteractiveContext still does."""

    run_context = "run"
    bookkeeping = frozenset({_PRODUCER, "pipeline_name"})
    names_by_context = False

    def wrote_execution(self, execution: pb.Execution) -> bool:
        return _COMPONENT in execution.properties and _ROOT in execution.properties

    def wrote_artifact(self, artifact: pb.Artifact) -> bool:
        return _PRODUCER in artifact.properties or _PRODUCER in artifact.custom_properties

    def node(self, execution: pb.Execution, contexts: Sequence[pb.Context], above: Sequence[pb.Execution]) -> str:
        return str(execution.properties[_COMPONENT].string_value) or super().node(execution, (), above)

    def state(self, execution: pb.Execution) -> str:
        state = super().state(execution)
        noted = execution.properties[_STATE].string_value if _STATE in execution.properties else ""
        return str(_STATES.get(noted, state)) if state in (_UNKNOWN, "NEW") else state

    def failure(self, execution: pb.Execution) -> str | None:
        return None

    def settings(self, execution: pb.Execution) -> dict[str, Any]:
        stored = plain_values(execution.properties) | plain_values(execution.custom_properties)
        return {name: value for name, value in stored.items() if name not in _NOT_SETTINGS}

    def properties(self, artifact: pb.Artifact) -> dict[str, Any]:
        # The state is ML Metadata's own since 0.22.
        return {name: value for name, value in super().properties(artifact).items() if name != _STATE}
