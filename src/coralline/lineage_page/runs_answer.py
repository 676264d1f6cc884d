"""The table of runs as the page asks for it: searched, sorted, a piece at a time; and the scores over time."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from coralline.foundation.errors import UserError
from coralline.lineage.answers.run_table import RunRow
from coralline.lineage_page.snapshot import Snapshot

_BEGINNING = float("-inf")
SORTS: dict[str, Callable[[RunRow], Any]] = {
    "began": lambda row: row.began_ms,
    "seconds": lambda row: row.seconds,
    "AP": lambda row: row.figures.get("AP", _BEGINNING),
    "AP50": lambda row: row.figures.get("AP50", _BEGINNING),
    "run_id": lambda row: row.run_id,
    "state": lambda row: (row.state, row.began_ms),
    "pipeline": lambda row: (row.pipeline, row.began_ms),
    "verdict": lambda row: (row.verdict or "", row.began_ms),
    "data": lambda row: (row.data or "", row.began_ms),
}
"""What the table can be sorted by; what wasn't recorded is the least."""

MOST_ROWS = 500


@dataclasses.dataclass(frozen=True)
class RunsWanted:
    """Which runs, in which order. Empty texts: all."""

    search: str = ""
    state: str = ""
    verdict: str = ""
    pipeline: str = ""
    sort: str = "began"
    descending: bool = True
    offset: int = 0
    limit: int = 50

    def require_sortable(self) -> None:
        """Raises UserError for a column that the table can't be sorted by."""
        if self.sort not in SORTS:
            raise UserError("the table can't be sorted so", expected=", ".join(SORTS), found=self.sort)


def runs_answer(snapshot: Snapshot, wanted: RunsWanted) -> dict[str, Any]:
    """A piece of the table, with how many lines match and which pipelines there are."""
    wanted.require_sortable()
    rows = snapshot.rows_newest_first()
    found = _with_words(snapshot, wanted.search.lower().split())
    matching = [row for row in rows if _matches(row, wanted) and (found is None or row.run_id in found)]
    matching.sort(key=SORTS[wanted.sort], reverse=wanted.descending)
    piece = matching[wanted.offset : wanted.offset + min(wanted.limit, MOST_ROWS)]
    return {
        "total": len(matching),
        "runs": [vars(row) for row in piece],
        "pipelines": sorted({row.pipeline for row in rows}),
        "version": snapshot.version,
        "loading": snapshot.loading,
        "problem": snapshot.problem,
    }


def scores_answer(snapshot: Snapshot, pipeline: str) -> dict[str, Any]:
    """The scores of every run that has one, the oldest first."""
    rows = [row for row in snapshot.rows_newest_first()[::-1] if "AP" in row.figures and pipeline in ("", row.pipeline)]
    points = [
        {
            "run_id": row.run_id,
            "began_ms": row.began_ms,
            "AP": row.figures["AP"],
            "AP50": row.figures.get("AP50"),
            "verdict": row.verdict,
            "published": row.published,
            "served": row.served,
        }
        for row in rows
    ]
    return {"points": points, "version": snapshot.version}


def _matches(row: RunRow, wanted: RunsWanted) -> bool:
    return (
        (not wanted.state or row.state == wanted.state)
        and (not wanted.verdict or row.verdict == wanted.verdict)
        and (not wanted.pipeline or row.pipeline == wanted.pipeline)
    )


def _with_words(snapshot: Snapshot, words: list[str]) -> set[str] | None:
    """The runs whose line holds all of these words; None: all runs."""
    if not words:
        return None
    with snapshot.lock:
        return {run_id for run_id, text in snapshot.words.items() if all(word in text for word in words)}
