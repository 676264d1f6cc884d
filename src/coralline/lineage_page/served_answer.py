"""What is served now at each place where runs published, why, whether it's stale, and every move of `latest`."""

from __future__ import annotations

import dataclasses
import posixpath
import threading
import time
from typing import Any

from coralline.foundation.errors import UserError, reason
from coralline.foundation.printable import without_secrets
from coralline.lineage.answers.run_table import RunRow
from coralline.lineage.answers.staleness import staleness
from coralline.lineage.answers.trace import explain_artifact
from coralline.lineage.recorded_names import PUSHED_MODEL
from coralline.lineage_page.shown_files import AllowedRoots
from coralline.lineage_page.snapshot import Snapshot
from coralline.lineage_page.store_mirror import as_recorded
from coralline.lineage_page.time_limits import within
from coralline.publishing.published import latest_bundle, record

_PLACE_S, _JUDGED_S = 5.0, 10.0
_MOST_VERSIONS = 200
_JUDGED_FOR_S = 60.0


class ServedPlaces:
    """Answers what is served. What needs data sets to be read (is it stale?) is kept for a minute or until a change."""

    def __init__(self, snapshot: Snapshot, roots: AllowedRoots):
        self._snapshot, self._roots = snapshot, roots
        self._judging = threading.Lock()
        self._judged: dict[str, dict[str, Any]] = {}
        self._judged_at: tuple[int, float] = (0, 0.0)

    def answer(self) -> dict[str, Any]:
        """Each place with the version that it serves, the run that published it, and its moves, the newest first.

        A place that can't be read says so under `problem`; what runs published there is known all the same. `stale` is
        as of `staleness`; null if that can't be known, or not in time.
        """
        published = [row for row in self._snapshot.rows_newest_first() if row.published]
        places: dict[str, list[RunRow]] = {}
        for row in published:
            places.setdefault(posixpath.dirname(str(row.published).rstrip("/")), []).append(row)
        stale = self._stale()
        return {
            "places": [self._place(place, rows) | {"stale": stale.get(place)} for place, rows in places.items()],
            "version": self._snapshot.version,
        }

    def _stale(self) -> dict[str, dict[str, Any]]:
        def judge() -> dict[str, dict[str, Any]]:
            with self._judging:
                version, until = self._judged_at
                if version != self._snapshot.version or until < time.monotonic():
                    history = self._snapshot.history_within(self._roots.shows)
                    found = as_recorded(staleness(history, rows=self._snapshot.rows_newest_first()))
                    self._judged = {place["destination"]: place for place in found["places"]}
                    self._judged_at = (self._snapshot.version, time.monotonic() + _JUDGED_FOR_S)
                return self._judged

        try:
            return within(_JUDGED_S, judge, "what the models were trained on")
        except (UserError, OSError):
            return {}

    def _place(self, destination: str, rows: list[RunRow]) -> dict[str, Any]:
        problem, latest, moves = None, None, list[dict[str, Any]]()
        try:
            latest, known = within(_PLACE_S, lambda: (latest_bundle(destination), record(destination).moves), "it")
            moves = [dataclasses.asdict(move) for move in known]
        except (UserError, OSError) as error:
            problem = without_secrets(error.what if isinstance(error, UserError) else reason(error))
        version = posixpath.basename(latest.rstrip("/")) if latest else None
        # Of several runs that published a version the first one made it: later ones reused that.
        by_version = {posixpath.basename(str(row.published)): row for row in rows}
        row = by_version.get(version or "")
        artifact = self._pushed(row.run_id) if row else None
        return {
            "destination": destination,
            "version": version,
            "artifact": artifact,
            "run": row.run_id if row else None,
            "row": dataclasses.asdict(row) if row else None,
            "since": next((move["time"] for move in reversed(moves) if move["after"] == version), None),
            "moves": moves[::-1],
            "published": [self._version(row) for row in list(by_version.values())[:_MOST_VERSIONS]],
            "why": None if artifact is None else self._why(artifact),
            "problem": problem,
        }

    def _why(self, artifact: int) -> dict[str, Any] | None:
        history = self._snapshot.history_within(self._roots.shows)
        found = history.artifacts([artifact])
        return as_recorded(explain_artifact(history, found[0])) if found else None

    def _version(self, row: RunRow) -> dict[str, Any]:
        return {
            "version": posixpath.basename(str(row.published)),
            "run": row.run_id,
            "artifact": self._pushed(row.run_id),
            "AP": row.figures.get("AP"),
        }

    def _pushed(self, run_id: str) -> int | None:
        """The artifact of what a run published."""
        known = self._snapshot
        with known.lock:
            within_run = known.structure.executions_in.get(known.structure.runs.get(run_id, 0), [])
            made = [line.artifact for e in within_run for line in known.events_of("execution", e) if line.is_output]
            return next((a for a in made if a in known.artifacts and known.artifacts[a].type == PUSHED_MODEL), None)
