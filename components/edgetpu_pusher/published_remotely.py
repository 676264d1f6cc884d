"""Publishing to an address that tf.io.gfile knows (`gs://...`), where a folder can't be renamed at once.

Each file appears whole. The manifest is the last file of a version, and `latest` is written after it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from components.edgetpu_pusher.bundle import LATEST, MANIFEST, manifest_text


def is_remote(address: str) -> bool:
    """Whether it is no local path."""
    return "://" in address


def latest_bundle(push_to: str) -> str | None:
    """As `published.latest_bundle`."""
    from tfx.dsl.io import fileio

    root = push_to.rstrip("/")
    if not fileio.exists(f"{root}/{LATEST}"):
        return None
    with fileio.open(f"{root}/{LATEST}", "rb") as f:
        folder = f"{root}/{f.read().decode().strip()}"
    return folder if fileio.exists(f"{folder}/{MANIFEST}") else None


def publish(
    push_to: str, files: Mapping[str, bytes], manifest: Mapping[str, Any], hashes: Mapping[str, str], new_version: str
) -> str:
    """As `published.publish`; `new_version` is used unless a version has these files already."""
    from tfx.dsl.io import fileio

    root = push_to.rstrip("/")
    version = _version_with(root, hashes, new_version.rsplit("-", 1)[-1])
    if version is None:
        version = new_version
        fileio.makedirs(f"{root}/{version}")
        for name, content in files.items():
            _write(f"{root}/{version}/{name}", content)
        _write(f"{root}/{version}/{MANIFEST}", manifest_text(manifest, version, hashes))
    _write(f"{root}/{LATEST}", f"{version}\n".encode())
    return version


def _version_with(root: str, hashes: Mapping[str, str], digits: str) -> str | None:
    from tfx.dsl.io import fileio

    for path in sorted(map(str, fileio.glob(f"{root}/*-{digits}/{MANIFEST}")), reverse=True):
        with fileio.open(path, "rb") as f:
            if json.loads(f.read())["files"] == dict(hashes):
                return path.rsplit("/", 2)[-2]
    return None


def _write(path: str, content: bytes) -> None:
    from tfx.dsl.io import fileio

    with fileio.open(path, "wb") as f:
        f.write(content)
