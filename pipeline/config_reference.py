"""Writes docs/configuration.md from `pipeline/config.py`: every setting with its default and its reason.

    python -m pipeline.config_reference > docs/configuration.md

A test keeps the page equal to what this prints.
"""

from __future__ import annotations

import sys
import types
import typing
from typing import Any

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from coralline.detector.presets import PRESETS, Preset, PublicWeights
from pipeline.config import Config

_HEAD = """\
# Settings

This page is generated from `pipeline/config.py` by `python -m pipeline.config_reference > docs/configuration.md`.

Settings are written as YAML and named with `--config FILE`; `--set section.key=value` changes one of them. An unknown
key is an error that names the nearest valid one. Each section goes to the component of that concern, which runs again
when a setting in it has changed; what doesn't depend on it is reused.

```yaml
data:
  path: ~/pictures/raccoons
model:
  preset: mobilenet_v2_256
  warm_start: ~/models/tf2_mobilenet_v2_1.0_224_ptq.tflite
evaluate:
  min_ap50: 0.6
```
"""

_SECTION_NOTES = {
    "train": "Where the default is empty, the preset's value holds (see [Presets](#presets)).",
    "augment": "What is done at random to training images, in this order: policy, flips, crop, brightness, contrast, "
    "saturation, hue, compression, zoom. All of it follows from `train.seed`.",
    "evaluate": "A model is blessed when the int8 file passes every threshold; `null` switches one off.",
    "edgetpu": "What the Edge TPU takes is predicted, or said by the compiler where there is one.",
    "deployment": "For pipelines that run on a cluster; local runs don't look at them.",
}

_NAMES: dict[Any, str] = {str: "text", int: "whole number", float: "number", bool: "true or false"}
_PRESET_ROWS: tuple[tuple[str, str], ...] = (
    ("input, pixels", "input_size"),
    ("backbone", "backbone"),
    ("its width", "width_multiplier"),
    ("coarsest stride, pixels", "coarsest_stride"),
    ("`model.anchor_size`", "anchor_size"),
    ("`model.num_scales`", "num_scales"),
    ("`model.aspect_ratios`", "aspect_ratios"),
    ("`train.float_steps`", "float_steps"),
    ("or epochs, where these are more", "float_epochs"),
    ("up to steps", "most_float_steps"),
    ("`train.qat_steps`", "qat_steps"),
    ("`train.batch_size`", "batch_size"),
    ("`train.learning_rate`", "learning_rate"),
    ("`train.qat_learning_rate`", "qat_learning_rate"),
)


def page() -> str:
    """The whole page, Markdown."""
    sections = {
        name: field.annotation
        for name, field in Config.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    }
    top = {name: field for name, field in Config.model_fields.items() if name not in sections}
    parts = [_HEAD, "## Top level\n", _table(top)]
    for name, section in sections.items():
        parts.append(f"## {name}\n")
        if name in _SECTION_NOTES:
            parts.append(f"{_SECTION_NOTES[name]}\n")
        parts.append(_table(section.model_fields))
    presets = list(PRESETS.values())
    return "\n".join([*parts, "## Presets\n", _presets(presets), "## Public weights\n", _public_weights(presets)])


def _table(fields: dict[str, FieldInfo]) -> str:
    rows = ["| key | values | default | meaning |", "|---|---|---|---|"]
    for name, field in fields.items():
        cells = (f"`{name}`", _values(field), _default(field.default), field.description or "")
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows) + "\n"


def _values(field: FieldInfo) -> str:
    """What a setting may be, in words: its type, and its bounds."""
    words = [_type(field.annotation)]
    bounds = {"gt": "above {}", "ge": "at least {}", "lt": "below {}", "le": "at most {}"}
    for constraint in field.metadata:
        words += [
            text.format(value) for key, text in bounds.items() if (value := getattr(constraint, key, None)) is not None
        ]
    return ", ".join(words)


def _type(annotation: Any) -> str:
    kind = typing.get_origin(annotation)
    if kind is typing.Literal:
        return ", ".join(f"`{value}`" for value in typing.get_args(annotation))
    if kind in (types.UnionType, typing.Union):
        return _type(next(part for part in typing.get_args(annotation) if part is not type(None)))
    if kind is list:
        return f"list of {_NAMES[typing.get_args(typing.get_args(annotation)[0])[0]]}s"
    if kind is tuple:
        return f"[{', '.join(map(_type, typing.get_args(annotation)))}]"
    return _NAMES[annotation]


def _default(value: Any) -> str:
    if value is None or value == "":
        return ""
    return f"`{yaml.safe_dump(value).splitlines()[0]}`"


def _presets(presets: list[Preset]) -> str:
    lines = [f"- `{preset.name}`: {preset.summary}" for preset in presets]
    lines += [
        "",
        "| | " + " | ".join(f"`{preset.name}`" for preset in presets) + " |",
        "|---" * (1 + len(presets)) + "|",
    ]
    for title, attribute in _PRESET_ROWS:
        values = [getattr(preset, attribute) for preset in presets]
        cells = [_cell(value) for value in values]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_cell, value))
    return value if isinstance(value, str) else f"{value:g}"


def _public_weights(presets: list[Preset]) -> str:
    """What others have published for the presets' backbones, with the presets that may begin with it."""
    takers: dict[PublicWeights, list[str]] = {}
    for preset in presets:
        for weights in preset.warm_starts:
            takers.setdefault(weights, []).append(f"`{preset.name}`")
    lines = [
        "Published by others for the presets' backbones. `model.warm_start` takes the address of a single file, with",
        "its SHA-256 in `model.warm_start_sha256`.",
        "",
        "| trained on, by, as | where | for |",
        "|---|---|---|",
    ]
    lines += [f"| {weights.name} | `{weights.address}` | {', '.join(names)} |" for weights, names in takers.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
