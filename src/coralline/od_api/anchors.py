"""Anchors of the Object Detection API as RetinaNet's: one base size, a number of scales per octave, aspect ratios.

Its two generators that SSDs have, with the defaults of their fields: object_detection/protos/ssd_anchor_generator.proto
and multiscale_anchor_generator.proto; what they make of them: anchor_generators/multiple_grid_anchor_generator.py
(`create_ssd_anchors`) and multiscale_grid_anchor_generator.py. An aspect ratio is width over height there, too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from coralline.detector.presets import MOST_ANCHORS_PER_CELL, Preset
from coralline.foundation.progress import counted
from coralline.od_api.ledger import Leaf, Ledger

_GENERATOR = "model.ssd.anchor_generator."
_MULTISCALE = f"{_GENERATOR}multiscale_anchor_generator"
_SSD = f"{_GENERATOR}ssd_anchor_generator"
_ANCHOR_SCALE, _SCALES_PER_OCTAVE = 4.0, 2
_NUM_LAYERS, _MIN_SCALE, _MAX_SCALE = 6, 0.2, 0.95
_LOWEST_SCALE = 0.1  # of a square in the lowest layer, with `reduce_boxes_in_lowest_layer`
_MOST_SCALES = 3
_NOT_POSITIVE = "it isn't a positive number"


def carry(ledger: Ledger, preset: Preset, input_size: int) -> None:
    """Carries over the anchors.

    Args:
      ledger: of the file.
      preset: the anchors that hold if nothing is set.
      input_size: pixels.
    """
    if ledger.under(_MULTISCALE):
        _carry_multiscale(ledger, preset)
    elif ledger.under(_SSD):
        _carry_ssd(ledger, preset, input_size)


def _carry_multiscale(ledger: Ledger, preset: Preset) -> None:
    """Already RetinaNet's, stride by stride."""
    size, size_from = _positive(ledger, f"{_MULTISCALE}.anchor_scale", _ANCHOR_SCALE)
    scales, scales_from = _counted(ledger, f"{_MULTISCALE}.scales_per_octave", _SCALES_PER_OCTAVE)
    ratios, ratios_from = _ratios(ledger, _MULTISCALE, preset)
    _set(ledger, preset, "anchor_size", size, size_from)
    if scales * len(ratios) > MOST_ANCHORS_PER_CELL:
        _leave_too_many(ledger, (*scales_from, *ratios_from), scales, len(ratios))
        return
    _set(ledger, preset, "num_scales", scales, scales_from)
    _set(ledger, preset, "aspect_ratios", ratios, ratios_from)


def _carry_ssd(ledger: Ledger, preset: Preset, input_size: int) -> None:
    """Sizes grow linearly there, by octaves here: keeps the smallest anchor and the density of sizes."""
    smallest, largest, sizes, sizes_from = _layer_scales(ledger)
    ratios, ratios_from = _ratios(ledger, _SSD, preset)
    finest = 2**preset.min_level
    size = float(f"{smallest * input_size / finest:.2g}")
    octaves = math.log2(largest / smallest)
    dense = round((sizes - 1) / octaves) if octaves else 1
    scales = max(1, min(dense, _MOST_SCALES, MOST_ANCHORS_PER_CELL // len(ratios)))
    reach = size * preset.coarsest_stride * 2 ** ((scales - 1) / scales)
    note = (
        f"approximate: anchors grow by octaves here, from {size * finest:.0f} to {reach:.0f} pixels; there they grow "
        f"evenly, from {smallest * input_size:.0f} to {largest * input_size:.0f} at this input"
    )
    density = "approximate: about as many sizes in an octave as there"
    # Fields that lead to a setting are carried over, whether or not they lead to the preset's for another one, too.
    found = (("anchor_size", size, note), ("num_scales", scales, density))
    for name, value, why in sorted(found, key=lambda setting: getattr(preset, setting[0]) == setting[1]):
        _set(ledger, preset, name, value, sizes_from, why)
    if len(ratios) > MOST_ANCHORS_PER_CELL:
        _leave_too_many(ledger, ratios_from, scales, len(ratios))
    else:
        _set(ledger, preset, "aspect_ratios", ratios, ratios_from)


def _layer_scales(ledger: Ledger) -> tuple[float, float, int, list[Leaf]]:
    """Smallest and largest anchor side as shares of the input, the number of layers, and the fields."""
    reduced = ledger.first(f"{_SSD}.reduce_boxes_in_lowest_layer")
    flag = reduced.value.flag() if reduced and reduced.value else None
    shares = [] if flag is False else [_LOWEST_SCALE]
    leaves = [reduced] if reduced and flag is not None else []
    given = ledger.all(f"{_SSD}.scales")
    numbers = [leaf.value.number() if leaf.value else None for leaf in given]
    positive = [number for number in numbers if number is not None and number > 0]
    if positive and len(positive) == len(given):
        shares += positive
        return min(shares), max(shares), len(shares), [*given, *leaves]
    layers, layers_from = _counted(ledger, f"{_SSD}.num_layers", _NUM_LAYERS)
    least, least_from = _positive(ledger, f"{_SSD}.min_scale", _MIN_SCALE)
    most, most_from = _positive(ledger, f"{_SSD}.max_scale", _MAX_SCALE)
    fields = [*layers_from, *least_from, *most_from, *leaves]
    return min(*shares, least, most), max(least, most), len(shares) + layers, fields


def _ratios(ledger: Ledger, generator: str, preset: Preset) -> tuple[list[float], list[Leaf]]:
    """The aspect ratios without repeats, and their fields; the preset's if there are none."""
    found: dict[float, list[Leaf]] = {}
    for leaf in ledger.all(f"{generator}.aspect_ratios"):
        number = leaf.value.number() if leaf.value else None
        if number is None or number <= 0:
            ledger.leave(leaf, _NOT_POSITIVE)
        else:
            found.setdefault(float(f"{number:.7g}"), []).append(leaf)
    return list(found) or list(preset.aspect_ratios), [leaf for leaves in found.values() for leaf in leaves]


def _leave_too_many(ledger: Ledger, leaves: Sequence[Leaf], scales: int, ratios: int) -> None:
    why = (
        f"{counted(scales, 'scale')} with {counted(ratios, 'ratio')} are {scales * ratios} anchors in a cell; "
        f"there can be {MOST_ANCHORS_PER_CELL}"
    )
    for leaf in leaves:
        ledger.leave(leaf, why)


def _set(ledger: Ledger, preset: Preset, name: str, value: Any, leaves: Sequence[Leaf], note: str = "") -> None:
    """Sets what isn't the preset's."""
    ours = getattr(preset, name)
    if value == ours or (isinstance(ours, tuple) and sorted(value) == sorted(ours)):
        for leaf in leaves:
            ledger.keep(leaf, f"the preset {preset.name} has it so")
    else:
        ledger.carry(f"model.{name}", value, *leaves, note=note or ("" if leaves else "the default there"))


def _positive(ledger: Ledger, path: str, default: float) -> tuple[float, list[Leaf]]:
    """A field's number or its default, and the field if it is there."""
    found = ledger.number(path)
    if found and found[1] > 0:
        return found[1], [found[0]]
    if found:
        ledger.leave(found[0], _NOT_POSITIVE)
    return default, []


def _counted(ledger: Ledger, path: str, default: int) -> tuple[int, list[Leaf]]:
    found = ledger.whole(path, least=1)
    return (found[1], [found[0]]) if found else (default, [])
