"""Why a file was published: from it back to data, settings, code, and the verdict that let it through."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
from os import PathLike
from pathlib import Path
from typing import Any

from coralline.foundation.errors import UserError
from coralline.lineage.answers.outcome import recorded_outcome
from coralline.lineage.lineage_steps import LineageStep, artifact_as_dict, came_from, step_as_dict
from coralline.lineage.recorded_names import CODE_VERSION, EXAMPLES, PUSHED_MODEL, SERVED_MODEL, WARM_START
from coralline.lineage.run_history import BOOKKEEPING, Artifact, Run, RunHistory, open_lineage
from coralline.lineage.stores.store import store_above
from coralline.publishing.published import latest_bundle, record

_ABOUT_THE_FILES = BOOKKEEPING.union(CODE_VERSION)


def published(history: RunHistory, path: str) -> Artifact:
    """The artifact that a published file or folder (or any file of an artifact) belongs to.

    Raises:
      UserError: it isn't recorded in the store.
    """
    local = "://" not in path
    place = os.path.realpath(path) if local else path.rstrip("/")
    there = not local or os.path.exists(place)
    pushed = {place: artifact for artifact in history.artifacts_of_type(PUSHED_MODEL) for place in _places(artifact)}
    while os.path.dirname(place) != place:
        found = [pushed[place]] if place in pushed else history.artifacts_at(place)
        # A path that isn't here may be one of the machine or the pod that wrote it; a missing file of a folder isn't.
        if found and (there or not os.path.exists(place)):
            return found[0]
        place = os.path.dirname(place)
    if not there:
        raise UserError("there is no such file or folder", file=path, fix="give the path of a published file or folder")
    if local and (known := _by_manifest(history, Path(path))):
        return known
    raise UserError(
        "this file is not recorded in the store of ML Metadata",
        file=path,
        expected="a file that a run with this store has published, or one of its artifacts",
        fix="name the store of that run with --store",
    )


def _places(artifact: Artifact) -> list[str]:
    """Where the pusher put a version, as recorded and with symbolic links resolved."""
    folder, version = (str(artifact.properties.get(f"pushed_{name}", "")) for name in ("destination", "version"))
    if not folder or not version:
        return []
    place = f"{folder.rstrip('/')}/{version}"
    return [place, os.path.realpath(place)] if "://" not in place else [place]


def _by_manifest(history: RunHistory, path: Path) -> Artifact | None:
    """The artifact of a copied version: the one with the same files, or of the same name where those aren't here."""
    copied = _manifest(path if path.is_dir() else path.parent)
    if copied is None:
        return None
    for artifact in history.artifacts_of_type(PUSHED_MODEL):
        manifests = [manifest for place in _places(artifact) if (manifest := _manifest(Path(place))) is not None]
        if any(manifest["files"] == copied["files"] for manifest in manifests):
            return artifact
        version = copied.get("version")
        if not manifests and version and artifact.properties.get("pushed_version") == version:
            return artifact
    return None


def _manifest(folder: Path) -> dict[str, Any] | None:
    with contextlib.suppress(OSError, ValueError):
        content = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        if isinstance(content, dict) and "files" in content:
            return content
    return None


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
    return explain_artifact(history, published(history, published_path))


def explain_artifact(history: RunHistory, artifact: Artifact) -> dict[str, Any]:
    """What an artifact was made with: data, settings and code.

    Returns:
      {"artifact", "served", "run", "code", "data", "warm_start", "baseline", "recorded", "settings": {node: {...}},
      "steps": [{"node", "execution", ...}]}; `run` and `code` are those of the artifact's maker, and every step carries
      its own: a reused result may be older. `warm_start` is what training began with, `baseline` what the model was
      judged against; each None if the artifact comes from no such step. `recorded` is as of `recorded_outcome`.
    """
    line = came_from(history, artifact)
    maker = line[-1] if line else None
    run: Run | None = history.run(maker.execution.run_id) if maker and maker.execution.run_id else None
    code = {name: run.properties[name] for name in CODE_VERSION if name in run.properties} if run else {}
    sources = [step for step in line if any(a.type == EXAMPLES for made in step.outputs.values() for a in made)]
    return {
        "artifact": artifact_as_dict(artifact),
        "served": _served(artifact),
        "run": run.run_id if run else None,
        "code": code or (maker.code if maker else {}),
        "data": {step.execution.node: _data(step) for step in sources},
        "warm_start": _made(line, WARM_START),
        "baseline": _made(line, SERVED_MODEL),
        "recorded": recorded_outcome(line),
        "settings": {step.execution.node: step.execution.settings for step in line if step.execution.settings},
        "steps": [step_as_dict(step) for step in line],
    }


def _served(artifact: Artifact) -> dict[str, Any] | None:
    """Whether a published version is what `latest` names, and the moves of `latest` from and to it.

    None for other artifacts, and for what was published to an address, which isn't asked.
    """
    place, version = (str(artifact.properties.get(f"pushed_{name}", "")) for name in ("destination", "version"))
    if not version or not os.path.isdir(place):
        return None
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
