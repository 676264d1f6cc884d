"""Curves over the score, at IoU .5: precision, recall and F1 of each class, and how far a score can be believed."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from coralline.scoring.coco_matches import ClassMatches, CocoMatches

_BINS = 10


@dataclasses.dataclass(frozen=True)
class ClassCurve:
    """One class when detections of at least a score are shown; one point a distinct score, strongest first.

    Attributes:
      scores: float64 [n].
      precision, recall, f1: float64 [n], 0 to 1.
    """

    scores: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray

    def thinned(self, most: int = 200) -> ClassCurve:
        """At most so many points, even in number; first, last and that of the best F1 among them."""
        if len(self.scores) <= most:
            return self
        even = np.linspace(0, len(self.scores) - 1, max(most - 1, 2)).round().astype(int)
        kept = np.union1d(even, [int(self.f1.argmax())])
        return ClassCurve(self.scores[kept], self.precision[kept], self.recall[kept], self.f1[kept])

    def as_json(self) -> dict[str, list[float]]:
        """`{"scores", "precision", "recall", "f1"}`."""
        return {name: values.tolist() for name, values in vars(self).items()}


@dataclasses.dataclass(frozen=True)
class ReliabilityBin:
    """Detections of similar score.

    Attributes:
      low, high: the bin holds scores from `low` to below `high`, the last one also 1.
      count: how many detections. mean_score, share_right: of these; None if there are none.
    """

    low: float
    high: float
    count: int
    mean_score: float | None
    share_right: float | None


@dataclasses.dataclass(frozen=True)
class Calibration:
    """Whether scores are what they say: of detections with a score of .7, about seven in ten should be right.

    Attributes:
      bins: ten of equal width.
      expected_error: mean distance of a bin's score and its share of right detections, weighted by count (expected
        calibration error, Guo et al. 2017, https://arxiv.org/abs/1706.04599).
    """

    bins: tuple[ReliabilityBin, ...]
    expected_error: float

    def as_json(self) -> dict[str, Any]:
        """`{"bins", "expected_error"}`."""
        return {"bins": [dataclasses.asdict(of) for of in self.bins], "expected_error": self.expected_error}


def class_curves(matches: CocoMatches) -> dict[str, ClassCurve | None]:
    """Curves of each class; None without a box or without a detection that counts."""
    return {name: _curve(of) for name, of in matches.classes.items()}


def reliability(matches: CocoMatches) -> Calibration | None:
    """All classes' detections by score; those that found a difficult box aside. None without a detection."""
    scores = np.concatenate([of.scores[of.areas["all"].counted[0]] for of in matches.classes.values()])
    right = np.concatenate([of.areas["all"].right[0, of.areas["all"].counted[0]] for of in matches.classes.values()])
    if not scores.size:
        return None
    places = np.clip((scores * _BINS).astype(int), 0, _BINS - 1)
    bins, distance = [], 0.0
    for place in range(_BINS):
        inside = places == place
        count = int(inside.sum())
        mean, share = (float(scores[inside].mean()), float(right[inside].mean())) if count else (None, None)
        bins.append(ReliabilityBin(place / _BINS, (place + 1) / _BINS, count, mean, share))
        distance += abs(float(scores[inside].sum() - right[inside].sum()))
    return Calibration(tuple(bins), distance / len(scores))


def _curve(of: ClassMatches) -> ClassCurve | None:
    everything = of.areas["all"]
    counted, boxes = everything.counted[0], int(everything.boxes.sum())
    if not boxes or not counted.any():
        return None
    scores, right = of.scores[counted], everything.right[0, counted]
    ends = np.flatnonzero(np.append(scores[1:] != scores[:-1], True))  # the last of each score
    found, shown = np.cumsum(right)[ends], ends + 1
    return ClassCurve(scores[ends], found / shown, found / boxes, 2 * found / (shown + boxes))
