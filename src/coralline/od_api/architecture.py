"""The preset that comes nearest to an SSD of the Object Detection API, and what of its shape it shares."""

from __future__ import annotations

import dataclasses
import math

from coralline.detector.presets import PRESETS, Preset
from coralline.od_api import anchors
from coralline.od_api.ledger import Leaf, Ledger

_SSD = "model.ssd."
_EXTRACTOR = f"{_SSD}feature_extractor."
_RESIZER = f"{_SSD}image_resizer."
_MULTISCALE = f"{_SSD}anchor_generator.multiscale_anchor_generator."
_SHARED_HEAD = f"{_SSD}box_predictor.weight_shared_convolutional_box_predictor."


@dataclasses.dataclass(frozen=True)
class _Family:
    """Feature extractors by parts of their names, and the corresponding backbone.

    `width` is that of a backbone of about as many multiply-adds: at 224 pixels, MobileNetV3-Small has 56 million and
    MobileNetV2 of width .35 has 59 (arxiv.org/abs/1905.02244, tables 4 and 5).
    """

    name: str
    backbone: str
    width: float = 1.0
    note: str = ""


_FAMILIES = (
    _Family("mobiledet_edgetpu", "MobileDetEdgeTPU"),
    _Family("mobiledet", "MobileDetEdgeTPU", note="the MobileDet that was made for the Edge TPU stands for it"),
    _Family("mobilenet_edgetpu", "MobileDetEdgeTPU", note="there is no MobileNetEdgeTPU; MobileDet comes nearest"),
    _Family("mobilenet_v3_small", "MobileNetV2", 0.35, "there is no MobileNetV3; MobileNetV2 stands for it"),
    _Family("mobilenet_v3", "MobileNetV2", note="there is no MobileNetV3; MobileNetV2 stands for it"),
    _Family("mobilenet_v2", "MobileNetV2"),
    _Family("mobilenet", "MobileNetV2", note="there is no MobileNetV1; MobileNetV2 stands for it"),
    _Family("", "MobileNetV2", note="there is no such backbone; MobileNetV2 stands for it"),
)
_DEMO = "demo_160"  # too small for anything else
# Fields with the meaning of a preset's attribute.
_SHARED = {
    f"{_MULTISCALE}min_level": "min_level",
    f"{_MULTISCALE}max_level": "max_level",
    f"{_EXTRACTOR}fpn.min_level": "min_level",
    f"{_EXTRACTOR}fpn.max_level": "max_level",
    f"{_EXTRACTOR}fpn.additional_layer_depth": "fpn_filters",
    f"{_SHARED_HEAD}depth": "head_filters",
    f"{_SHARED_HEAD}num_layers_before_predictor": "head_convs",
}


def carry(ledger: Ledger) -> Preset:
    """Carries over backbone, input size and anchors; gives the preset."""
    kind = ledger.text(f"{_EXTRACTOR}type")
    width = ledger.number(f"{_EXTRACTOR}depth_multiplier")
    sides = _sides(ledger)
    preset, note = _nearest(kind[1] if kind else "", width[1] if width else 1.0, max((s for _, s in sides), default=0))
    if kind:
        ledger.carry("model.preset", preset.name, kind[0], note=note)
    if width:
        _compare(ledger, [width[0]], preset, "width_multiplier")
    input_size = _carry_size(ledger, sides, preset) if sides else preset.input_size
    anchors.carry(ledger, preset, input_size)
    for path, attribute in _SHARED.items():
        _compare(ledger, ledger.all(path), preset, attribute)
    return preset


def _nearest(kind: str, multiplier: float, size: int) -> tuple[Preset, str]:
    """The preset, and a note if its backbone differs; a size of 0 is unknown."""
    family = next(family for family in _FAMILIES if family.name in kind)
    width = family.width * multiplier

    def distance(preset: Preset) -> tuple[float, float]:
        apart = abs(math.log(preset.width_multiplier / width)) if width > 0 else 0.0
        return round(apart, 3), abs(math.log(preset.input_size / size)) if size else 0.0

    presets = (preset for preset in PRESETS.values() if preset.backbone == family.backbone and preset.name != _DEMO)
    return min(presets, key=distance), family.note if kind else ""


def _sides(ledger: Ledger) -> list[tuple[Leaf, int]]:
    """The sides of the input in pixels, with their fields; none if images keep their sizes."""
    fixed = [f"{_RESIZER}fixed_shape_resizer.{side}" for side in ("height", "width")]
    keep = f"{_RESIZER}keep_aspect_ratio_resizer."
    sides = [ledger.whole(path, least=1) for path in (*fixed, f"{keep}max_dimension", f"{keep}min_dimension")]
    return [side for side in sides if side]


def _carry_size(ledger: Ledger, sides: list[tuple[Leaf, int]], preset: Preset) -> int:
    """Returns the size used here."""
    wanted, stride = max(side for _, side in sides), preset.coarsest_stride
    size = max(1, math.floor(wanted / stride + 0.5)) * stride
    notes = []
    if min(side for _, side in sides) != wanted:
        notes.append("the input is a square of the longer side")
    if size != wanted:
        notes.append(f"{wanted} isn't a multiple of {stride}, the coarsest stride of the preset; {size} is the nearest")
    if ledger.under(f"{_RESIZER}fixed_shape_resizer"):
        notes.append(
            "there images are stretched onto it; here they're scaled with their aspect kept, the rest is black"
        )
    ledger.carry("model.input_size", size, *(leaf for leaf, _ in sides), note="; ".join(notes))
    for leaf in ledger.all(f"{_RESIZER}keep_aspect_ratio_resizer.pad_to_max_dimension"):
        if leaf.value and leaf.value.flag():
            ledger.keep(leaf, "images are padded to the size of the input")
    return size


def _compare(ledger: Ledger, leaves: list[Leaf], preset: Preset, attribute: str) -> None:
    """Counts fields that agree with the preset as carried over, the others as left out."""
    ours = getattr(preset, attribute)
    for leaf in leaves:
        number = leaf.value.number() if leaf.value else None
        if number is not None and float(f"{number:.7g}") == ours:
            ledger.keep(leaf, f"the preset {preset.name} has it so")
        else:
            ledger.leave(leaf, f"it's part of the preset: {preset.name} has {ours:g}")
