"""The table of runs: one line each, with what people look for first."""

from __future__ import annotations

import dataclasses
import os
import posixpath
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from coralline.foundation import storage
from coralline.lineage.answers.outcome import FIGURES, artifacts_made, recorded_outcome
from coralline.lineage.lineage_steps import LineageStep, steps_of
from coralline.lineage.recorded_names import (
    CODE_VERSION,
    DATA_PATH,
    EXAMPLES,
    INPUT_FINGERPRINT,
    MODEL,
    OUTCOME,
    RESOLVED_SETTINGS,
    recorded_value,
)
from coralline.lineage.recorded_run import Run
from coralline.lineage.run_history import RunHistory
from coralline.publishing.bundle import MANIFEST
from coralline.publishing.places import place_of

# Of settings, in the order in which they are believed: ours, then those of TFX's file-based ExampleGens.
_PATH, _INPUT_BASE = "path", "input_base"


@dataclasses.dataclass(frozen=True)
class RunRow:
    """A run in one line. What wasn't recorded is None, or empty.

    Attributes:
      run_id, pipeline: the run.
      began_ms, seconds: when it began, since the epoch, and how long it took.
      state: COMPLETE, FAILED, RUNNING or CANCELED.
      failure: which step failed and why, "QatTrainer: ...".
      verdict, reasons: "blessed" or "not blessed", and what each threshold said.
      figures: AP, AP50 and AP75 of the file that ships.
      images, split: what it was judged on.
      data, data_fingerprint: the data set's path or address, and what its content hashes to.
      preset: the detector's.
      published: where its model was published.
      served: whether that version is served now; None: it has none, or the place can't be asked from here.
      reused, steps: of how many steps the results were reused.
      code: `git_commit` and so on.
    """

    run_id: str
    pipeline: str
    began_ms: int
    seconds: float
    state: str
    failure: str | None
    verdict: str | None
    reasons: list[str]
    figures: dict[str, float]
    images: int | None
    split: str | None
    data: str | None
    data_fingerprint: str | None
    preset: str | None
    published: str | None
    served: bool | None
    reused: int
    steps: int
    code: dict[str, str]


def run_rows(history: RunHistory, limit: int | None = None) -> list[RunRow]:
    """The newest runs first, one line each."""
    return rows_of(history, history.runs(limit))


_BETWEEN_STEPS = {
    "killed": "the run was killed between two steps",
    "interrupted": "the run was interrupted between two steps",
    "failed": "the run failed between two steps; its log says why",
}


def rows_of(history: RunHistory, runs: Sequence[Run]) -> list[RunRow]:
    """The lines of these runs, whose steps are read together."""
    made = steps_of(history, [execution for run in runs for execution in run.executions])
    by_run: dict[str, list[LineageStep]] = {}
    for step in made:
        by_run.setdefault(step.execution.run_id, []).append(step)
    served = ServedVersions()
    return [_row(run, by_run.get(run.run_id, []), served) for run in runs]


def run_row(history: RunHistory, run: Run, made: Sequence[LineageStep] | None = None) -> RunRow:
    """The line of one run; `made`: its steps, if they have been read already."""
    return _row(run, steps_of(history, run.executions) if made is None else made, ServedVersions())


class ServedVersions:
    """Which version each publishing folder serves, looked at once. An address isn't asked: that may take long."""

    def __init__(self) -> None:
        self._latest: dict[str, str | None] = {}

    def serves(self, published: str) -> bool | None:
        """Whether a published version is served; None if that can't be told from here."""
        folder, version = posixpath.split(published.rstrip("/"))
        if not folder or storage.is_remote(folder) or not os.path.isdir(folder):
            return None
        if folder not in self._latest:
            try:
                self._latest[folder] = place_of(folder).latest()
            except OSError:
                self._latest[folder] = None
        if self._latest[folder] is None and not os.path.isfile(os.path.join(published, MANIFEST)):
            return None  # not a folder of ours: TensorFlow Serving, say, has no pointer
        return self._latest[folder] == version


def _row(run: Run, made: Sequence[LineageStep], served: ServedVersions) -> RunRow:
    outcome = recorded_outcome(made)
    published = outcome.get("published")
    states = [execution.state for execution in run.executions]
    return RunRow(
        run_id=run.run_id,
        pipeline=run.pipeline,
        began_ms=run.created_ms,
        seconds=run.seconds,
        state=run.state,
        failure=failure_of(run),
        verdict=None if "blessed" not in outcome else "blessed" if outcome["blessed"] else "not blessed",
        reasons=outcome.get("reasons", []),
        figures={name: float(outcome[name]) for name in FIGURES if isinstance(outcome.get(name), int | float)},
        images=outcome.get("images"),
        split=outcome.get("split"),
        data=data_path(made),
        data_fingerprint=data_fingerprint(made),
        preset=_preset(made),
        published=published,
        served=served.serves(published) if published else None,
        reused=states.count("CACHED"),
        steps=len(states),
        code={str(name): str(run.properties[name]) for name in CODE_VERSION if name in run.properties},
    )


def failure_of(run: Run) -> str | None:
    """Which step failed and why, or how the run ended between two steps; None if it didn't fail."""
    last = {execution.node: execution for execution in run.executions}
    failed = next((execution for execution in last.values() if execution.state == "FAILED"), None)
    if failed is not None:
        return f"{failed.node}: {failed.failure or 'no reason is recorded'}"
    return _BETWEEN_STEPS.get(run.properties.get(OUTCOME, "")) if run.state == "FAILED" else None


def data_path(made: Sequence[LineageStep]) -> str | None:
    """Where the data set was that these steps read: its path or address."""
    for settings in _settings(made):
        data = settings.get("data")
        if isinstance(data, dict) and data.get(_PATH):
            return str(data[_PATH])
        if settings.get(_INPUT_BASE):
            return str(settings[_INPUT_BASE])
    recorded = (artifact.properties.get(DATA_PATH) for artifact in artifacts_made(made, EXAMPLES))
    return next((str(path) for path in recorded if path), None)


def data_fingerprint(made: Iterable[LineageStep]) -> str | None:
    """What the content of the data set hashed to that these steps read."""
    for step in made:
        examples = [a for artifacts in step.outputs.values() for a in artifacts if a.type == EXAMPLES]
        for known in (*(artifact.properties for artifact in examples), step.execution.settings):
            if known.get(INPUT_FINGERPRINT):
                return str(known[INPUT_FINGERPRINT])
    return None


def _preset(made: Sequence[LineageStep]) -> str | None:
    for settings in _settings(made):
        model = settings.get("model")
        if isinstance(model, dict) and isinstance(model.get("preset"), str):
            return str(model["preset"])
    # The default one is in no setting; what was used is on the model that was trained.
    for model in artifacts_made(made, MODEL):
        used = recorded_value(model.properties, RESOLVED_SETTINGS)
        if isinstance(used, dict) and isinstance(used.get("model.preset"), str):
            return str(used["model.preset"])
    return None


def _settings(made: Iterable[LineageStep]) -> Iterator[dict[str, Any]]:
    yield from (step.execution.settings for step in made)
