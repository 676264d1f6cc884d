"""What a publishing folder and a version in it hold: names of the files, and the manifest."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

MODEL, COMPILED, LABELS, FRIGATE, FRIGATE_NEWEST, PROGRAM, MANIFEST = (
    "model.tflite",
    "model_edgetpu.tflite",
    "labels.txt",
    "frigate.yml",
    "frigate-0.19.yml",
    "detect.py",
    "manifest.json",
)
NOT_THERE = (FileNotFoundError, NotADirectoryError, IsADirectoryError)
"""Raised for what isn't there; any other OSError says that it couldn't be read, which is no damage."""
LATEST, RECORD = "latest", "history.json"
_SAYS_NOTHING = (PROGRAM, FRIGATE, FRIGATE_NEWEST)
_SCHEMA = "coralline.manifest/1"  # docs/json.md lists its keys; raised when one is taken away or changes its meaning
VERSION_NAME = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")


def device_program() -> bytes:
    """detect.py: runs the model on a device, where nothing of this library is installed."""
    return Path(__file__).with_name(PROGRAM).read_bytes()


def identity(hashes: Mapping[str, str]) -> dict[str, str]:
    """Of names and sha256, those that decide which version a bundle is.

    A new detect.py makes no new model, nor do other scores in Frigate's files, from another evaluation.
    """
    return {name: sha256 for name, sha256 in sorted(hashes.items()) if name not in _SAYS_NOTHING}


def manifest_text(manifest: Mapping[str, Any], version: str, hashes: Mapping[str, str]) -> bytes:
    """The content of manifest.json."""
    return (
        json.dumps({"schema": _SCHEMA, "version": version, **manifest, "files": dict(hashes)}, indent=2) + "\n"
    ).encode()


def read_manifest(content: bytes) -> dict[str, Any]:
    """The manifest; its `files` map names to sha256.

    Raises:
      ValueError: it isn't one.
    """
    manifest = json.loads(content)
    files = manifest.get("files") if isinstance(manifest, dict) else None
    if not isinstance(files, dict) or not all(isinstance(sha256, str) for sha256 in files.values()):
        raise ValueError("not a manifest")
    return manifest  # type: ignore[no-any-return]


def damage(read: Callable[[str], bytes]) -> str | None:
    """What is wrong with a version whose files `read` gives by name; None when it is whole.

    Raises:
      OSError: a file is there and can't be read.
    """
    name = MANIFEST
    try:
        files = read_manifest(read(name))["files"]
        for name, sha256 in files.items():
            if hashlib.sha256(read(name)).hexdigest() != sha256:
                return f"{name} isn't as it was published"
    except NOT_THERE:
        return f"{name} isn't there"
    except ValueError:
        return f"{name} isn't a manifest"
    return None
