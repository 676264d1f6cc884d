"""A run, an execution, an artifact in full: what the page asks for when somebody clicks on one."""

from __future__ import annotations

from typing import Any

from coralline.foundation.errors import UserError, reason
from coralline.lineage.answers.impact import impact
from coralline.lineage.answers.run_choice import SERVED, runs_back
from coralline.lineage.answers.run_difference import run_difference
from coralline.lineage.answers.run_table import RunRow
from coralline.lineage.lineage_steps import artifact_as_dict, step_as_dict, steps
from coralline.lineage.recorded_names import PUSHED_MODEL
from coralline.lineage_page.lineage_graph import run_graph
from coralline.lineage_page.previews import previews_of
from coralline.lineage_page.shown_files import AllowedRoots, ArtifactFolder
from coralline.lineage_page.snapshot import Snapshot
from coralline.lineage_page.store_mirror import EventLine, as_recorded
from coralline.lineage_page.time_limits import within

_LISTING_S = 5.0
_MOST_CONSUMERS = 200


class NotInStoreError(UserError):
    """The store has no such run, execution or artifact."""


def run_answer(snapshot: Snapshot, run_id: str) -> dict[str, Any]:
    """A run's line of the table, properties, steps and graph."""
    run_id = known_run(snapshot, run_id)
    context = snapshot.structure.contexts[snapshot.structure.runs[run_id]]
    (run,) = snapshot.history.runs_of([context])
    made = steps(snapshot.history, [execution.id for execution in run.executions])
    return {
        "run": vars(snapshot.row(run_id)),
        "properties": run.properties,
        "steps": [step_as_dict(step) for step in made],
        "graph": run_graph(snapshot, run_id),
        "version": snapshot.version,
    }


def known_run(snapshot: Snapshot, wanted: str) -> str:
    """The id of a run, by its id, its beginning, or a name as `run_choice.find_run` knows them: `latest`, `served`.

    Raises:
      NotInStoreError: there is none, or several begin so.
    """
    with snapshot.lock:
        if wanted in snapshot.rows:
            return wanted
        if named := _by_name(snapshot.rows_newest_first(), wanted):
            return named
        found = [run_id for run_id in snapshot.rows if wanted and run_id.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    raise NotInStoreError(
        "several runs begin so" if found else "the store has no such run",
        found=wanted,
        fix="wait until the store has been read" if snapshot.loading else None,
    )


def _by_name(newest_first: list[RunRow], wanted: str) -> str | None:
    back = runs_back(wanted)
    if back is not None:
        return newest_first[back].run_id if back < len(newest_first) else None
    if wanted != SERVED:
        return None
    served = {row.published: row.run_id for row in newest_first if row.served}  # the oldest: others reused what it made
    return next(iter(served.values())) if len(served) == 1 else None


def difference_answer(snapshot: Snapshot, one: str, other: str, roots: AllowedRoots) -> dict[str, Any]:
    """What differs between two runs."""
    history = snapshot.history_within(roots.shows)
    runs = [history.run(known_run(snapshot, run_id)) for run_id in (one, other)]
    if runs[0] is None or runs[1] is None:
        raise NotInStoreError("the store has no such run")
    return as_recorded(run_difference(history, runs[0], runs[1]))


def impact_answer(snapshot: Snapshot, number: int) -> dict[str, Any]:
    """Everything that depends on an artifact."""
    found = snapshot.history.artifacts([number])
    if not found:
        raise NotInStoreError(f"the store has no artifact {number}")
    with snapshot.lock:
        rows = dict(snapshot.rows)
    return impact(snapshot.history, found[0], rows)


def execution_answer(snapshot: Snapshot, number: int) -> dict[str, Any]:
    """An execution with what it took and made."""
    found = steps(snapshot.history, [number])
    if not found:
        raise NotInStoreError(f"the store has no execution {number}")
    return step_as_dict(found[0])


def artifact_answer(snapshot: Snapshot, number: int, roots: AllowedRoots) -> dict[str, Any]:
    """An artifact: its properties, who made it and took it, and what can be seen of its files.

    `files` says whether those are there: true, false, or null where that can't be known, for the reason in
    `files_problem`.
    """
    found = snapshot.history.artifacts([number])
    if not found:
        raise NotInStoreError(f"the store has no artifact {number}")
    (artifact,) = found
    with snapshot.lock:
        lines = sorted(snapshot.events_of("artifact", number))
        makers = [_brief(snapshot, line) for line in lines if line.is_output]
        takers = [_brief(snapshot, line) for line in lines if not line.is_output]
    return {
        "artifact": artifact_as_dict(artifact),
        "producer": makers[0] if makers else None,
        "reused_by": makers[1 : _MOST_CONSUMERS + 1],
        "consumers": takers[:_MOST_CONSUMERS],
        "more_consumers": max(0, len(takers) - _MOST_CONSUMERS),
        "published": artifact.type == PUSHED_MODEL and bool(artifact.properties.get("pushed")),
        **_files(number, artifact.type, artifact.uri, roots),
    }


def _brief(snapshot: Snapshot, line: EventLine) -> dict[str, Any]:
    execution = snapshot.executions.get(line.execution)
    known = {} if execution is None else {"node": execution.node, "run": execution.run_id, "state": execution.state}
    return {"execution": line.execution, "name": line.name, **known}


def _files(number: int, artifact_type: str, uri: str, roots: AllowedRoots) -> dict[str, Any]:
    def listed() -> dict[str, Any]:
        folder = ArtifactFolder(uri, roots)
        there = folder.exists()
        names = folder.names() if there else []
        return {"files": there, "files_problem": None, "previews": previews_of(number, artifact_type, uri, names)}

    try:
        return within(_LISTING_S, listed, "the place of the files")
    except UserError as error:
        problem = error.what
    except OSError as error:
        problem = f"the files can't be read: {reason(error)}"
    return {"files": None, "files_problem": problem, "previews": []}
