"""Publishing to an address that tf.io.gfile knows (`gs://...`), where a folder can't be renamed at once.

Each file appears whole. The manifest is the last file of a version, and `latest` is written after it.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from typing import Any

from components.dataset import storage
from components.edgetpu_pusher.bundle import LATEST, MANIFEST, manifest_text


def latest_bundle(push_to: str) -> str | None:
    """As `published.latest_bundle`."""
    root = push_to.rstrip("/")
    if not storage.exists(f"{root}/{LATEST}"):
        return None
    folder = f"{root}/{storage.read_bytes(f'{root}/{LATEST}').decode().strip()}"
    return folder if storage.exists(f"{folder}/{MANIFEST}") else None


def is_whole(push_to: str, version: str) -> bool:
    """As `published.is_whole`, by the manifest and the names of the files; contents aren't fetched."""
    return _files_of(push_to.rstrip("/"), version) is not None


def publish(
    push_to: str, files: Mapping[str, bytes], manifest: Mapping[str, Any], hashes: Mapping[str, str], new_version: str
) -> str:
    """As `published.publish`; `new_version` is used unless a version has these files already."""
    root = push_to.rstrip("/")
    version = _version_with(root, hashes, new_version.rsplit("-", 1)[-1])
    if version is None:
        version = new_version
        for name, content in files.items():
            storage.write_bytes(f"{root}/{version}/{name}", content)
        storage.write_bytes(f"{root}/{version}/{MANIFEST}", manifest_text(manifest, version, hashes))
    storage.write_bytes(f"{root}/{LATEST}", f"{version}\n".encode())
    return version


def _version_with(root: str, hashes: Mapping[str, str], digits: str) -> str | None:
    if not storage.exists(root):
        return None
    versions = [name for name in storage.list_folder(root) if name.endswith(f"-{digits}")]
    return next((version for version in reversed(versions) if _files_of(root, version) == dict(hashes)), None)


def _files_of(root: str, version: str) -> dict[str, str] | None:
    """Name to sha256 by the manifest; None where it or a file that it names isn't there."""
    folder = f"{root}/{version}"
    with contextlib.suppress(OSError, ValueError, KeyError):
        files: dict[str, str] = json.loads(storage.read_bytes(f"{folder}/{MANIFEST}"))["files"]
        if all(storage.exists(f"{folder}/{name}") for name in files):
            return files
    return None
