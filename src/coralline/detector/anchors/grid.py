"""Anchors of a preset, and how well boxes fit them. No TensorFlow: `check` and the data report want to know.

The numbers are those of Model Garden's `Anchor` (official/vision/ops/anchor.py, 2.16), in the same float32 steps; a
test holds the two against each other.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator

import numpy as np

from coralline.detector.presets import Preset

MATCH_IOU = 0.5
"""IoU from which an anchor is trained to find a box.

The default of Model Garden's `AnchorLabeler` (official/vision/ops/anchor.py), whose matcher also forces each box onto
its one best anchor (`force_match_for_each_col`, official/vision/ops/box_matcher.py). A box below this IoU has that
single anchor, which has far to reach and may go to another box nearby.
"""

_CHUNK = 8192
"""Boxes looked at together: what fits the processor's cache is twice as fast."""


@dataclasses.dataclass(frozen=True)
class Level:
    """The anchors of one feature level.

    Attributes:
      stride: pixels between two cells; the first one's centre is half a stride from the input's edge.
      cells: along either side of the input.
      heights: `[anchors a cell]` float32, pixels.
      widths: `[anchors a cell]` float32, pixels.
    """

    stride: int
    cells: int
    heights: np.ndarray
    widths: np.ndarray


@dataclasses.dataclass(frozen=True)
class Fit:
    """How boxes fit the anchors of a preset.

    Attributes:
      ious: `[n]` float32, the best IoU of each box with any anchor.
      too_small: `[n]` bool, unmatched because no anchor is small enough wherever it lies.
      too_large: `[n]` bool, unmatched because no anchor is large enough wherever it lies.
    """

    ious: np.ndarray
    too_small: np.ndarray
    too_large: np.ndarray

    @property
    def mean_iou(self) -> float:
        """Of the best IoUs; 1 without boxes."""
        return float(self.ious.mean()) if len(self.ious) else 1.0

    @property
    def unmatched(self) -> np.ndarray:
        """`[n]` bool: no anchor reaches `MATCH_IOU`."""
        return self.ious < MATCH_IOU


@functools.cache
def levels(preset: Preset) -> tuple[Level, ...]:
    """Feature levels in rising order."""
    return tuple(_level(preset, 2**level) for level in range(preset.min_level, preset.max_level + 1))


def _level(preset: Preset, stride: int) -> Level:
    scales = [np.float32(2 ** (scale / preset.num_scales)) for scale in range(preset.num_scales)]
    sides = [np.float32(preset.anchor_size) * np.float32(stride) * scale for scale in scales]
    pairs = [(side, ratio) for side in sides for ratio in preset.aspect_ratios]
    return Level(
        stride=stride,
        cells=preset.input_size // stride,
        heights=np.array([side * np.float32(ratio**-0.5) for side, ratio in pairs], np.float32),
        widths=np.array([side * np.float32(ratio**0.5) for side, ratio in pairs], np.float32),
    )


def ymin_xmin_ymax_xmax(preset: Preset) -> np.ndarray:
    """`[anchors, 4]` float32, pixels of the input: levels in rising order, cells row by row, anchors of a cell."""
    return np.concatenate([_boxes(level) for level in levels(preset)])


def _boxes(level: Level) -> np.ndarray:
    centres = (np.arange(level.cells, dtype=np.float32) + np.float32(0.5)) * np.float32(level.stride)
    y, x = (grid.reshape(-1, 1) for grid in np.meshgrid(centres, centres, indexing="ij"))
    half_height, half_width = level.heights / np.float32(2), level.widths / np.float32(2)
    return np.stack([y - half_height, x - half_width, y + half_height, x + half_width], axis=-1).reshape(-1, 4)


def letterboxed_boxes(boxes_xmin_ymin_xmax_ymax: np.ndarray, longer_sides: np.ndarray, preset: Preset) -> np.ndarray:
    """Boxes in pixels of the input, into which images are fitted at the top left (`coralline.detector.inputs`).

    Args:
      boxes_xmin_ymin_xmax_ymax: `[n, 4]`, pixels of the upright image.
      longer_sides: `[n]`, the longer side of each box's image in pixels.
      preset: how large the input is.

    Returns:
      `[n, 4]` float32, in the same order of corners.
    """
    scales = preset.input_size / np.asarray(longer_sides, np.float32)
    return (np.asarray(boxes_xmin_ymin_xmax_ymax, np.float32).reshape(-1, 4) * scales[:, None]).astype(np.float32)


def fit(boxes_xmin_ymin_xmax_ymax: np.ndarray, preset: Preset) -> Fit:
    """Holds boxes against all anchors.

    Of anchors of one shape, the one whose centre is nearest overlaps a box most, in either direction by itself. So one
    anchor of each shape is enough, not each of the tens of thousands.

    Args:
      boxes_xmin_ymin_xmax_ymax: `[n, 4]` float32, pixels of the input, with an area.
      preset: its anchors.
    """
    boxes = np.asarray(boxes_xmin_ymin_xmax_ymax, np.float32).reshape(-1, 4)
    chunks = [_best_ious(boxes[begin : begin + _CHUNK].T, preset) for begin in range(0, len(boxes), _CHUNK)]
    ious = np.concatenate([np.zeros(0, np.float32), *chunks])
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    anchor_areas = np.concatenate([level.heights * level.widths for level in levels(preset)])
    return Fit(ious, areas < MATCH_IOU * anchor_areas.min(), areas * MATCH_IOU > anchor_areas.max())


def _best_ious(corners: np.ndarray, preset: Preset) -> np.ndarray:
    best = np.zeros(corners.shape[1], np.float32)
    for level in levels(preset):
        nearest = NearestCells(corners, level)
        for height, width in zip(level.heights, level.widths, strict=True):
            np.maximum(best, nearest.ious(height, width), out=best)
    return best


class NearestCells:
    """Boxes at a level, each with the cell whose centre is nearest to it."""

    def __init__(self, corners: np.ndarray, level: Level):
        """Takes `[4, n]` float32, xmin, ymin, xmax, ymax in pixels of the input."""
        self._xmin, self._ymin, self._xmax, self._ymax = corners
        self._x = _nearest_centres(self._xmin, self._xmax, level)
        self._y = _nearest_centres(self._ymin, self._ymax, level)
        self._areas = (self._xmax - self._xmin) * (self._ymax - self._ymin)

    def ious(self, height: np.ndarray, width: np.ndarray) -> np.ndarray:
        """IoU of each box with an anchor of this shape in its cell; several shapes broadcast against `[n]` boxes."""
        across = _overlap(self._xmin, self._xmax, self._x, width)
        across *= _overlap(self._ymin, self._ymax, self._y, height)
        ious: np.ndarray = across / (self._areas + height * width - across)
        return ious


def _nearest_centres(low: np.ndarray, high: np.ndarray, level: Level) -> np.ndarray:
    cells = np.clip((low + high) // (2 * level.stride), 0, level.cells - 1)
    return ((cells + np.float32(0.5)) * np.float32(level.stride)).astype(np.float32)


def _overlap(low: np.ndarray, high: np.ndarray, centre: np.ndarray, length: np.ndarray) -> np.ndarray:
    half = length / np.float32(2)
    return np.maximum(np.minimum(high, centre + half) - np.maximum(low, centre - half), np.float32(0))


def shapes(preset: Preset) -> Iterator[tuple[float, float]]:
    """(width, height) in pixels of every shape of anchor."""
    for level in levels(preset):
        yield from zip(level.widths.tolist(), level.heights.tolist(), strict=True)
