"""What came of an artifact: every run, artifact and published model that depends on it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from coralline.lineage.answers.outcome import artifacts_made, published_place
from coralline.lineage.answers.run_table import RunRow, ServedVersions, rows_of
from coralline.lineage.lineage_steps import LineageStep, artifact_as_dict, came_of
from coralline.lineage.recorded_names import PUSHED_MODEL, WARM_START
from coralline.lineage.recorded_run import Artifact
from coralline.lineage.run_history import RunHistory

TRAINED, WARM_STARTED = "made from it", "warm start"
"""How a published model depends on an artifact: directly, or because training began with a model that does."""


def impact(
    history: RunHistory, artifacts: Artifact | Sequence[Artifact], known: Mapping[str, RunRow] | None = None
) -> dict[str, Any]:
    """Everything that depends on an artifact, or on any of several, ready for JSON; `known`: rows of runs, by id.

    ML Metadata has no arrow from a published version to the trainings that begin with it: it's found by the address
    that the WarmStart names.

    Returns:
      `artifacts`: those that were asked about; `made`: [{"id", "type", "uri", "state", "node", "run", "how"}] in the
      order of time; `runs`: each a `RunRow`, newest first, of the runs that made any of it; `published`: [{"address",
      "version", "artifact", "run", "AP", "served", "how"}], the newest first; `how` is `made from it` or `warm start`.
    """
    asked = [artifacts] if isinstance(artifacts, Artifact) else list(artifacts)
    steps = _dependents(history, asked)
    made = [_made(step, artifact, how) for step, how in steps for of in step.outputs.values() for artifact in of]
    seen = {artifact.id for artifact in asked}
    made = [one for one in made if one["id"] not in seen and not seen.add(one["id"])]  # type: ignore[func-returns-value]
    rows = _rows(history, [step for step, _ in steps], known or {})
    return {
        "artifacts": [artifact_as_dict(artifact) for artifact in asked],
        "made": made,
        "runs": [dataclasses.asdict(row) for row in rows.values()],
        "published": _published(steps, rows),
    }


def _dependents(history: RunHistory, asked: Sequence[Artifact]) -> list[tuple[LineageStep, str]]:
    """The steps that depend on it, each with how, in the order of time."""
    found: dict[int, tuple[LineageStep, str]] = {}
    ahead, how = list(asked), TRAINED
    begun = history.artifacts_of_type(WARM_START)
    while ahead:
        for step in came_of(history, *ahead):
            found.setdefault(step.execution.id, (step, how))
        places = {place for place in map(_published_place, [*asked, *_pushed(found)]) if place}
        how = WARM_STARTED
        ahead = [a for a in begun if str(a.properties.get("path", "")).rstrip("/") in places]
        begun = [a for a in begun if a not in ahead]
    return [found[execution] for execution in sorted(found)]


def _pushed(found: dict[int, tuple[LineageStep, str]]) -> list[Artifact]:
    return list(artifacts_made([step for step, _ in found.values()], PUSHED_MODEL))


def _published_place(artifact: Artifact) -> str | None:
    if artifact.type != PUSHED_MODEL or not artifact.properties.get("pushed"):
        return None
    return published_place(artifact.properties)


def _made(step: LineageStep, artifact: Artifact, how: str) -> dict[str, Any]:
    return {
        "id": artifact.id,
        "type": artifact.type,
        "uri": artifact.uri,
        "state": artifact.state,
        "node": step.execution.node,
        "run": step.execution.run_id,
        "how": how,
    }


def _rows(history: RunHistory, steps: Sequence[LineageStep], known: Mapping[str, RunRow]) -> dict[str, RunRow]:
    ids = dict.fromkeys(step.execution.run_id for step in steps if step.execution.run_id)
    found = [known[run_id] for run_id in ids if run_id in known]
    found += rows_of(history, history.runs_named(run_id for run_id in ids if run_id not in known))
    return {row.run_id: row for row in sorted(found, key=lambda row: row.began_ms, reverse=True)}


def _published(steps: Sequence[tuple[LineageStep, str]], rows: dict[str, RunRow]) -> list[dict[str, Any]]:
    """The places that were published to, the newest first; of one that several runs have published, the first."""
    served = ServedVersions()
    made = [(a, step.execution.run_id, how) for step, how in steps for a in artifacts_made([step], PUSHED_MODEL)]
    found: dict[str, dict[str, Any]] = {}
    for artifact, run_id, how in reversed(made):
        place = _published_place(artifact)
        if place is not None:
            row = rows.get(run_id)
            found[place] = {
                "address": place,
                "version": str(artifact.properties.get("pushed_version")),
                "artifact": artifact.id,
                "run": run_id,
                "AP": row.figures.get("AP") if row else None,
                "served": served.serves(place),
                "how": how,
            }
    return list(found.values())
