"""A run with its executions, and an artifact, as a store of ML Metadata has them; whichever orchestrator wrote them."""

from __future__ import annotations

import dataclasses
from typing import Any

from coralline.lineage.recorded_names import OUTCOME, RECORD_FORMAT_NAME

_RESOLVERS = ("Resolver", "ResolverNode")
_AT_ITS_END = {None: "RUNNING", "complete": "COMPLETE"}


@dataclasses.dataclass(frozen=True)
class Artifact:
    """An artifact; `properties` holds the typed and the custom ones, `created_ms` is since the epoch.

    `type` is as TFX has it, also where Kubeflow wrote `tfx.Examples`.
    """

    id: int
    type: str
    uri: str
    state: str
    created_ms: int
    properties: dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Execution:
    """One component's part of a run.

    Attributes:
      id, type, run_id: its number and type in the store, and the run.
      node: the component; of a task in a loop of Kubeflow, `for-loop-1[0]/train`.
      state: ML Metadata's (COMPLETE, CACHED, FAILED, RUNNING, ...), UNKNOWN if none was recorded, or SKIPPED: a
        condition of Kubeflow's was false, or a resolver of TFX's found nothing.
      created_ms, updated_ms: since the epoch.
      settings: its exec properties, JSON decoded.
      details: what Kubeflow notes beside them: pod, image, cache, output parameters.
      failure: of a failed one: why, or where that stands.
    """

    id: int
    node: str
    type: str
    run_id: str
    state: str
    created_ms: int
    updated_ms: int
    settings: dict[str, Any]
    details: dict[str, Any]
    failure: str | None

    @property
    def resolves(self) -> bool:
        """Whether it's a TFX resolver: it made nothing, its outputs are what it found in the store."""
        return self.type.rpartition(".")[2] in _RESOLVERS

    @property
    def seconds(self) -> float:
        """From its registration to its last change."""
        return (self.updated_ms - self.created_ms) / 1000


@dataclasses.dataclass(frozen=True)
class Run:
    """A run of a pipeline.

    `properties` holds the code version that it was recorded with; under Kubeflow, which records none, that which is on
    what the run made.
    """

    run_id: str
    pipeline: str
    created_ms: int
    properties: dict[str, Any]
    executions: tuple[Execution, ...]

    @property
    def state(self) -> str:
        """FAILED or RUNNING when one component's last execution is, else COMPLETE; RUNNING before the first.

        Where a run records how it ended, one that has no execution under way is RUNNING until then: it is between two
        steps. FAILED, too, if it was killed or interrupted there. UNKNOWN where states weren't recorded: by Kubeflow
        Pipelines 1, and by releases of 2020 and before.
        """
        states = {execution.node: execution.state for execution in self.executions}.values()
        if unfinished := next((state for state in ("FAILED", "CANCELED", "RUNNING", "NEW") if state in states), None):
            return unfinished
        if RECORD_FORMAT_NAME in self.properties:
            return _AT_ITS_END.get(self.properties.get(OUTCOME), "FAILED")
        if not states:
            return "RUNNING"
        return "UNKNOWN" if set(states) == {"UNKNOWN"} else "COMPLETE"

    @property
    def seconds(self) -> float:
        """From the first execution's start to the last one's end."""
        end = max((execution.updated_ms for execution in self.executions), default=self.created_ms)
        return (end - self.created_ms) / 1000
