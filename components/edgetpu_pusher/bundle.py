"""What a published version holds: names of its files, its manifest, the snippet for Frigate."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

MODEL, COMPILED, LABELS, FRIGATE, MANIFEST = (
    "model.tflite",
    "model_edgetpu.tflite",
    "labels.txt",
    "frigate.yml",
    "manifest.json",
)
LATEST = "latest"


def manifest_text(manifest: Mapping[str, Any], version: str, hashes: Mapping[str, str]) -> bytes:
    """The content of manifest.json."""
    return (json.dumps({"version": version, **manifest, "files": dict(hashes)}, indent=2) + "\n").encode()


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
