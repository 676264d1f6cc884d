"""How TFX writes ML Metadata, as in `tfx/orchestration/portable` of TFX 1.16.

A run is a context of type `pipeline_run`, a component one of type `node` named `<pipeline>.<node>`. Settings are the
execution's properties; what our own runs measured of it stands beside them. Why one failed is `error_message` of ours,
or `__execution_result__`, which TFX's launcher writes of resolvers and of executors that run elsewhere. An execution
whose result was reused has the state CACHED, and an OUTPUT event of its own for what another one made.

A resolver whose strategy returns None has found nothing. TFX calls that FAILED, and goes on: of an optional input, such
as Transform's cache in the first run of its penguin example, that is how it's meant.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ml_metadata.proto import metadata_store_pb2 as pb

from coralline.lineage.recorded_names import MEASURED
from coralline.lineage.stores.dialect import plain_values

_NODE = "node"
_ERROR, _RESULT = "error_message", "__execution_result__"
_FOUND_NOTHING = "returned None."


class TfxDialect:
    """What TFX wrote, and everything that no other orchestrator did."""

    run_context = "pipeline_run"
    pipeline_context = "pipeline"
    bookkeeping = frozenset({"is_external", "tfx_version", "__is_null__"})
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
        named = next((context.name.partition(".")[2] for context in contexts if context.type == _NODE), "")
        return named or str(execution.type).rpartition(".")[2]

    def state(self, execution: pb.Execution) -> str:
        state = str(pb.Execution.State.Name(execution.last_known_state))
        return "SKIPPED" if state == "FAILED" and _reason(execution).endswith(_FOUND_NOTHING) else state

    def failure(self, execution: pb.Execution) -> str | None:
        known = self.settings(execution).get(_ERROR)
        if known or self.state(execution) != "FAILED":
            return known
        return _reason(execution) or "TFX recorded no reason: it is in the log of the run"

    def settings(self, execution: pb.Execution) -> dict[str, Any]:
        return {name: value for name, value in _noted(execution).items() if name not in (*MEASURED, _RESULT)}

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


def _reason(execution: pb.Execution) -> str:
    """The last line of the traceback in TFX's ExecutionResult, as JSON; "" if there is none."""
    if _RESULT not in execution.custom_properties:
        return ""
    try:
        told = json.loads(execution.custom_properties[_RESULT].string_value)
    except ValueError:
        return ""
    lines = str(told.get("resultMessage", "")).strip().splitlines() if isinstance(told, dict) else []
    return lines[-1] if lines else ""
