"""What a publishing folder and a version in it hold: names of the files, the manifest, the snippet for Frigate."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

MODEL, COMPILED, LABELS, FRIGATE, MANIFEST = (
    "model.tflite",
    "model_edgetpu.tflite",
    "labels.txt",
    "frigate.yml",
    "manifest.json",
)
LATEST, RECORD = "latest", "history.json"
VERSION_NAME = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")


def manifest_text(manifest: Mapping[str, Any], version: str, hashes: Mapping[str, str]) -> bytes:
    """The content of manifest.json."""
    return (json.dumps({"version": version, **manifest, "files": dict(hashes)}, indent=2) + "\n").encode()


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
    """What is wrong with a version whose files `read` gives by name; None when it is whole."""
    name = MANIFEST
    try:
        files = read_manifest(read(name))["files"]
        for name, sha256 in files.items():
            if hashlib.sha256(read(name)).hexdigest() != sha256:
                return f"{name} isn't as it was published"
    except OSError:
        return f"{name} isn't there"
    except ValueError:
        return f"{name} isn't a manifest"
    return None


def frigate_config(model_file: str, input_size: Sequence[int], labels: Sequence[str], compiled: bool) -> bytes:
    """The part of Frigate's configuration (0.14 and later) that uses this model.

    Frigate tracks only `person` unless it is told otherwise, so the classes are listed.
    Source: docs.frigate.video, "Object Detectors" and "Full Reference Config" (`detectors`, `model`, `objects.track`).
    """
    height, width = input_size
    detector = (
        "  coral:\n    type: edgetpu\n    device: usb" if compiled else "  cpu1:\n    type: cpu\n    num_threads: 2"
    )
    tracked = "\n".join(f"    - {json.dumps(label, ensure_ascii=False)}" for label in labels)
    return f"""\
# Copy {model_file} and {LABELS} to /config/model_cache/ and this into Frigate's config.yml.
detectors:
{detector}
model:
  path: /config/model_cache/{model_file}
  labelmap_path: /config/model_cache/{LABELS}
  width: {width}
  height: {height}
  input_tensor: nhwc
  input_pixel_format: rgb
  model_type: ssd
objects:
  track:
{tracked}
""".encode()
