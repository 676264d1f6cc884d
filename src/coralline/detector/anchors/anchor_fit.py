"""Which boxes no anchor of a preset matches."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from coralline.data.annotated_image import AnnotatedImage
from coralline.data.boxes import Boxes
from coralline.data.judging.problems import Problem
from coralline.detector.anchors import grid
from coralline.detector.presets import PRESETS, Preset
from coralline.foundation.progress import counted

_NAMED = 3


@dataclasses.dataclass(frozen=True)
class PresetFit:
    """How the boxes of a data set fit a preset.

    Attributes:
      preset: with the input size that was asked about.
      boxes: all of them.
      fit: of each.
    """

    preset: Preset
    boxes: Boxes
    fit: grid.Fit

    @classmethod
    def of(cls, boxes: Boxes, preset: Preset) -> PresetFit:
        """Holds them against the preset's anchors."""
        return cls(preset, boxes, grid.fit(_at_input(boxes, preset), preset))

    def at_input(self) -> np.ndarray:
        """The boxes as the model sees them: `[n, 4]` float32, xmin, ymin, xmax, ymax in pixels of the input."""
        return _at_input(self.boxes, self.preset)

    @property
    def unmatched(self) -> int:
        """How many boxes no anchor matches."""
        return int(self.fit.unmatched.sum())

    def reasons(self) -> dict[str, int]:
        """Unmatched boxes by why: "too small", "too large", "of another shape"; those that there are."""
        small, large = int(self.fit.too_small.sum()), int(self.fit.too_large.sum())
        counts = {"too small": small, "too large": large, "of another shape": self.unmatched - small - large}
        return {reason: count for reason, count in counts.items() if count}

    def smallest_first(self) -> np.ndarray:
        """Indexes of the unmatched boxes."""
        areas = self.boxes.widths * self.boxes.heights
        indexes = np.flatnonzero(self.fit.unmatched)
        return indexes[np.argsort(areas[indexes], kind="stable")]

    def size_at_input(self, index: int) -> str:
        """A box's size as the model sees it, for messages."""
        width, height = self.boxes.widths[index], self.boxes.heights[index]
        return f"{width * self.preset.input_size:.1f} x {height * self.preset.input_size:.1f}"


def _at_input(boxes: Boxes, preset: Preset) -> np.ndarray:
    return grid.letterboxed_boxes(boxes.xmin_ymin_xmax_ymax, boxes.longer_sides, preset)


def by_preset(boxes: Boxes) -> dict[str, PresetFit]:
    """Every preset at its own input size."""
    return {name: PresetFit.of(boxes, preset) for name, preset in PRESETS.items()}


def problem(of: PresetFit, images: Sequence[AnnotatedImage], fix: str) -> Problem | None:
    """One problem for all boxes that no anchor of a preset matches, at the smallest of them; None if there are none.

    Args:
      of: the preset that a run would train.
      images: the data set's.
      fix: what would help.
    """
    indexes = of.smallest_first()
    if not len(indexes):
        return None
    places = []
    for index in indexes[:_NAMED]:
        image = images[of.boxes.image_indexes[index]]
        o = image.objects[of.boxes.object_indexes[index]]
        place = image.annotation_path + (f":{o.line}" if o.line else "")
        places.append((image, o, f"{place} ({o.class_name}, {of.size_at_input(index)})"))
    image, o, _ = places[0]
    reasons = ", ".join(f"{count} {reason}" for reason, count in of.reasons().items())
    return Problem(
        "unmatched_box",
        image.annotation_path,
        f"{of.unmatched} of {counted(len(of.boxes), 'box')} match no anchor of {of.preset.name} at "
        f"{of.preset.input_size} pixels; {fix}",
        line=o.line,
        expected=f"an IoU of {grid.MATCH_IOU} with an anchor",
        found=f"{reasons}; the smallest, in pixels of the input: {', '.join(text for _, _, text in places)}",
        fix=fix,
        policy="keep",
        image=image.name,
        xmin_ymin_xmax_ymax=o.xmin_ymin_xmax_ymax,
    )


def table(fits: Mapping[str, PresetFit]) -> list[dict[str, Any]]:
    """A row for each preset, as the page shows it; sides in pixels of the input."""
    rows = []
    for name, of in fits.items():
        preset, sides = of.preset, [(width * height) ** 0.5 for width, height in grid.shapes(of.preset)]
        rows.append(
            {
                "name": name,
                "input_size": preset.input_size,
                "per_cell": preset.anchors_per_cell(),
                "smallest": min(sides),
                "largest": max(sides),
                "ratios": sorted(preset.aspect_ratios),
                "unmatched": of.unmatched,
                "reasons": of.reasons(),
                "mean_iou": of.fit.mean_iou,
            }
        )
    return rows
