"""Which artifact a file or an address belongs to: by where it is, by the manifest beside it, or by its content."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from coralline.foundation import storage
from coralline.foundation.errors import UserError
from coralline.foundation.printable import printable, shortened
from coralline.lineage.answers.artifact_files import read_json
from coralline.lineage.answers.outcome import published_place
from coralline.lineage.recorded_names import (
    DATA_PATH,
    EVALUATION_REPORT,
    EXAMPLES,
    INPUT_FINGERPRINT,
    MODEL_SHA256,
    PUBLISHED_FILES,
    PUSHED_MODEL,
    SERVED_MODEL,
    TFLITE_MODEL,
    recorded_value,
)
from coralline.lineage.recorded_run import Artifact
from coralline.lineage.run_history import RunHistory
from coralline.publishing.bundle import COMPILED, MANIFEST, MODEL, identity, read_manifest

_MODELS = (MODEL, COMPILED)
_NUMBER = re.compile(r"artifact:(\d{1,18})")
_FINGERPRINT = re.compile(r"[0-9a-f]{8,64}")


def artifacts_meant(history: RunHistory, text: str) -> list[Artifact]:
    """The artifacts that a person names, the newest first.

    Args:
      history: the store.
      text: `artifact:N`; a file or folder of an artifact or of a published version, or a copy of a published file; the
        folder or address of a data set; the fingerprint of one, or how it begins (8 digits at least).

    Raises:
      UserError: there is none.
    """
    if number := _NUMBER.fullmatch(text):
        if found := history.artifacts([int(number[1])]):
            return found
        raise UserError(
            f"the store has no artifact {number[1]}",
            fix="`coralline lineage list artifacts` and `coralline lineage show RUN` tell which there are",
        )
    if data := examples_of(history, text):
        return data
    if _FINGERPRINT.fullmatch(text) and not os.path.exists(text):
        raise UserError(
            f"no data set with the fingerprint {text} is recorded in the store",
            expected="the fingerprint of a data set that a run has read",
            fix="`coralline lineage list --json` tells each run's `data_fingerprint`",
        )
    return [recorded_artifact(history, text)]


def artifact_meant(history: RunHistory, text: str) -> Artifact:
    """One artifact: `artifact:N`, an address, or a file. Raises UserError as `artifacts_meant` does."""
    return artifacts_meant(history, text)[0] if _NUMBER.fullmatch(text) else recorded_artifact(history, text)


def examples_of(history: RunHistory, data: str) -> list[Artifact]:
    """The examples that were made of a data set, named by its path, address or fingerprint; the newest first."""
    examples = history.artifacts_of_type(EXAMPLES)
    if _FINGERPRINT.fullmatch(data):
        return [a for a in examples if str(a.properties.get(INPUT_FINGERPRINT, "")).startswith(data)]
    wanted = _place(data)
    makers = history.producers([a.id for a in examples])
    settings = {e.id: e.settings for e in history.executions({execution for execution, _ in makers.values()})}
    found = []
    for artifact in examples:
        given = settings.get(makers[artifact.id][0], {}) if artifact.id in makers else {}
        section = given.get("data")
        places = [artifact.properties.get(DATA_PATH), given.get("input_base")]
        places += [section.get("path")] if isinstance(section, dict) else []
        if any(_place(str(place)) == wanted for place in places if place):
            found.append(artifact)
    return found


def recorded_artifact(history: RunHistory, path: str) -> Artifact:
    """The artifact that a published file or folder, a copy of one, or any file of an artifact belongs to.

    Raises:
      UserError: it isn't recorded in the store.
    """
    local = "://" not in path
    place = os.path.realpath(path) if local and "\0" not in path else path.rstrip("/")
    there = not local or ("\0" not in path and os.path.exists(place))
    pushed = history.artifacts_of_type(PUSHED_MODEL)
    if found := _by_address(history, pushed, place, there):
        return found
    if not there:
        raise UserError(
            "there is no such file or folder",
            file=printable(shortened(path)),
            fix="give the path of a published file or folder",
        )
    if local and (known := _by_manifest(pushed, Path(place)) or _by_content(history, pushed, Path(place))):
        return known
    raise UserError(
        "this file is not recorded in the store of ML Metadata",
        file=path,
        expected="a file that a run with this store has published, a copy of one, or a file of one of its artifacts",
        fix="name the store of that run with --store",
    )


def _place(path: str) -> str:
    return path.rstrip("/") if "://" in path or "\0" in path else os.path.realpath(path)


def _by_address(history: RunHistory, pushed: list[Artifact], place: str, there: bool) -> Artifact | None:
    versions = {place: artifact for artifact in pushed for place in _places(artifact)}
    while os.path.dirname(place) != place:
        found = [versions[place]] if place in versions else history.artifacts_at(place)
        # A path that isn't here may be one of the machine or the pod that wrote it; a missing file of a folder isn't.
        if found and (there or not os.path.exists(place)):
            return found[0]
        place = os.path.dirname(place)
    return None


def _places(artifact: Artifact) -> list[str]:
    """Where the pusher put a version, as recorded and with symbolic links resolved."""
    place = published_place(artifact.properties)
    if place is None:
        return []
    return [place] if "://" in place else [place, os.path.realpath(place)]


def _by_manifest(pushed: list[Artifact], path: Path) -> Artifact | None:
    """The artifact of a copied version: the one with the same files, or of the same name where those aren't here.

    A manifest speaks for a file beside it only if it names the file, or its content.
    """
    copied = _manifest(path if path.is_dir() else path.parent)
    if copied is None or not (path.is_dir() or path.name in copied["files"] or path.name == MANIFEST):
        return None
    if path.suffix == ".tflite" and copied["files"].get(path.name) != _sha256(path):
        return None  # another model was put in its place
    for artifact in reversed(pushed):  # the run that published it first
        files = _published_files(artifact)
        if files is not None and identity(files) == identity(copied["files"]):
            return artifact
        version = copied.get("version")
        if files is None and version and artifact.properties.get("pushed_version") == version:
            return artifact
    return None


def _published_files(artifact: Artifact) -> dict[str, str] | None:
    """Name and SHA-256 of each file of a version, as recorded, else as its manifest says; None if neither is there."""
    recorded = recorded_value(artifact.properties, PUBLISHED_FILES)
    if isinstance(recorded, dict) and recorded:
        return {str(name): str(sha256) for name, sha256 in recorded.items()}
    manifests = (manifest for place in _places(artifact) if (manifest := _manifest(Path(place))) is not None)
    return next((dict(manifest["files"]) for manifest in manifests), None)


def _by_content(history: RunHistory, pushed: list[Artifact], path: Path) -> Artifact | None:
    """The published version, else the exported model, whose .tflite file has the same bytes, wherever it is now."""
    if path.is_dir():
        path = next((path / name for name in _MODELS if (path / name).is_file()), path)
    wanted = _sha256(path)
    if wanted is None:
        return None
    for artifact in reversed(pushed):
        files = _published_files(artifact) or {}
        if wanted in (artifact.properties.get(MODEL_SHA256), *(files.get(name) for name in _MODELS)):
            return artifact
    by_place = {place: artifact for artifact in pushed for place in _places(artifact)}
    for served in history.artifacts_of_type(SERVED_MODEL):
        if served.properties.get("content") == f"sha256:{wanted}":
            place = f"{str(served.properties.get('destination', '')).rstrip('/')}/{served.properties.get('version')}"
            if place in by_place:
                return by_place[place]
    return next(_exported(history, path, wanted), None)


def _exported(history: RunHistory, path: Path, wanted: str) -> Iterator[Artifact]:
    """Models that were exported, by what is recorded of them, by their files, and by the report on them."""
    models = history.artifacts_of_type(TFLITE_MODEL)
    size = path.stat().st_size
    for model in models:
        if model.properties.get(MODEL_SHA256) == wanted:
            yield model
        if "://" not in model.uri:
            files = [Path(model.uri, name) for name in _MODELS]
            if any(_size(file) == size and _sha256(file) == wanted for file in files):
                yield model
    for report in history.artifacts_of_type(EVALUATION_REPORT):
        judged = report.properties.get(MODEL_SHA256) or _judged_sha256(report)
        if judged == wanted:
            yield from _judged_model(history, report)


def _judged_sha256(report: Artifact) -> str | None:
    content = read_json(report, "report.json")
    file = content.get("file") if isinstance(content, Mapping) else None
    return str(file.get("sha256")) if isinstance(file, Mapping) else None


def _judged_model(history: RunHistory, report: Artifact) -> list[Artifact]:
    """The exported model that the maker of a report took."""
    made = history.producers([report.id]).get(report.id)
    taken = history.artifacts(artifact for _, _, artifact in history.inputs([made[0]])) if made else []
    return [artifact for artifact in taken if artifact.type == TFLITE_MODEL]


def _manifest(folder: Path) -> dict[str, Any] | None:
    with contextlib.suppress(OSError, ValueError, RecursionError):
        return read_manifest((folder / MANIFEST).read_bytes())
    return None


def _size(path: Path) -> int | None:
    with contextlib.suppress(OSError):
        return path.stat().st_size
    return None


def _sha256(path: Path) -> str | None:
    """None of what is no regular file, or can't be read."""
    with contextlib.suppress(OSError):
        if path.is_file():
            return storage.sha256(str(path)).hex()
    return None
