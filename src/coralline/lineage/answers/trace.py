"""Why a file was published: from it back to data, settings, code, and the verdict that let it through."""

from __future__ import annotations

import dataclasses
import os
from os import PathLike
from typing import Any

from coralline.lineage.answers.changes_since import changed_settings, changes_since, chosen_settings, run_before
from coralline.lineage.answers.data_facts import data_facts
from coralline.lineage.answers.outcome import published_place, recorded_outcome
from coralline.lineage.answers.recorded_file import recorded_artifact
from coralline.lineage.answers.run_table import ServedVersions, run_row
from coralline.lineage.lineage_steps import LineageStep, artifact_as_dict, came_from, step_as_dict
from coralline.lineage.recorded_names import CODE_VERSION, EXAMPLES, SERVED_MODEL, WARM_START
from coralline.lineage.recorded_run import Artifact, Run
from coralline.lineage.run_history import RunHistory, open_lineage
from coralline.lineage.stores.dialects import BOOKKEEPING
from coralline.lineage.stores.store import store_above
from coralline.publishing.published import latest_bundle, record

_ABOUT_THE_FILES = BOOKKEEPING.union(CODE_VERSION)


def why(published_path: str | PathLike[str], store: str | PathLike[str] | None = None) -> dict[str, Any]:
    """From a published file or folder back to its data, settings and code version.

    Args:
      published_path: a file or folder in a publishing folder, such as `yard/published/latest/model.tflite`.
      store: as for `open_lineage`; None: that of the output folder which the path is in.

    Raises:
      UserError: there is no store, or it doesn't know the file.
    """
    published_path = os.fspath(published_path)
    history = open_lineage(store or store_above(published_path) or published_path)
    return explain_artifact(history, recorded_artifact(history, published_path))


def explain_artifact(history: RunHistory, artifact: Artifact) -> dict[str, Any]:
    """What an artifact was made with: data, settings and code.

    Returns:
      {"artifact", "served", "run", "code", "data", "warm_start", "baseline", "recorded", "settings": {node: {...}},
      "steps": [{"node", "execution", ...}]}; `run` and `code` are those of the artifact's maker, and every step carries
      its own: a reused result may be older. `warm_start` is what training began with, `baseline` what the model was
      judged against; each None if the artifact comes from no such step. `recorded` is as of `recorded_outcome`.
      `made_by`: the run as a `RunRow`. `data_set`: a `DataFacts`. `changed_settings` and `chosen_settings`: what was
      set and isn't the default, and what was left open, both as used. `since_run_before`, `since_baseline`: each a
      `ChangesSince`, or None.
    """
    line = came_from(history, artifact)
    made = history.producers([artifact.id]).get(artifact.id)
    maker = next((step for step in line if made and step.execution.id == made[0]), None)
    run: Run | None = history.run(maker.execution.run_id) if maker and maker.execution.run_id else None
    code = {str(name): run.properties[name] for name in CODE_VERSION if name in run.properties} if run else {}
    code = code or (maker.code if maker else {})
    baseline = _made(line, SERVED_MODEL)
    sources = [step for step in line if any(a.type == EXAMPLES for made in step.outputs.values() for a in made)]
    return {
        "artifact": artifact_as_dict(artifact),
        "served": _served(artifact),
        "run": run.run_id if run else None,
        "code": code,
        "made_by": dataclasses.asdict(run_row(history, run)) if run else None,
        "data_set": dataclasses.asdict(facts) if (facts := data_facts(line)) else None,
        "changed_settings": changed_settings(line),
        "chosen_settings": chosen_settings(line),
        "since_run_before": _since(history, run_before(history, run) if run else None, line, code),
        "since_baseline": _since(history, _published_by(history, baseline), line, code),
        "data": {step.execution.node: _data(step) for step in sources},
        "warm_start": _made(line, WARM_START),
        "baseline": baseline,
        "recorded": recorded_outcome(line),
        "settings": {step.execution.node: step.execution.settings for step in line if step.execution.settings},
        "steps": [step_as_dict(step) for step in line],
    }


def _since(
    history: RunHistory, before: Run | None, line: list[LineageStep], code: dict[str, Any]
) -> dict[str, Any] | None:
    return dataclasses.asdict(changes_since(history, before, line, code)) if before else None


def _published_by(history: RunHistory, baseline: dict[str, Any] | None) -> Run | None:
    run_id = str((baseline or {}).get("pipeline_run") or "")
    return history.run(run_id) if run_id else None


def _served(artifact: Artifact) -> dict[str, Any] | None:
    """Whether a published version is what `latest` names, and the moves of `latest` from and to it.

    None for other artifacts, for what was published to an address, which isn't asked, and for a folder without `latest`
    that another program than ours has published to.
    """
    published = published_place(artifact.properties)
    if published is None or ServedVersions().serves(published) is None:
        return None
    place, version = os.path.split(published.rstrip("/"))
    latest, moves = latest_bundle(place), record(place).moves
    return {
        "now": latest is not None and os.path.basename(latest) == version,
        "latest": latest,
        "moves": [dataclasses.asdict(move) for move in moves if version in (move.before, move.after)],
    }


def _data(step: LineageStep) -> dict[str, Any]:
    known: dict[str, Any] = dict(step.execution.settings)
    for artifacts in step.outputs.values():
        for artifact in artifacts:
            known |= {k: v for k, v in artifact.properties.items() if k not in _ABOUT_THE_FILES}
    return known


def _made(line: list[LineageStep], artifact_type: str) -> dict[str, Any] | None:
    """What is written on the last artifact of a type, with its id."""
    made = [a for step in line for artifacts in step.outputs.values() for a in artifacts if a.type == artifact_type]
    if not made:
        return None
    return {"artifact": made[-1].id} | {k: v for k, v in made[-1].properties.items() if k not in _ABOUT_THE_FILES}
