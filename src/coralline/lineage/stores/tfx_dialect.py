"""How TFX writes ML Metadata, as in `tfx/orchestration/portable` of TFX 1.16.

A run is a context of type `pipeline_run`, a component one of type `node` named `<pipeline>.<node>`. Settings are the
execution's properties, and so is `error_message`; what our own runs measured of it stands beside them. An execution
whose result was reused has the state CACHED, and an OUTPUT event of its own for what another one made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ml_metadata.proto import metadata_store_pb2 as pb

from coralline.lineage.recorded_names import MEASURED
from coralline.lineage.stores.dialect import plain_values

NODE_CONTEXT = "node"
"""The type of contexts that are a component of a pipeline."""

_ERROR = "error_message"


class TfxDialect:
    """What TFX wrote, and everything that no other orchestrator did."""

    run_context = "pipeline_run"
    pipeline_context = "pipeline"
    bookkeeping = frozenset({"is_external", "tfx_version"})
    names_by_context = True

    def wrote_execution(self, execution: pb.Execution) -> bool:
        return True

    def wrote_artifact(self, artifact: pb.Artifact) -> bool:
        return True

    def is_step(self, execution: pb.Execution) -> bool:
        return True

    def parent(self, execution: pb.Execution) -> int | None:
        return None

    def node(self, execution: pb.Execution, contexts: Sequence[pb.Context], above: Sequence[pb.Execution]) -> str:
        named = next((context.name.partition(".")[2] for context in contexts if context.type == NODE_CONTEXT), "")
        return named or str(execution.type).rpartition(".")[2]

    def state(self, execution: pb.Execution) -> str:
        return str(pb.Execution.State.Name(execution.last_known_state))

    def failure(self, execution: pb.Execution) -> str | None:
        return self.settings(execution).get(_ERROR)

    def settings(self, execution: pb.Execution) -> dict[str, Any]:
        return {name: value for name, value in _noted(execution).items() if name not in MEASURED}

    def details(self, execution: pb.Execution) -> dict[str, Any]:
        return {name: value for name, value in _noted(execution).items() if name in MEASURED}

    def artifact_type(self, stored: str) -> str:
        return stored

    def stored_types(self, artifact_type: str) -> Sequence[str]:
        return (artifact_type,)

    def properties(self, artifact: pb.Artifact) -> dict[str, Any]:
        return plain_values(artifact.properties) | plain_values(artifact.custom_properties)


def _noted(execution: pb.Execution) -> dict[str, Any]:
    return plain_values(execution.properties) | plain_values(execution.custom_properties)
