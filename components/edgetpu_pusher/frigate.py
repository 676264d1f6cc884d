"""The part of Frigate's configuration that uses a published model, in its older and its newest form.

Sources, all of blakeblackshear/frigate. Older form: docs/docs/configuration/{object_detectors,reference}.md of 0.14 to
0.18 and frigate/detectors/detector_config.py, which refuses unknown keys. Newest form, `models` in place of `detectors`
and `model`: docs/docs/configuration/object_detectors.md ("Configuring models and hardware") and
docs/data/object_detectors_models.yaml of the development branch, where the version is 0.19; its `migrate_models` in
frigate/util/config.py turns the older form into it when Frigate starts. `load_labels` in frigate/util/builtin.py reads
the labels file. What becomes of scores: 0.4 in frigate/detectors/plugins/edgetpu_tfl.py, frigate/detectors/
detector_utils.py and `RemoteObjectDetector.detect` in frigate/object_detection/base.py; `min_score` in
frigate/util/object.py, `threshold` and the median in frigate/track/tracked_object.py, and
docs/docs/configuration/object_filters.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from coralline.publishing.bundle import FRIGATE, FRIGATE_NEWEST, LABELS

_MODEL_CACHE = "/config/model_cache"
_DETECTORS = {
    True: "  coral:\n    type: edgetpu\n    device: usb  # or pci",
    False: "  cpu1:  # not compiled for the Edge TPU: slow, for trying it out\n    type: cpu\n    num_threads: 2",
}
_DEVICES = {
    True: "      - edgetpu:usb  # or edgetpu:pci",
    False: "      - cpu  # not compiled for the Edge TPU: slow, for trying it out",
}
_VERSIONS = {
    FRIGATE: f"0.14 to 0.18; newer ones turn it into what {FRIGATE_NEWEST} holds",
    FRIGATE_NEWEST: f"0.19 or newer; {FRIGATE} is for older ones",
}
# Looked for on persons and vehicles, never tracked alone: DEFAULT_ATTRIBUTE_LABEL_MAP in frigate/const.py, without the
# names of couriers.
_ATTRIBUTES = ("face", "license_plate")
_NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""What JSON leaves as it is in a string and YAML 1.1 doesn't (production c-printable, and its line breaks)."""


def configurations(
    model_file: str,
    input_size: Sequence[int],
    labels: Sequence[str],
    compiled: bool,
    thresholds: Mapping[str, Mapping[str, Any] | None],
) -> dict[str, bytes]:
    """Model and tracked objects with their scores, as YAML with what one must know in comments.

    Args:
      model_file: its name in the bundle.
      input_size: height and width in pixels.
      labels: class names; Frigate tracks only `person` unless it is told otherwise, so they are all listed.
      compiled: for the Edge TPU; else Frigate runs it on the processor.
      thresholds: of each class what `ScoreThreshold.as_json` gives, or None if nothing of it was found.

    Returns:
      The content by file name: both forms.
    """
    known = {label: of for label in labels if (of := thresholds.get(label)) is not None}
    keys = [
        f"path: {_MODEL_CACHE}/{model_file}",
        f"labelmap_path: {_MODEL_CACHE}/{LABELS}",
        f"width: {input_size[1]}",
        f"height: {input_size[0]}",
        "input_tensor: nhwc",
        "input_pixel_format: rgb",
        "model_type: ssd",
    ]
    older = ["detectors:", _DETECTORS[compiled], "model:", *(f"  {key}" for key in keys)]
    newest = ["models:", "  - devices:", _DEVICES[compiled], *(f"    {key}" for key in keys)]
    return {
        name: "\n".join([
            f"# Copy {model_file} and {LABELS} to {_MODEL_CACHE}/, and this into Frigate's config.yml",
            f"# ({_VERSIONS[name]}).",
            *_comments(labels, known),
            *model,
            "objects:",
            "  track:",
            *(f"    - {_quoted(label)}" for label in labels),
            *_filters(known),
            "",
        ]).encode()
        for name, model in ((FRIGATE, older), (FRIGATE_NEWEST, newest))
    }  # fmt: skip


def _comments(labels: Sequence[str], known: Mapping[str, Mapping[str, Any]]) -> list[str]:
    unknown = [_quoted(label) for label in labels if label not in known]
    attributes = [label for label in labels if label in _ATTRIBUTES]
    lines = ["Frigate takes the 20 best detections of a picture, with scores of 0.4 and more."]
    if known:
        lines += [
            _lost(known),
            "min_score and threshold of a class are the score with the best balance of found and false (F1) in the",
            "evaluation. Frigate drops a detection below min_score, and shows an object once the median of its scores",
            "has come to threshold.",
        ]
    if unknown:
        which = f"for {', '.join(unknown)}" if known else "here"
        lines.append(f"There are no scores {which}, as the evaluation found nothing: Frigate's own hold, 0.5 and 0.7.")
    if attributes:
        told = "to Frigate an attribute of a person or car, not tracked alone; name it otherwise."
        lines.append(f"{', '.join(attributes)}: {told}")
    return [f"# {line}" for line in lines]


def _lost(known: Mapping[str, Mapping[str, Any]]) -> str:
    """What its floor costs, in a sentence."""
    found = sum(of["found"] for of in known.values())
    lost = sum(of["below_frigate_floor"] for of in known.values())
    what = f"Of the {found} boxes that the evaluation found from the scores below on,"
    if not lost:
        return f"{what} it sees all."
    if lost == 1:
        return f"{what} 1 has a score below 0.4: Frigate doesn't see it."
    return f"{what} {lost} have scores below 0.4: Frigate doesn't see them."


def _filters(known: Mapping[str, Mapping[str, Any]]) -> list[str]:
    lines = ["  filters:"] if known else []
    for label, of in known.items():
        figures = f"precision {of['precision']:.2f}, recall {of['recall']:.2f}"
        lines += [
            f"    {_quoted(label)}:",
            f"      min_score: {of['score']:g}  # {figures}",
            f"      threshold: {of['score']:g}",
        ]
    return lines


def _quoted(label: str) -> str:
    """A JSON string is also a YAML string, but for some characters."""
    escaped = json.dumps(label, ensure_ascii=False)
    return _NOT_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", escaped)
