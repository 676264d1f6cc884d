"""The page of a run, found through ML Metadata, and what the store knows of the run if the page has been deleted."""

from __future__ import annotations

import dataclasses
import posixpath
from collections.abc import Iterable, Iterator
from typing import Any

from coralline.foundation import storage
from coralline.foundation.errors import UserError
from coralline.lineage.recorded_names import BLESSING, EVALUATION_REPORT, PUSHED_MODEL, TFLITE_MODEL
from coralline.lineage.run_history import Artifact, Run, RunHistory
from coralline.lineage.trace import LineageStep, steps

PAGE_FILE = "report.html"
_FIGURES = ("AP", "AP50", "AP75")
_OF_THE_REPORT = (*_FIGURES, "images", "split")


@dataclasses.dataclass(frozen=True)
class RunReport:
    """The report of a run.

    Attributes:
      run_id, state: the run; `state` is COMPLETE, FAILED, ...
      folder: of the page: the pusher's, which says what became of the model, else the evaluator's.
      recorded: what the store knows of it: AP, AP50, AP75, images, split, blessed, reasons, published; a key is absent
        if it wasn't recorded.
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
      wanted: a run's id, or how it begins; None or `latest`: the newest run that made a page.

    Raises:
      UserError: there is no such run, it made no page, or its page has been deleted.
    """
    if wanted not in (None, "latest"):
        run = history.run(str(wanted))
        if run is None:
            raise UserError(
                f"the store has no run `{wanted}`, or several that begin so",
                expected="a run's id, or its beginning",
                fix="`coralline lineage list` tells which runs there are",
            )
        return _existing(_require_made(history, run))
    skipped: list[str] = []
    for run in history.runs():
        made = steps(history, [execution.id for execution in run.executions])
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
    made = steps(history, [execution.id for execution in run.executions])
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
    recorded = _recorded(made)
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
        found=f"none; ML Metadata still says: {recorded_in_words(recorded)}",
        fix=_how_to_make_again(made),
    )


def _folders(made: Iterable[LineageStep]) -> list[str]:
    """Where the page should be: the pusher's first, then the evaluator's, from which it was made."""
    pushed = [f"{artifact.uri.rstrip('/')}/report" for artifact in _artifacts(made, PUSHED_MODEL)]
    return pushed + [artifact.uri.rstrip("/") for artifact in _artifacts(made, EVALUATION_REPORT)]


def _artifacts(made: Iterable[LineageStep], artifact_type: str) -> Iterator[Artifact]:
    for step in made:
        for artifacts in step.outputs.values():
            yield from (artifact for artifact in artifacts if artifact.type == artifact_type)


def _recorded(made: list[LineageStep]) -> dict[str, Any]:
    known: dict[str, Any] = {}
    for artifact in _artifacts(made, EVALUATION_REPORT):
        known |= {name: value for name, value in artifact.properties.items() if name in _OF_THE_REPORT}
    for artifact in _artifacts(made, BLESSING):
        if "blessed" in artifact.properties:
            known["blessed"] = bool(artifact.properties["blessed"])
            known["reasons"] = [line for line in str(artifact.properties.get("reasons", "")).split("\n") if line]
    for artifact in _artifacts(made, PUSHED_MODEL):
        folder, version = (str(artifact.properties.get(f"pushed_{name}", "")) for name in ("destination", "version"))
        if artifact.properties.get("pushed") and version:
            known["published"] = f"{folder.rstrip('/')}/{version}"
    return known


def recorded_in_words(recorded: dict[str, Any]) -> str:
    """ "AP 0.412, AP50 0.801 on 40 test images; blessed; published as /yard/published/2026..."; reasons if refused."""
    parts = []
    if figures := [f"{name} {recorded[name]:.3f}" for name in _FIGURES if name in recorded]:
        where = f" on {recorded['images']} {recorded['split']} images" if "images" in recorded else ""
        parts.append(", ".join(figures) + where)
    if "blessed" in recorded:
        parts.append("blessed" if recorded["blessed"] else f"not blessed ({'; '.join(recorded['reasons'])})")
    if "published" in recorded:
        parts.append(f"published as {recorded['published']}")
    return "; ".join(parts) or "no figures"


def _how_to_make_again(made: list[LineageStep]) -> str:
    again = "run the pipeline again with the same settings and --out"
    models = [f"{artifact.uri.rstrip('/')}/model.tflite" for artifact in _artifacts(made, TFLITE_MODEL)]
    published = _recorded(made).get("published")
    models += [posixpath.join(published, "model.tflite")] if published else []
    found = next((model for model in models if _there(model)), None)
    data = next((path for step in made if (path := _data_path(step))), "DATA")
    if found is None:
        return again
    return f"{again}, or score its model: coralline evaluate {found} --data {data} --report DIR"


def _there(path: str) -> bool:
    try:
        return storage.exists(path)
    except OSError:  # a bucket that this machine may not read
        return False


def _data_path(step: LineageStep) -> str | None:
    settings = step.execution.settings.get("data")
    return str(settings["path"]) if isinstance(settings, dict) and settings.get("path") else None
