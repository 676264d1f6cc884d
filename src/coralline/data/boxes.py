"""All boxes of a data set as arrays, for figures over them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from coralline.data.annotated_image import AnnotatedImage

_PERCENTILES = {"least_tenth": 10, "median": 50, "greatest_tenth": 90}


@dataclasses.dataclass(frozen=True)
class Boxes:
    """Boxes and their images.

    Attributes:
      xmin_ymin_xmax_ymax: `[n, 4]` float32, pixels of the upright image.
      longer_sides: `[n]` float32, of each box's image, pixels: what the model's input is fitted to.
      image_indexes: `[n]`, which of the images each box is in.
      object_indexes: `[n]`, which of that image's objects it is.
    """

    xmin_ymin_xmax_ymax: np.ndarray
    longer_sides: np.ndarray
    image_indexes: np.ndarray
    object_indexes: np.ndarray

    @classmethod
    def of(cls, images: Sequence[AnnotatedImage]) -> Boxes:
        """Those of a data set."""
        counts = [len(image.objects) for image in images]
        corners = [o.xmin_ymin_xmax_ymax for image in images for o in image.objects]
        sides = [max(image.width, image.height) for image in images]
        return cls(
            np.array(corners, np.float32).reshape(-1, 4),
            np.repeat(np.array(sides, np.float32), counts),
            np.repeat(np.arange(len(images)), counts),
            np.array([number for count in counts for number in range(count)], np.int64),
        )

    def some(self, most: int, first: np.ndarray | None = None) -> Boxes:
        """A fixed random sample of that size; all of them if there are no more.

        Args:
          most: how many.
          first: `[n]` bool, those that are taken before any other; None: none is.
        """
        if len(self) <= most:
            return self
        order = np.random.default_rng(0).permutation(len(self))
        if first is not None:
            order = np.concatenate([order[first[order]], order[~first[order]]])
        chosen = np.sort(order[:most])
        return Boxes(*(getattr(self, field.name)[chosen] for field in dataclasses.fields(self)))

    def __len__(self) -> int:
        return len(self.longer_sides)

    @property
    def widths(self) -> np.ndarray:
        """`[n]`, as a share of the longer side of the image."""
        return (self.xmin_ymin_xmax_ymax[:, 2] - self.xmin_ymin_xmax_ymax[:, 0]) / self.longer_sides

    @property
    def heights(self) -> np.ndarray:
        """`[n]`, as a share of the longer side of the image."""
        return (self.xmin_ymin_xmax_ymax[:, 3] - self.xmin_ymin_xmax_ymax[:, 1]) / self.longer_sides

    @property
    def aspect_ratios(self) -> np.ndarray:
        """`[n]`, width over height."""
        return self.widths / self.heights

    def figures(self) -> dict[str, Any]:
        """How large boxes are (the root of their area, as a share of the image's longer side), and of what shape."""
        return {
            "box_sizes": _spread(np.sqrt(self.widths * self.heights)),
            "aspect_ratios": _spread(self.aspect_ratios),
        }


def _spread(values: np.ndarray) -> dict[str, float] | None:
    if not len(values):
        return None
    return {name: round(float(np.percentile(values, percentile)), 4) for name, percentile in _PERCENTILES.items()}
