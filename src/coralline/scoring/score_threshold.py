"""The score from which detections are shown: the one with the best balance of found and false (F1).

A threshold has three digits, so that it can be written into a configuration; figures and counts are those at that very
number. All of 0, .001, ... 1 are tried. Of those with equal F1, which is all between two scores, it is the middle one
of the highest run.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from coralline.scoring.coco_matches import ClassMatches, CocoMatches
from coralline.scoring.detection_matching import Counts

FRIGATE_FLOOR = 0.4
"""Weaker detections Frigate drops before it looks at `min_score` (`RemoteObjectDetector.detect` in its source)."""

_STEPS = np.arange(1001) / 1000


@dataclasses.dataclass(frozen=True)
class ScoreThreshold:
    """A threshold and what a device shows with it.

    Attributes:
      score: detections of at least this score are shown.
      counts: boxes, found and false at it, at IoU .5; with precision, recall and F1.
      below_frigate_floor: how many of the found have scores below Frigate's floor.
    """

    score: float
    counts: Counts
    below_frigate_floor: int

    def as_json(self) -> dict[str, Any]:
        """`{"score", "precision", "recall", "f1", "boxes", "found", "false", "below_frigate_floor"}`."""
        counts = self.counts
        figures = {"precision": counts.precision, "recall": counts.recall, "f1": counts.f1}
        floor = {"below_frigate_floor": self.below_frigate_floor}
        return {"score": self.score, **figures, **dataclasses.asdict(counts), **floor}


@dataclasses.dataclass(frozen=True)
class ScoreThresholds:
    """The best thresholds of a model.

    Attributes:
      overall: the one for all classes, chosen by the counts of all together; None if nothing is found at any.
      per_class: that of each class by itself; None if nothing of the class is found.
      at_overall: counts of each class at the overall one; empty without one.
    """

    overall: ScoreThreshold | None
    per_class: dict[str, ScoreThreshold | None]
    at_overall: dict[str, Counts]

    def as_json(self) -> dict[str, Any]:
        """`{"overall", "per_class", "at_overall"}`."""
        return {
            "overall": self.overall and self.overall.as_json(),
            "per_class": {name: of and of.as_json() for name, of in self.per_class.items()},
            "at_overall": {name: dataclasses.asdict(of) for name, of in self.at_overall.items()},
        }


def best_thresholds(matches: CocoMatches) -> ScoreThresholds:
    """The best threshold for all classes together, and for each."""
    classes = list(matches.classes.values())
    overall = _best(classes)
    per_class = {name: _best([of]) for name, of in matches.classes.items()}
    return ScoreThresholds(overall, per_class, {} if overall is None else counts_at(matches, overall.score))


def counts_at(matches: CocoMatches, score: float) -> dict[str, Counts]:
    """Boxes, found and false of each class when detections of at least `score` are shown, at IoU .5."""
    return {name: _counts([of], np.array([score]))[0] for name, of in matches.classes.items()}


def _best(classes: Sequence[ClassMatches]) -> ScoreThreshold | None:
    at_steps = _counts(classes, _STEPS)
    f1 = np.array([counts.f1 for counts in at_steps])
    if not f1.max():
        return None
    best = np.flatnonzero(f1 == f1.max())
    run = best[np.searchsorted(best - np.arange(len(best)), best[-1] - len(best) + 1) :]  # the last one without a gap
    middle = int(run[len(run) // 2])
    above_floor = at_steps[max(middle, int(np.searchsorted(_STEPS, FRIGATE_FLOOR)))]
    return ScoreThreshold(float(_STEPS[middle]), at_steps[middle], at_steps[middle].found - above_floor.found)


def _counts(classes: Sequence[ClassMatches], thresholds: np.ndarray) -> list[Counts]:
    """Of all these classes together, at each threshold."""
    found, false = np.zeros(len(thresholds), np.int64), np.zeros(len(thresholds), np.int64)
    for of in classes:
        everything = of.areas["all"]
        right = everything.right[0]
        for kept, into in ((right, found), (everything.counted[0] & ~right, false)):
            ascending = of.scores[kept][::-1]
            into += len(ascending) - np.searchsorted(ascending, thresholds, side="left")
    boxes = int(sum(of.areas["all"].boxes.sum() for of in classes))
    return [Counts(boxes, int(one), int(other)) for one, other in zip(found, false, strict=True)]
