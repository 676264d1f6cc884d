"""Executions with what went in and came out, and the way from an artifact back to its makers and on to its users."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from coralline.lineage.recorded_names import CODE_VERSION
from coralline.lineage.recorded_run import Artifact, Execution
from coralline.lineage.run_history import RunHistory

_MISSING = "missing from the store"


@dataclasses.dataclass(frozen=True)
class LineageStep:
    """An execution with what went in and came out, by name; what a resolver found went in."""

    execution: Execution
    inputs: dict[str, list[Artifact]]
    outputs: dict[str, list[Artifact]]

    @property
    def code(self) -> dict[str, str]:
        """The code version that is written on what this step made."""
        for artifact in (a for artifacts in self.outputs.values() for a in artifacts):
            if found := {name: artifact.properties[name] for name in CODE_VERSION if name in artifact.properties}:
                return found
        return {}


def came_from(history: RunHistory, artifact: Artifact) -> list[LineageStep]:
    """Every step that the artifact depends on, its maker last; one that was deleted is marked as missing."""
    makers: dict[int, None] = {}
    ahead = [artifact.id]
    while ahead:
        made_by = {execution for execution, _ in history.producers(ahead).values()}
        new = [i for i in made_by if i not in makers]
        makers.update(dict.fromkeys(new))
        ahead = list({taken for _, _, taken in history.inputs(new)})
    known = {execution.id: execution for execution in history.executions(makers)}
    return steps_of(history, [known.get(i) or _missing_execution(i) for i in sorted(makers)])


def came_of(history: RunHistory, *artifacts: Artifact) -> list[LineageStep]:
    """Every step that depends on one of these, in the order of time, without those that reused an older result."""
    takers: dict[int, Execution | None] = {}
    ahead = [artifact.id for artifact in artifacts]
    while ahead:
        taken_by = dict.fromkeys(i for i, _, _ in history.consumers(ahead) if i not in takers)
        new = {e.id: e if e.state != "CACHED" else None for e in history.executions(taken_by)}
        takers.update(new)
        ahead = list({made for _, _, made in history.outputs([i for i, taker in new.items() if taker])})
    return steps_of(history, [taker for _, taker in sorted(takers.items()) if taker])


def steps(history: RunHistory, execution_ids: list[int]) -> list[LineageStep]:
    """These executions with their inputs and outputs; unknown ones are left out."""
    return steps_of(history, history.executions(execution_ids))


def steps_of(history: RunHistory, executions: Sequence[Execution]) -> list[LineageStep]:
    """Executions that have been read, with their inputs and outputs."""
    ids = [execution.id for execution in executions]
    inputs, outputs = history.inputs(ids), history.outputs(ids)
    artifacts = {a.id: a for a in history.artifacts(artifact for _, _, artifact in inputs + outputs)}

    def by_execution(events: list[tuple[int, str, int]]) -> dict[int, dict[str, list[Artifact]]]:
        named: dict[int, dict[str, list[Artifact]]] = {}
        for execution, name, artifact in sorted(events, key=lambda event: event[1]):
            found = artifacts.get(artifact) or _missing_artifact(artifact)
            named.setdefault(execution, {}).setdefault(name, []).append(found)
        return named

    taken, made = by_execution(inputs), by_execution(outputs)
    for execution in executions:
        if execution.resolves:
            taken[execution.id] = taken.get(execution.id, {}) | made.pop(execution.id, {})
    return [LineageStep(e, taken.get(e.id, {}), made.get(e.id, {})) for e in executions]


def _missing_artifact(artifact_id: int) -> Artifact:
    """Of an event whose artifact has been deleted from the store, which only other programs do."""
    return Artifact(artifact_id, _MISSING, uri="", state="UNKNOWN", created_ms=0, properties={})


def _missing_execution(execution_id: int) -> Execution:
    return Execution(
        execution_id, _MISSING, _MISSING, run_id="", state="UNKNOWN", created_ms=0, updated_ms=0, settings={},
        details={}, failure=None,
    )  # fmt: skip


def artifact_as_dict(artifact: Artifact) -> dict[str, Any]:
    """An artifact as JSON has it."""
    return dataclasses.asdict(artifact)


def step_as_dict(step: LineageStep) -> dict[str, Any]:
    """A step as JSON has it: artifacts by id, type and address."""

    def short(named: dict[str, list[Artifact]]) -> dict[str, list[dict[str, Any]]]:
        return {
            name: [{"id": a.id, "type": a.type, "uri": a.uri} for a in artifacts] for name, artifacts in named.items()
        }

    return {
        "node": step.execution.node,
        "execution": step.execution.id,
        "run": step.execution.run_id,
        "state": step.execution.state,
        "created_ms": step.execution.created_ms,
        "seconds": step.execution.seconds,
        "code": step.code,
        "settings": step.execution.settings,
        "details": step.execution.details,
        "failure": step.execution.failure,
        "inputs": short(step.inputs),
        "outputs": short(step.outputs),
    }
