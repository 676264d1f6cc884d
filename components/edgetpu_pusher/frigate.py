"""The part of Frigate's configuration that uses a published model.

Sources, all of blakeblackshear/frigate: docs/docs/configuration/{object_detectors,advanced,reference}.md for the keys;
frigate/detectors/detector_config.py, which refuses unknown ones, for those that 0.14 knows as well; `load_labels` in
frigate/util/builtin.py for the labels file; frigate/detectors/plugins/edgetpu_tfl.py for what becomes of the outputs.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from coralline.publishing.bundle import LABELS

_MODEL_CACHE = "/config/model_cache"
_DETECTORS = {
    True: "  coral:\n    type: edgetpu\n    device: usb  # or pci",
    False: "  cpu1:  # not compiled for the Edge TPU: slow, for trying it out\n    type: cpu\n    num_threads: 2",
}
# Looked for on persons and vehicles, never tracked alone: DEFAULT_ATTRIBUTE_LABEL_MAP in frigate/const.py, without the
# names of couriers.
_ATTRIBUTES = ("face", "license_plate")


def configuration(model_file: str, input_size: Sequence[int], labels: Sequence[str], compiled: bool) -> bytes:
    """Detector, model and tracked objects, as YAML with what one must know in comments.

    Args:
      model_file: its name in the bundle.
      input_size: height and width in pixels.
      labels: class names; Frigate tracks only `person` unless it is told otherwise, so they are all listed.
      compiled: for the Edge TPU; else Frigate runs it on the processor.
    """
    height, width = input_size
    tracked = "\n".join(f"    - {_quoted(label)}" for label in labels)
    return f"""\
# Copy {model_file} and {LABELS} to {_MODEL_CACHE}/, and this into Frigate's config.yml (0.14 or newer).
# Frigate takes the 20 best detections of a picture with scores of 0.4 and more. Unless objects.filters says otherwise,
# it needs a min_score of 0.5, and tracks an object once the median of its scores passes a threshold of 0.7.
{_attributes(labels)}detectors:
{_DETECTORS[compiled]}
model:
  path: {_MODEL_CACHE}/{model_file}
  labelmap_path: {_MODEL_CACHE}/{LABELS}
  width: {width}
  height: {height}
  input_tensor: nhwc
  input_pixel_format: rgb
  model_type: ssd
objects:
  track:
{tracked}
""".encode()


def _attributes(labels: Sequence[str]) -> str:
    found = [label for label in labels if label in _ATTRIBUTES]
    told = f"# {', '.join(found)}: to Frigate an attribute of a person or car, not tracked alone; name it otherwise.\n"
    return told if found else ""


def _quoted(label: str) -> str:
    """A JSON string is also a YAML string."""
    return json.dumps(label, ensure_ascii=False)
