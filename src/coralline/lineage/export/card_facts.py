"""What is known of a published model: from the store, from report.json of its evaluation, and from its manifest."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from coralline.foundation import storage
from coralline.foundation.errors import UserError
from coralline.lineage.answers.artifact_files import read_json
from coralline.lineage.answers.outcome import artifacts_made, published_place
from coralline.lineage.answers.setting_facts import resolved_settings
from coralline.lineage.answers.trace import explain_artifact
from coralline.lineage.export.exported_graph import ExportSubject
from coralline.lineage.lineage_steps import LineageStep, came_from
from coralline.lineage.recorded_names import DATASET_REPORT, EVALUATION_REPORT, MODEL, PUSHED_MODEL
from coralline.lineage.recorded_run import Artifact, Run
from coralline.lineage.run_history import RunHistory

_LARGEST = 16 << 20


@dataclasses.dataclass(frozen=True)
class CardFacts:
    """A published model. What isn't known is empty.

    Attributes:
      pushed: its artifact.
      place: the folder or address of the version.
      why: `explain_artifact`.
      run: that published it.
      made: the steps that it came from.
      report: report.json; its keys are in docs/json.md (evaluation-report).
      manifest: manifest.json.
      data, model: properties of the data report's and the trained model's artifacts.
      settings: as they were used, by dotted name.
    """

    pushed: Artifact
    place: str
    why: dict[str, Any]
    run: Run | None
    made: list[LineageStep]
    report: dict[str, Any]
    manifest: dict[str, Any]
    data: dict[str, Any]
    model: dict[str, Any]
    settings: dict[str, Any]

    def figures(self) -> dict[str, Any]:
        """Of the file that ships: AP and so on, `per_class` among them."""
        metrics = self.manifest.get("metrics")
        found = self.report.get("int8") or (metrics.get("int8") if isinstance(metrics, dict) else None)
        return found if isinstance(found, dict) else dict(self.why["recorded"])

    def part(self, *path: str) -> dict[str, Any]:
        """An object in report.json, else in the manifest's `metrics` or the manifest; empty if there is none."""
        metrics = self.manifest.get("metrics")
        for whole in (self.report, metrics if isinstance(metrics, dict) else {}, self.manifest):
            here: Any = whole
            for name in path:
                here = here.get(name) if isinstance(here, dict) else None
            if isinstance(here, dict):
                return here
        return {}


def card_facts(history: RunHistory, subject: ExportSubject) -> CardFacts:
    """The facts of the model that a run has published, or that an artifact is.

    Raises:
      UserError: there is none.
    """
    pushed = _published_by(subject)
    place = published_place(pushed.properties) or ""
    made = came_from(history, pushed)
    why = explain_artifact(history, pushed)
    evaluation, data, model = (_last(made, kind) for kind in (EVALUATION_REPORT, DATASET_REPORT, MODEL))
    report = read_json(evaluation, "report.json") if evaluation else {}
    settings = {name: value for known in resolved_settings(made).values() for name, value in known.items()}
    given = {setting["name"]: setting["used"] for setting in why["changed_settings"]}
    return CardFacts(
        pushed=pushed,
        place=place,
        why=why,
        run=history.run(why["run"]) if why["run"] else None,
        made=made,
        report=report if isinstance(report, dict) else {},
        manifest=_manifest(place),
        data=data.properties if data else {},
        model=model.properties if model else {},
        settings=dict(sorted({**given, **settings}.items())),
    )


def _published_by(subject: ExportSubject) -> Artifact:
    if subject.artifact is not None and subject.artifact.type == PUSHED_MODEL:
        found: list[Artifact] = [subject.artifact]
    else:
        found = list(artifacts_made(subject.steps, PUSHED_MODEL))
    published = [
        artifact for artifact in found if artifact.properties.get("pushed") and published_place(artifact.properties)
    ]
    if not published:
        raise UserError(
            f"{subject.title} has published no model, so there is nothing to write a card about",
            expected="a run that has published a model, its PushedModel artifact, or the published folder or file",
            fix="`coralline lineage list` tells which runs have published one",
        )
    return published[-1]


def _last(made: list[LineageStep], artifact_type: str) -> Artifact | None:
    return next(iter(reversed(list(artifacts_made(made, artifact_type)))), None)


def _manifest(place: str) -> dict[str, Any]:
    if not place or storage.is_remote(place):
        return {}
    try:
        content = json.loads(storage.read_bytes(f"{place}/manifest.json", at_most=_LARGEST))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
