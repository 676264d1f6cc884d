"""Anchors that fit boxes, among those that RetinaNet can have: one base size, a few scales and ratios at all levels.

They are searched for, not clustered. K-means with 1 - IoU for a distance (YOLO's way, arxiv.org/abs/1612.08242, section
2) finds shapes that are free of each other and lie on their boxes; RetinaNet's are tied together, and lie on the cells
of a grid, which decides for small and for thin boxes. There are few ways to tie them, so all can be tried. Of boxes
held back, k-means leaves as many unmatched at best, and nearly twice as many of objects that are wide or tall:
`benchmarks/anchors.py`. No TensorFlow.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from coralline.detector.anchors import grid
from coralline.detector.presets import Preset

# Preferred numbers (ISO 3, R10): a third of an octave apart, and short to write.
_WIDE = (1.0, 1.25, 1.6, 2.0, 2.5, 3.2, 4.0, 5.0, 6.3, 8.0, 10.0, 12.5)
_RATIOS = (*(float(f"{1 / ratio:.2g}") for ratio in _WIDE[:0:-1]), *_WIDE)
_SQUARE = len(_RATIOS) // 2
_EVEN = tuple((_SQUARE - step, _SQUARE, _SQUARE + step) for step in range(1, _SQUARE + 1))
"""Triples of ratios evenly around 1, which adding one ratio after another would miss."""
_EVENNESS = 0.01
"""Their bonus, in mean best IoU: they also suit objects in other orientations than those seen."""
_STEPS = 6
"""Base sizes in an octave: what two and three scales divide."""
_SIDES = tuple(2 ** (step / _STEPS) for step in range(-2, 17 + _STEPS))
_BASES = _SIDES[:-_STEPS]
"""In strides. Smaller anchors leave gaps between cells; of larger ones a cell of a fine level doesn't see enough."""
_NUM_SCALES = (1, 2, 3)
_MOST_A_CELL = 12
_A_MATCH = 2.0
"""What a match of all boxes is worth, in mean best IoU."""
_AN_ANCHOR, _ONE_MORE = 0.002, 0.01
"""What an anchor in a cell must gain in that, and one more than the cell has now."""
_SAMPLE, _LEAST_SAMPLE, _MOST_COPIES = 2000, 125, 16


def fitting(preset: Preset, boxes_xmin_ymin_xmax_ymax: np.ndarray) -> Preset:
    """The preset with the anchors that fit boxes best: most are matched, at a good IoU, by few anchors.

    Args:
      preset: its levels and its input stay.
      boxes_xmin_ymin_xmax_ymax: `[n, 4]` float32, pixels of the input, with an area; at least one.
    """
    ious = _ious(_sample(boxes_xmin_ymin_xmax_ymax, preset), preset)
    now = preset.anchors_per_cell()
    found = max(
        (_best_ratios(ious, scales, base, now) for scales in _NUM_SCALES for base in range(len(_BASES))), key=_worth
    )
    return dataclasses.replace(
        preset,
        anchor_size=float(f"{_BASES[found.base]:.2g}"),
        num_scales=found.scales,
        aspect_ratios=tuple(sorted(_RATIOS[ratio] for ratio in found.ratios)),
    )


def _sample(boxes: np.ndarray, preset: Preset) -> np.ndarray:
    """Some of the boxes as training sees them, at random scales; a few boxes are taken several times.

    The order of boxes doesn't matter, so that a run does what was announced before it.
    """
    rng = np.random.default_rng(0)
    boxes = np.round(boxes, 1)
    boxes = boxes[np.lexsort(boxes.T)]
    chosen = boxes[rng.permutation(len(boxes))[:_SAMPLE]]
    copies = min(_MOST_COPIES, -(-_LEAST_SAMPLE // len(chosen)))
    chosen = np.tile(chosen, (copies, 1))
    least, greatest = np.log(preset.scale_jitter)
    scales = np.exp(rng.uniform(least, greatest, (len(chosen), 1)))
    scaled: np.ndarray = (chosen * scales).astype(np.float32)
    return scaled


def _ious(boxes: np.ndarray, preset: Preset) -> np.ndarray:
    """`[sides, ratios, n]`: best IoU of a box with an anchor of that side, in strides, and ratio, at any level."""
    roots = np.sqrt(np.array(_RATIOS, np.float32))[:, None]
    best = np.zeros((len(_SIDES), len(_RATIOS), len(boxes)), np.float32)
    for level in grid.levels(preset):
        nearest = grid.NearestCells(boxes.T, level)
        for of_side, side in zip(best, _SIDES, strict=True):
            pixels = np.float32(side * level.stride)
            np.maximum(of_side, nearest.ious(pixels / roots, pixels * roots), out=of_side)
    return best


@dataclasses.dataclass(frozen=True)
class _Choice:
    scales: int
    base: int
    ratios: tuple[int, ...]
    worth: float


def _worth(choice: _Choice) -> float:
    return choice.worth


def _best_ratios(ious: np.ndarray, scales: int, base: int, anchors_now: int) -> _Choice:
    """The best ratios for a base and a number of scales: added one after the other, or lying evenly around 1."""
    of_ratios = ious[[base + _STEPS * scale // scales for scale in range(scales)]].max(axis=0)
    best = np.zeros(of_ratios.shape[1], np.float32)
    ratios: tuple[int, ...] = ()
    choices = []
    for count in range(scales, _MOST_A_CELL + 1, scales):
        with_one_more = np.maximum(best, of_ratios)
        worth = _A_MATCH * (with_one_more >= grid.MATCH_IOU).mean(axis=1) + with_one_more.mean(axis=1)
        added = int(worth.argmax())
        best, ratios = with_one_more[added], (*ratios, added)
        choices.append(_Choice(scales, base, ratios, float(worth[added]) - _cost(count, anchors_now)))
    for ratios in _EVEN:
        if (count := scales * len(ratios)) <= _MOST_A_CELL:
            best = of_ratios[list(ratios)].max(axis=0)
            worth_of_all = _A_MATCH * float((best >= grid.MATCH_IOU).mean()) + float(best.mean()) + _EVENNESS
            choices.append(_Choice(scales, base, ratios, worth_of_all - _cost(count, anchors_now)))
    return max(choices, key=_worth)


def _cost(count: int, anchors_now: int) -> float:
    """The cost of that many anchors per cell, in mean best IoU."""
    return _AN_ANCHOR * min(count, anchors_now) + _ONE_MORE * max(0, count - anchors_now)
