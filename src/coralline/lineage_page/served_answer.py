"""What is served now at each place where runs published, and every move of `latest` there."""

from __future__ import annotations

import dataclasses
import posixpath
from typing import Any

from coralline.foundation.errors import UserError, reason
from coralline.foundation.printable import without_secrets
from coralline.lineage.answers.run_table import RunRow
from coralline.lineage.recorded_names import PUSHED_MODEL
from coralline.lineage_page.snapshot import Snapshot
from coralline.lineage_page.time_limits import within
from coralline.publishing.published import latest_bundle, record

_PLACE_S = 5.0
_MOST_VERSIONS = 200


def served_answer(snapshot: Snapshot) -> dict[str, Any]:
    """Each place with the version that it serves, the run that published it, and its moves, the newest first.

    A place that can't be read says so under `problem`; what runs published there is known all the same.
    """
    with snapshot.lock:
        published = [row for row in snapshot.rows.values() if row.published]
    places: dict[str, list[RunRow]] = {}
    for row in sorted(published, key=lambda row: row.began_ms, reverse=True):
        places.setdefault(posixpath.dirname(str(row.published).rstrip("/")), []).append(row)
    return {"places": [_place(snapshot, place, rows) for place, rows in places.items()], "version": snapshot.version}


def _place(snapshot: Snapshot, destination: str, rows: list[RunRow]) -> dict[str, Any]:
    problem, latest, moves = None, None, list[dict[str, Any]]()
    try:
        latest, known_moves = within(_PLACE_S, lambda: (latest_bundle(destination), record(destination).moves), "it")
        moves = [dataclasses.asdict(move) for move in known_moves]
    except (UserError, OSError) as error:
        problem = error.what if isinstance(error, UserError) else reason(error)
    version = posixpath.basename(latest.rstrip("/")) if latest else None
    by_version = {
        posixpath.basename(str(row.published)): row for row in rows
    }  # the first run wins: later ones reused it
    row = by_version.get(version or "")
    return {
        "destination": destination,
        "version": version,
        "artifact": _pushed(snapshot, row.run_id) if row else None,
        "run": row.run_id if row else None,
        "row": dataclasses.asdict(row) if row else None,
        "since": next((move["time"] for move in reversed(moves) if move["after"] == version), None),
        "moves": moves[::-1],
        "published": [_version(snapshot, row) for row in list(by_version.values())[:_MOST_VERSIONS]],
        "problem": None if problem is None else without_secrets(problem),
    }


def _version(snapshot: Snapshot, row: RunRow) -> dict[str, Any]:
    return {
        "version": posixpath.basename(str(row.published)),
        "run": row.run_id,
        "artifact": _pushed(snapshot, row.run_id),
        "AP": row.figures.get("AP"),
    }


def _pushed(snapshot: Snapshot, run_id: str) -> int | None:
    """The artifact of what a run published."""
    with snapshot.lock:
        within = snapshot.structure.executions_in.get(snapshot.structure.runs.get(run_id, 0), [])
        made = [line.artifact for e in within for line in snapshot.events_of("execution", e) if line.is_output]
        return next((a for a in made if a in snapshot.artifacts and snapshot.artifacts[a].type == PUSHED_MODEL), None)
