"""The page of a run, found through ML Metadata, and what the store knows of the run if the page has been deleted."""

from __future__ import annotations

import dataclasses
import posixpath
from collections.abc import Iterable
from typing import Any

from coralline.foundation import storage
from coralline.foundation.errors import UserError
from coralline.lineage.answers.outcome import artifacts_made, recorded_in_words, recorded_outcome
from coralline.lineage.answers.run_choice import find_run
from coralline.lineage.answers.run_table import data_path
from coralline.lineage.deleted_files import deletion_in_words
from coralline.lineage.lineage_steps import LineageStep, steps_of
from coralline.lineage.recorded_names import EVALUATION_REPORT, PUSHED_MODEL, TFLITE_MODEL
from coralline.lineage.recorded_run import Run
from coralline.lineage.run_history import RunHistory

PAGE_FILE = "report.html"


@dataclasses.dataclass(frozen=True)
class RunReport:
    """The report of a run.

    Attributes:
      run_id, state: the run; `state` is COMPLETE, FAILED, ...
      folder: of the page: the pusher's, which says what became of the model, else the evaluator's.
      recorded: what the store knows of it (`recorded_outcome`).
      skipped: newer runs that made no page.
    """

    run_id: str
    state: str
    folder: str
    recorded: dict[str, Any]
    skipped: tuple[str, ...] = ()

    @property
    def page(self) -> str:
        """Its address."""
        return f"{self.folder}/{PAGE_FILE}"


def find_run_report(history: RunHistory, wanted: str | None = None) -> RunReport:
    """The report of a run, whose page is there.

    Args:
      history: the store.
      wanted: a run, as `find_run` has it; but None or `latest` is the newest run that made a page.

    Raises:
      UserError: there is no such run, it made no page, or its page has been deleted.
    """
    if wanted not in (None, "latest"):
        return _existing(_require_made(history, find_run(history, str(wanted))))
    skipped: list[str] = []
    for run in history.runs():
        made = steps_of(history, run.executions)
        if _folders(made):
            return _existing((run, made), tuple(skipped))
        skipped.append(run.run_id)
    raise UserError(
        "no run in the store has made a page yet",
        expected="a run that has evaluated its model",
        found=f"runs that ended before that: {', '.join(skipped[:3])}" if skipped else "no run at all",
        fix="`coralline run` makes one; `coralline lineage show latest` tells how the last run ended",
    )


def _require_made(history: RunHistory, run: Run) -> tuple[Run, list[LineageStep]]:
    made = steps_of(history, run.executions)
    if not _folders(made):
        raise UserError(
            f"the run {run.run_id} has made no page",
            expected="a run that has evaluated its model",
            found=f"one that is {run.state.lower()}",
            fix=f"`coralline lineage show {run.run_id}` tells how it ended",
        )
    return run, made


def _existing(of: tuple[Run, list[LineageStep]], skipped: tuple[str, ...] = ()) -> RunReport:
    run, made = of
    recorded = recorded_outcome(made)
    for folder in _folders(made):
        try:
            if storage.exists(f"{folder}/{PAGE_FILE}"):
                return RunReport(run.run_id, run.state, folder, recorded, skipped)
        except OSError as e:
            raise UserError("the page can't be looked for", file=folder, found=e, fix="try again later") from e
    raise UserError(
        f"the page of the run {run.run_id} has been deleted",
        file=f"{_folders(made)[0]}/{PAGE_FILE}",
        expected="the files that the run wrote",
        found=f"{_why_none(made)}; ML Metadata still says: {recorded_in_words(recorded)}",
        fix=_how_to_make_again(made),
    )


def _why_none(made: list[LineageStep]) -> str:
    pages = [artifact for kind in (PUSHED_MODEL, EVALUATION_REPORT) for artifact in artifacts_made(made, kind)]
    return deletion_in_words(pages) or "none"


def _folders(made: Iterable[LineageStep]) -> list[str]:
    """Where the page should be: the pusher's first, then the evaluator's, from which it was made."""
    pushed = [f"{artifact.uri.rstrip('/')}/report" for artifact in artifacts_made(made, PUSHED_MODEL)]
    return pushed + [artifact.uri.rstrip("/") for artifact in artifacts_made(made, EVALUATION_REPORT)]


def _how_to_make_again(made: list[LineageStep]) -> str:
    again = "run the pipeline again with the same settings and --out"
    models = [f"{artifact.uri.rstrip('/')}/model.tflite" for artifact in artifacts_made(made, TFLITE_MODEL)]
    published = recorded_outcome(made).get("published")
    models += [posixpath.join(published, "model.tflite")] if published else []
    found = next((model for model in models if _there(model)), None)
    data = data_path(made) or "DATA"
    if found is None:
        return again
    return f"{again}, or score its model: coralline evaluate {found} --data {data} --report DIR"


def _there(path: str) -> bool:
    try:
        return storage.exists(path)
    except OSError:  # a bucket that this machine may not read
        return False
