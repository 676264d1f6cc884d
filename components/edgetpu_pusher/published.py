"""The folder of published models: version folders, a `latest` pointer, never anything half-published.

A version is written aside (`.incoming-*`), flushed to disk, renamed into place, and only then does `latest` move, by an
atomic rename. Whoever reads `latest` therefore sees a whole version, whenever the writer is killed. Addresses that only
tf.io.gfile knows have no atomic rename of folders: there the manifest is written last, a version without one doesn't
count, and `latest` is a small file that names the version.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from components.dataset import storage
from components.edgetpu_pusher import published_remotely
from components.edgetpu_pusher.bundle import LATEST, MANIFEST, manifest_text
from components.errors import UserError

_INCOMING = ".incoming-"
# A leftover of a killed push is removed by a later one; a push in progress is never that old.
_LEFTOVER_SECONDS = 3600


def latest_bundle(push_to: str) -> str | None:
    """The folder of the version that is served now (`model.tflite`, `manifest.json`, ...), or None before the first."""
    if storage.is_remote(push_to):
        return published_remotely.latest_bundle(push_to)
    pointer = Path(push_to, LATEST)
    with contextlib.suppress(OSError):
        folder = Path(push_to, pointer.read_text().strip()) if pointer.is_file() else pointer.resolve(strict=True)
        if (folder / MANIFEST).is_file():
            return str(folder)
    return None


def is_whole(push_to: str, version: str) -> bool:
    """Whether a version is still there as it was published, with the very files that its manifest names."""
    if storage.is_remote(push_to):
        return published_remotely.is_whole(push_to, version)
    return _files_of(Path(push_to, version)) is not None


def publish(push_to: str, files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> str:
    """Publishes a bundle and makes it the latest; the same files again are the same version.

    Args:
      push_to: a folder, or an address that tf.io.gfile knows; made when it isn't there.
      files: name -> content.
      manifest: what goes into manifest.json beside `version` and `files` (name -> sha256).

    Returns:
      The version: UTC time and the first digits of the sha256 of the files.

    Raises:
      UserError: the folder can't be written; what was served before still is.
    """
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())}
    fingerprint = hashlib.sha256(json.dumps(hashes).encode()).hexdigest()
    try:
        if storage.is_remote(push_to):
            return published_remotely.publish(push_to, files, manifest, hashes, _new_version(fingerprint))
        with _one_at_a_time(Path(push_to)):
            return _publish_locally(Path(push_to), files, manifest, hashes, fingerprint)
    except OSError as e:
        raise UserError(
            "the model can't be published",
            file=push_to,
            expected="a folder that can be written, on a disk with room",
            found=e.strerror or str(e),
            mend="mend the folder or set push.to to another; what was published before is untouched",
        ) from e


def _new_version(fingerprint: str, root: Path | None = None) -> str:
    """A name that isn't taken in `root`, as it may be by a version that was damaged within this very second."""
    moment = datetime.now(timezone.utc)
    while True:
        version = f"{moment:%Y%m%dT%H%M%SZ}-{fingerprint[:8]}"
        if root is None or not (root / version).exists():
            return version
        moment += timedelta(seconds=1)


def _publish_locally(
    root: Path, files: Mapping[str, bytes], manifest: Mapping[str, Any], hashes: Mapping[str, str], fingerprint: str
) -> str:
    _remove_leftovers(root)
    version = _version_with(root, hashes, fingerprint)
    if version is None:
        version = _new_version(fingerprint, root)
        incoming = root / f"{_INCOMING}{uuid.uuid4().hex}"
        try:
            _write_bundle(incoming, {**files, MANIFEST: manifest_text(manifest, version, hashes)})
            os.rename(incoming, root / version)
        except OSError:
            shutil.rmtree(incoming, ignore_errors=True)
            raise
    _point_latest(root, version)
    return version


def _version_with(root: Path, hashes: Mapping[str, str], fingerprint: str) -> str | None:
    """The newest version that holds exactly these files."""
    for folder in sorted(root.glob(f"*-{fingerprint[:8]}"), reverse=True):
        if _files_of(folder) == dict(hashes):
            return folder.name
    return None


def _files_of(folder: Path) -> dict[str, str] | None:
    """Name to sha256 by the manifest; None where it isn't there, or a file isn't as it says."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        files: dict[str, str] = json.loads((folder / MANIFEST).read_text())["files"]
        if all(hashlib.sha256((folder / name).read_bytes()).hexdigest() == sha256 for name, sha256 in files.items()):
            return files
    return None


def _point_latest(root: Path, version: str) -> None:
    aside = root / f"{_INCOMING}{uuid.uuid4().hex}"
    try:
        os.symlink(version, aside)
    except OSError:  # a file system without symbolic links
        _write(aside, f"{version}\n".encode())
    os.replace(aside, root / LATEST)
    _flush(root)


def _write_bundle(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.mkdir()
    for name, content in files.items():
        _write(folder / name, content)
    _flush(folder)


def _write(path: Path, content: bytes) -> None:
    with open(path, "wb") as f:
        f.write(content)
        f.flush()
        os.fsync(f.fileno())


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_leftovers(root: Path) -> None:
    for leftover in root.glob(f"{_INCOMING}*"):
        with contextlib.suppress(OSError):
            if time.time() - leftover.lstat().st_mtime > _LEFTOVER_SECONDS:
                shutil.rmtree(leftover) if leftover.is_dir() and not leftover.is_symlink() else leftover.unlink()


@contextlib.contextmanager
def _one_at_a_time(root: Path) -> Iterator[None]:
    """Two runs may publish to one place; the lock is given back by the system when its holder dies."""
    root.mkdir(parents=True, exist_ok=True)
    with open(root / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
