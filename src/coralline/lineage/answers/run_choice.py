"""Which run a person means: its id, how the id begins, `latest`, `previous`, `latest~2`, or `served`."""

from __future__ import annotations

import re

from coralline.foundation.errors import UserError
from coralline.foundation.printable import printable, shortened
from coralline.lineage.answers.outcome import published_place
from coralline.lineage.answers.run_table import ServedVersions
from coralline.lineage.recorded_names import PUSHED_MODEL
from coralline.lineage.recorded_run import Run
from coralline.lineage.run_history import RunHistory

_BACK = re.compile(r"latest~(\d{1,6})")
_PREVIOUS, SERVED = "previous", "served"
_SHOWN = 5
EXPECTED = "a run's id or its beginning, `latest`, `previous`, `latest~2` or `served`"
"""What an argument that names a run may be."""


def find_run(history: RunHistory, wanted: str) -> Run:
    """The run that is meant.

    Args:
      history: the store.
      wanted: an id, the beginning of one, `latest`, `latest~N` (N runs before it), `previous` (`latest~1`), or `served`
        (the run whose model is served now, in the one publishing folder that is here).

    Raises:
      UserError: there is no such run, or more than one.
    """
    if wanted == SERVED:
        return _served_run(history)
    number = runs_back(wanted)
    if number is not None:
        runs = history.runs(number + 1)
        if len(runs) > number:
            return runs[number]
        raise UserError(
            f"the store has no run `{wanted}`",
            expected=EXPECTED,
            found="no run at all" if not runs else f"{len(runs)} run" + "s" * (len(runs) != 1),
            fix="`coralline lineage list` tells which runs there are",
        )
    if wanted and (run := history.run(wanted)):
        return run
    raise no_such_run(history, wanted)


def runs_back(wanted: str) -> int | None:
    """How many runs before the newest one `latest`, `previous` or `latest~N` is; None for other names."""
    back = _BACK.fullmatch("latest~1" if wanted == _PREVIOUS else "latest~0" if wanted == "latest" else wanted)
    return int(back[1]) if back else None


def no_such_run(history: RunHistory, wanted: str, expected: str = EXPECTED) -> UserError:
    """Says that there is no run of this name, or several that begin so, and which."""
    several = history.run_ids(wanted) if wanted else []
    if len(several) > 1:
        more = len(several) - _SHOWN
        return UserError(
            f"{len(several)} runs begin with `{printable(wanted)}`",
            expected="a run's id, or a beginning that only it has",
            found=", ".join(several[:_SHOWN]) + (f" and {more} more" if more > 0 else ""),
            fix="give more of the id",
        )
    return UserError(
        f"the store has no run `{printable(shortened(wanted))}`",
        expected=expected,
        fix="`coralline lineage list` tells which runs there are",
    )


def _served_run(history: RunHistory) -> Run:
    served = ServedVersions()
    makers: dict[str, int] = {}
    for artifact in history.artifacts_of_type(PUSHED_MODEL):
        place = published_place(artifact.properties)
        if place and artifact.properties.get("pushed") and served.serves(place):
            makers[place] = artifact.id  # the oldest is left: others have published what it made
    if len(makers) == 1:
        (artifact_id,) = makers.values()
        made = history.producers([artifact_id]).get(artifact_id)
        (execution,) = history.executions([made[0]]) if made else (None,)
        run = history.run(execution.run_id) if execution and execution.run_id else None
        if run is not None:
            return run
    raise UserError(
        "no run's model is known to be served" if not makers else "models of several publishing folders are served",
        expected="one publishing folder on this machine, whose `latest` a run of this store has published",
        found=", ".join(makers) or None,
        fix="name the run; `coralline lineage stale` tells what is served where",
    )
