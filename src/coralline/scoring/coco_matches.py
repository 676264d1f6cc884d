"""What COCO's matching found, as arrays: figures of the images as they are, or of images drawn again and again.

A figure asks only for each image's weight: 1 as it is, or how often a resample drew it. So one matching serves every
resample. The steps are those of `accumulate` in pycocotools (cocoeval.py, 2.0.11), for many weightings at once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import scipy.sparse

IOU_THRESHOLDS = np.linspace(0.5, 0.95, 10)
RECALL_POINTS = np.linspace(0, 1, 101)
AREAS = ("all", "small", "medium", "large")
"""COCO's ranges of a box's area: small up to 32^2 pixels, medium up to 96^2 (https://cocodataset.org/#detection-eval)."""

_CELLS_AT_ONCE = 2_000_000  # weightings x detections in memory: 16 MB an array


@dataclasses.dataclass(frozen=True)
class AreaMatches:
    """What detections of one class are worth when boxes of one range of areas count.

    Attributes:
      right: bool [IoU thresholds, n]: found a box that counts.
      counted: bool [IoU thresholds, n]: right or wrong; not one that found a box that doesn't count, nor one outside
        the range that found nothing.
      boxes: int [images]: boxes that count.
    """

    right: np.ndarray
    counted: np.ndarray
    boxes: np.ndarray


@dataclasses.dataclass(frozen=True)
class ClassMatches:
    """All detections of one class, strongest first.

    Attributes:
      scores: float64 [n]; images: int [n], each one's image; ranks: int [n], its place among the detections of its
        image and class, from 0.
      areas: {name in `AREAS`: matches}.
    """

    scores: np.ndarray
    images: np.ndarray
    ranks: np.ndarray
    areas: dict[str, AreaMatches]

    def average_precisions(self, area: str, weights: np.ndarray) -> np.ndarray:
        """AP at each IoU threshold under each weighting of the images.

        Args:
          area: of `AREAS`.
          weights: int [weightings, images].

        Returns:
          float64 [weightings, IoU thresholds]; NaN where the images hold no box that counts.
        """
        curves = _WeightedCurves(self.areas[area], self.images)
        at_once = max(1, _CELLS_AT_ONCE // max(curves.longest, 1))
        parts = range(0, len(weights), at_once)
        return np.concatenate([curves.average_precisions(weights[start : start + at_once]) for start in parts])

    def recalls(self, most: int, weights: np.ndarray) -> np.ndarray:
        """The share of boxes found at each IoU threshold when only the `most` strongest detections of an image count.

        Returns:
          float64 [weightings, IoU thresholds]; NaN where the images hold no box.
        """
        of = self.areas["all"]
        right = of.right & (self.ranks < most)
        found = np.stack([np.bincount(self.images[row], minlength=len(of.boxes)) for row in right])
        concerned = np.flatnonzero(of.boxes)  # what is found is a box
        weights, found = weights[:, concerned], found[:, concerned]
        boxes = weights @ of.boxes[concerned]
        return np.where(boxes > 0, (weights @ found.T).T / np.maximum(boxes, 1), np.nan).T


@dataclasses.dataclass(frozen=True)
class CocoMatches:
    """One model's detections matched with ground truth.

    Attributes:
      classes: {class's name: its matches}, in the label map's order.
      images: how many were evaluated.
    """

    classes: dict[str, ClassMatches]
    images: int

    def average_precisions(self, area: str, weights: np.ndarray) -> np.ndarray:
        """AP of each class, float64 [classes, weightings, IoU thresholds]; NaN without a box that counts."""
        return np.stack([of.average_precisions(area, weights) for of in self.classes.values()])

    def of_class(self, name: str) -> CocoMatches:
        """One class alone."""
        return CocoMatches({name: self.classes[name]}, self.images)

    def of_classes(self, names: Sequence[str]) -> CocoMatches:
        """Some of the classes."""
        return CocoMatches({name: self.classes[name] for name in names}, self.images)

    def of_area(self, area: str) -> CocoMatches:
        """With only boxes of one range of areas: what is "all" then."""
        return CocoMatches(
            {
                name: dataclasses.replace(of, areas=of.areas | {"all": of.areas[area]})
                for name, of in self.classes.items()
            },
            self.images,
        )

    def recalls(self, most: int, weights: np.ndarray) -> np.ndarray:
        """As `ClassMatches.recalls`, float64 [classes, weightings, IoU thresholds]."""
        return np.stack([of.recalls(most, weights) for of in self.classes.values()])


def mean_over(values: np.ndarray, axis: int | Sequence[int]) -> np.ndarray:
    """The mean of what isn't NaN; NaN where there is nothing (as COCO's summary leaves out absent classes)."""
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    known = ~np.isnan(values)
    count = known.sum(axis=axes)
    total = np.where(known, values, 0).sum(axis=axes)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


class _WeightedCurves:
    """Precision and recall of one class at each detection that is right, under any weighting of the images.

    Images with neither a box nor a detection of the class, most images where there are many classes, are left aside.
    Detections between two right ones are added up image by image, in a sparse product: one that is wrong costs a
    multiplication a weighting. Most are counted at every IoU threshold, and are added up once for all.
    """

    def __init__(self, of: AreaMatches, images: np.ndarray):
        self._concerned = np.union1d(np.flatnonzero(of.boxes), images)
        self._boxes, images = of.boxes[self._concerned], np.searchsorted(self._concerned, images)
        ever_right, always = np.flatnonzero(of.right.any(axis=0)), of.counted.all(axis=0)
        self.longest = len(ever_right)
        self._always = self._up_to(ever_right, always, images)
        self._at_iou = []
        for right, counted in zip(of.right, of.counted, strict=True):
            rows = np.flatnonzero(right)
            sometimes = self._up_to(rows, counted & ~always, images)
            self._at_iou.append((np.searchsorted(ever_right, rows), images[rows], sometimes))

    def average_precisions(self, weights: np.ndarray) -> np.ndarray:
        """As `ClassMatches.average_precisions`."""
        weights = weights[:, self._concerned]
        boxes = weights @ self._boxes
        reached, starts = _recall_points_reached(boxes)
        by_weighting = np.ascontiguousarray(weights.T, np.float32)
        shown_always = _running_totals(self._always, by_weighting)
        result = np.zeros((len(weights), len(self._at_iou)))
        for index, (places, images, sometimes) in enumerate(self._at_iou):
            found = np.cumsum(weights[:, images], axis=1, dtype=np.int32)
            shown = np.take(shown_always, places, axis=1)
            if sometimes.nnz:
                shown += _running_totals(sometimes, by_weighting)
            precision = np.divide(found, np.maximum(shown, 1), dtype=np.float64)
            best_from_here = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
            points = np.diff(reached[starts[:, None] + found], axis=1, prepend=np.int16(0))
            result[:, index] = np.einsum("ij,ij->i", best_from_here, points) / len(RECALL_POINTS)
        result[boxes == 0] = np.nan
        return result

    def _up_to(self, rows: np.ndarray, counted: np.ndarray, images: np.ndarray) -> scipy.sparse.csr_matrix:
        """[rows, images]: how many of the counted detections are as strong as each row, but weaker than the one before.

        Those that are weaker than the last row change nothing.
        """
        counted_places = np.flatnonzero(counted)
        between = np.searchsorted(rows, counted_places)
        kept = between < len(rows)
        entries = (between[kept], images[counted_places[kept]])
        ones = np.ones(len(entries[0]), np.float32)
        return scipy.sparse.csr_matrix((ones, entries), (len(rows), len(self._boxes)))


def _running_totals(by_image: scipy.sparse.csr_matrix, by_weighting: np.ndarray) -> np.ndarray:
    """How many detections, weighted, are at least as strong as each row, float32 [weightings, rows]: exact to 2^24."""
    return np.cumsum((by_image @ by_weighting).T, axis=1)


def _recall_points_reached(boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A table of how many recall points are reached with 0, 1, ... found boxes, and each weighting's start in it.

    The comparison is pycocotools', rounding included.
    """
    tables, place, start = [], {}, 0
    for count in np.unique(boxes).tolist():
        table = np.searchsorted(RECALL_POINTS, np.arange(count + 1) / max(count, 1), side="right").astype(np.int16)
        table[0] = 0  # recall 0 is reached with the first box found
        tables.append(table)
        place[count] = start
        start += len(table)
    return np.concatenate(tables), np.array([place[count] for count in boxes.tolist()], np.int64)
