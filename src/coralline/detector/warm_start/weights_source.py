"""What `model.warm_start` refers to, recognised by its content. No TensorFlow for local files."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from coralline.detector.network.model_folder import DETECTOR_JSON, WEIGHTS
from coralline.detector.presets import Preset
from coralline.detector.warm_start import download, tflite_file
from coralline.foundation import storage
from coralline.foundation.errors import UserError
from coralline.publishing import bundle, published

LATEST_BLESSED = "latest_blessed"
"""The model that is published when training begins."""

Kind = Literal["tflite", "keras_file", "saved_model", "checkpoint", "coralline"]

_SAVED_MODEL_PB = "saved_model.pb"
_HDF5, _ZIP, _GZIP = b"\x89HDF\r\n\x1a\n", b"PK\x03\x04", b"\x1f\x8b"
_CHECKPOINT_FILE = re.compile(r"\.index$|\.data-\d{5}-of-\d{5}$")
# The file `checkpoint` that TensorFlow keeps beside checkpoints (CheckpointState, as text) names the newest one.
_NEWEST = re.compile(r'^model_checkpoint_path: "(.*)"$', re.MULTILINE)
_WHAT_MAY_BE = (
    "a .tflite file, a Keras .h5 or .keras file, a SavedModel's folder, a checkpoint of TensorFlow Model Garden (its "
    "prefix or folder), or an earlier model of this pipeline (its output folder, or one of a published version)"
)


@dataclasses.dataclass(frozen=True)
class WeightsSource:
    """Weights to begin with.

    Attributes:
      kind: what they are in; `coralline` is an earlier model of this pipeline.
      path: a file, the SavedModel's folder, or the prefix of a checkpoint.
    """

    kind: Kind
    path: str

    def fingerprint(self) -> str:
        """SHA-256 of the file; of names and contents if there are several. Raises OSError."""
        files = self._files()
        if files == [self.path]:
            return storage.sha256(self.path).hex()
        total = hashlib.sha256()
        for file in files:
            total.update(file[len(self.path) :].encode() + b"\0" + storage.sha256(file))
        return total.hexdigest()

    @contextlib.contextmanager
    def on_disk(self) -> Iterator[str]:
        """The path of the weights where TensorFlow can read them: that of a copy if they are at an address.

        Raises OSError.
        """
        if not storage.is_remote(self.path):
            yield self.path
            return
        folder, _, name = self.path.rpartition("/")
        with tempfile.TemporaryDirectory(prefix="coralline-weights-") as copy:
            for path in self._files():
                to = f"{copy}/{path[len(folder) + 1 :]}"
                os.makedirs(os.path.dirname(to), exist_ok=True)
                with storage.open_to_read(path) as source, open(to, "wb") as target:
                    shutil.copyfileobj(source, target)
            yield f"{copy}/{name}"

    def _files(self) -> list[str]:
        if self.kind in ("tflite", "keras_file"):
            return [self.path]
        if self.kind == "saved_model":
            return [f"{self.path}/{name}" for name in storage.list_tree(self.path).files]
        folder, _, prefix = self.path.rpartition("/")
        names = storage.list_folder(folder)
        return [f"{folder}/{n}" for n in names if n.startswith(f"{prefix}.") and _CHECKPOINT_FILE.search(n)]


def obtain(warm_start: str, sha256: str | None, preset: Preset) -> WeightsSource:
    """Finds the weights, downloads them if they are on the web, and checks what can be checked without TensorFlow.

    Args:
      warm_start: `model.warm_start`: a path, an address (`gs://`, `s3://`), or a URL; not `latest_blessed`.
      sha256: `model.warm_start_sha256`.
      preset: the detector's.

    Raises:
      UserError: nothing there can be read, it is of no known kind or another content, or an earlier model's backbone
        is another one.
    """
    path = download.fetch(warm_start, sha256) if download.is_url(warm_start) else warm_start
    try:
        found = _find(path)
        if sha256 is not None and not download.is_url(warm_start):
            _require_content(found, sha256)
        if found.kind == "coralline":
            _require_backbone(found, preset)
        return found
    except OSError as e:
        raise UserError(
            "the file of `model.warm_start` can't be read",
            file=path,
            expected=_WHAT_MAY_BE,
            found=e,
            fix="correct `model.warm_start`",
        ) from e


def has_same_head(source: WeightsSource, preset: Preset, class_names: Sequence[str]) -> bool:
    """Whether the last layers of an earlier model mean what those of the new one will: the same classes and anchors.

    Args:
      source: as `obtain` gives it; what others have trained has no head that could be taken over.
      preset: the detector's, with the anchors that it will have.
      class_names: of the real classes, in the order of their ids.
    """
    if source.kind != "coralline":
        return False
    earlier = _describe(source)
    anchors = [preset.anchor_size, preset.num_scales, list(preset.aspect_ratios)]
    same_anchors = [earlier.get(key) for key in ("anchor_size", "num_scales", "aspect_ratios")] == anchors
    return same_anchors and earlier.get("class_names") == list(class_names)


def _describe(earlier: WeightsSource) -> dict[str, Any]:
    """The description in an earlier model of this pipeline. Raises OSError or ValueError."""
    folder = earlier.path.removesuffix(f"/{WEIGHTS}")
    detector: dict[str, Any] = json.loads(storage.read_bytes(f"{folder}/{DETECTOR_JSON}"))
    return detector


def _find(path: str) -> WeightsSource:
    """Raises OSError if it can't be read."""
    if storage.is_folder(path):
        return _in_folder(path.rstrip("/"))
    if storage.exists(f"{path}.index"):
        return WeightsSource("checkpoint", path)
    if _CHECKPOINT_FILE.search(path):
        raise _unusable(path, "a part of a checkpoint", f"name its prefix: {_CHECKPOINT_FILE.sub('', path)}")
    head = storage.read_head(path, len(_HDF5))
    if head == _HDF5:
        return WeightsSource("keras_file", path)
    if head.startswith(_ZIP):
        return _of_archive(path)
    if head.startswith(_GZIP):
        raise _unusable(path, "a packed file", "unpack it, and name the checkpoint or the folder that comes out of it")
    tflite_file.read_tflite_weights(path)
    return WeightsSource("tflite", path)


def _of_archive(path: str) -> WeightsSource:
    with storage.open_to_read(path) as file:
        try:
            names = zipfile.ZipFile(file).namelist()
        except zipfile.BadZipFile as e:
            raise _unusable(path, f"a damaged archive: {e}", "fetch the file again") from e
    if "model.weights.h5" not in names:
        raise _unusable(path, "an archive that isn't a Keras model", "unpack it, and name what comes out of it")
    return WeightsSource("keras_file", path)


def _in_folder(folder: str) -> WeightsSource:
    names = storage.list_folder(folder)
    if DETECTOR_JSON in names:
        return _earlier_model(folder)
    if bundle.MANIFEST in names:
        return _published_model(folder)
    for place in (folder, f"{folder}/published"):
        if place.rpartition("/")[2] in ("published", *names) and (version := published.latest_bundle(place)):
            return _published_model(version)
    if _SAVED_MODEL_PB in names:
        return WeightsSource("saved_model", folder)
    return WeightsSource("checkpoint", f"{folder}/{_newest_checkpoint(folder, names)}")


def _newest_checkpoint(folder: str, names: list[str]) -> str:
    prefixes = [name.removesuffix(".index") for name in names if name.endswith(".index")]
    if "checkpoint" in names:
        text = storage.read_bytes(f"{folder}/checkpoint").decode(errors="replace")
        newest = [path.rpartition("/")[2] for path in _NEWEST.findall(text)]
        prefixes = [prefix for prefix in prefixes if prefix in newest]
    if len(prefixes) == 1:
        return prefixes[0]
    if prefixes:
        raise _unusable(folder, f"several checkpoints: {', '.join(prefixes[:8])}", "name the prefix of one of them")
    inside = ", ".join(names[:8]) or "an empty folder"
    raise _unusable(folder, f"a folder of none of these: {inside}", "correct `model.warm_start`")


def _published_model(version: str) -> WeightsSource:
    try:
        model = bundle.read_manifest(storage.read_bytes(f"{version}/{bundle.MANIFEST}")).get("model")
    except ValueError as e:
        raise _unusable(version, f"{bundle.MANIFEST} isn't a manifest of this pipeline", "name another") from e
    folder = model.get("trained_model") if isinstance(model, dict) else None
    if not isinstance(folder, str):
        raise _unusable(
            version,
            "a version whose manifest doesn't say where its trained model is, as those before 25 November 2026 don't",
            "publish a model once without a warm start from it",
        )
    if not storage.exists(f"{folder}/{DETECTOR_JSON}"):
        raise _unusable(
            version,
            f"a version whose trained model isn't there any more: {folder}",
            "bring that folder back, or name another model",
        )
    return _earlier_model(folder)


def _earlier_model(folder: str) -> WeightsSource:
    if not storage.exists(f"{folder}/{WEIGHTS}.index"):
        raise _unusable(folder, "a trained model that was kept without its weights", "train it anew, or name another")
    return WeightsSource("coralline", f"{folder}/{WEIGHTS}")


def _require_content(found: WeightsSource, sha256: str) -> None:
    content = found.fingerprint()
    if content != sha256:
        raise UserError(
            "the warm start doesn't match `model.warm_start_sha256`",
            file=found.path,
            expected=f"SHA-256 {sha256}",
            found=content,
            fix="fetch the right file, or correct model.warm_start_sha256",
        )


def _require_backbone(found: WeightsSource, preset: Preset) -> None:
    folder = found.path.removesuffix(f"/{WEIGHTS}")
    try:
        detector = _describe(found)
        earlier = (detector["backbone"], float(detector["width_multiplier"]))
    except (ValueError, KeyError, TypeError) as e:
        raise _unusable(folder, f"a {DETECTOR_JSON} that can't be understood", "name another model") from e
    if earlier != (preset.backbone, preset.width_multiplier):
        raise UserError(
            "the warm start is of another backbone than the preset's",
            file=folder,
            expected=f"{preset.backbone} of width {preset.width_multiplier:g} ({preset.name})",
            found=f"{earlier[0]} of width {earlier[1]:g} ({detector.get('preset')})",
            fix="set model.preset to one of that backbone, or name another model",
        )


def _unusable(path: str, found: str, fix: str) -> UserError:
    return UserError("the warm start can't be used", file=path, expected=_WHAT_MAY_BE, found=found, fix=fix)
