"""The figures of the page, as numbers to draw: each is of a fixed size, however many boxes there are."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from coralline.data.annotated_image import AnnotatedImage
from coralline.data.boxes import Boxes
from coralline.detector.anchors import grid
from coralline.detector.anchors.anchor_fit import PresetFit

_SMALLEST_SIDE = 0.005
"""Share of the image's longer side at which the axes of `SizeChart` begin; smaller boxes stand at the edge."""
_CELLS = 46
_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_OCTAVES, _BARS_AN_OCTAVE = 3, 3
"""Aspect ratios from 1:8 to 8:1; longer ones stand at the edge."""
_SIZES_SHOWN = 8


@dataclasses.dataclass(frozen=True)
class Cell:
    """Boxes of nearly one size. x and y count cells from the smallest; strength is from 0 to 1."""

    x: int
    y: int
    strength: float
    title: str


@dataclasses.dataclass(frozen=True)
class SizeChart:
    """Width against height of boxes, both as shares of the image's longer side, on logarithmic axes.

    Attributes:
      cells: how many there are along an axis.
      boxes: cells with boxes.
      anchors: by preset, (x, y) in cells of every shape of anchor that isn't larger than the input.
      unmatched: by preset, cells with boxes that no anchor of it matches.
      ticks: (place in cells, label) along either axis.
    """

    cells: int
    boxes: list[Cell]
    anchors: dict[str, list[tuple[float, float]]]
    unmatched: dict[str, list[Cell]]
    ticks: list[tuple[float, str]]

    @classmethod
    def of(cls, boxes: Boxes, fits: Mapping[str, PresetFit]) -> SizeChart:
        """Of all boxes, against the presets."""
        return cls(
            cells=_CELLS,
            boxes=_cells(boxes.widths, boxes.heights),
            anchors={name: _anchors(of) for name, of in fits.items()},
            unmatched={
                name: _cells(boxes.widths[of.fit.unmatched], boxes.heights[of.fit.unmatched])
                for name, of in fits.items()
            },
            ticks=[(float(_place(tick)), f"{tick:.0%}") for tick in _TICKS],
        )


def _place(share: Any) -> Any:
    """A share's position on an axis, in cells."""
    return (1 - np.log(np.clip(share, _SMALLEST_SIDE, 1)) / np.log(_SMALLEST_SIDE)) * _CELLS


def _cells(widths: np.ndarray, heights: np.ndarray) -> list[Cell]:
    x, y = (np.minimum(_place(sides).astype(int), _CELLS - 1) for sides in (widths, heights))
    places, indexes, counts = np.unique(x * _CELLS + y, return_index=True, return_counts=True)
    most = counts.max(initial=1)
    return [
        Cell(
            int(place) // _CELLS,
            int(place) % _CELLS,
            float(0.25 + 0.75 * np.log1p(count) / np.log1p(most)),
            f"{count} about {widths[index]:.1%} wide, {heights[index]:.1%} high",
        )
        for place, index, count in zip(places, indexes, counts, strict=True)
    ]


def _anchors(of: PresetFit) -> list[tuple[float, float]]:
    size = of.preset.input_size
    shares = {(width / size, height / size) for width, height in grid.shapes(of.preset)}
    return sorted((float(_place(width)), float(_place(height))) for width, height in shares if max(width, height) <= 1)


@dataclasses.dataclass(frozen=True)
class Bar:
    """One bar of a histogram: its height from 0 to 1."""

    height: float
    title: str


@dataclasses.dataclass(frozen=True)
class RatioChart:
    """A histogram of aspect ratios.

    Attributes:
      bars: from tall to wide.
      ticks: (place in bars, label).
      anchors: by preset, places in bars of the aspect ratios that its anchors have.
    """

    bars: list[Bar]
    ticks: list[tuple[float, str]]
    anchors: dict[str, list[float]]

    @classmethod
    def of(cls, boxes: Boxes, fits: Mapping[str, PresetFit]) -> RatioChart:
        """Of all boxes, against the presets."""
        count = 2 * _OCTAVES * _BARS_AN_OCTAVE
        indexes = np.clip(_ratio_place(boxes.aspect_ratios), 0, count - 1).astype(int)
        counts = np.bincount(indexes, minlength=count)
        most = max(1, counts.max())
        return cls(
            bars=[Bar(float(n / most), f"{n} of {len(boxes)}") for n in counts],
            ticks=[(float(_ratio_place(2.0**octave)), _ratio(octave)) for octave in range(-_OCTAVES, _OCTAVES + 1)],
            anchors={
                name: [float(np.clip(_ratio_place(ratio), 0, count)) for ratio in of.preset.aspect_ratios]
                for name, of in fits.items()
            },
        )


def _ratio_place(ratio: Any) -> Any:
    return (np.log2(ratio) + _OCTAVES) * _BARS_AN_OCTAVE


def _ratio(octave: int) -> str:
    return f"{2 ** max(octave, 0)}:{2 ** max(-octave, 0)}"


def image_sizes(images: Sequence[AnnotatedImage]) -> dict[str, Any]:
    """The sizes that images have, for report.json: the most frequent ones, how many there are, and the extremes."""
    counts = collections.Counter((image.width, image.height) for image in images)
    by_area = sorted(counts, key=lambda size: size[0] * size[1])
    named = [
        {"width": width, "height": height, "images": count}
        for (width, height), count in counts.most_common(_SIZES_SHOWN)
    ]
    extremes = {"smallest": list(by_area[0]), "largest": list(by_area[-1])} if by_area else {}
    return {"different": len(counts), "most_frequent": named, **extremes}
