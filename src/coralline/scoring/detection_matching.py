"""Which detection found which box, at one IoU: what the pictures show and the counts of found, missed and false.

The rule is COCO's (cocoeval.py, `evaluateImg`): strongest detection first, each takes the free box of its class with
the largest overlap. A lower score threshold only adds detections, so one matching serves every threshold.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from coralline.scoring.coco import GroundTruth
from coralline.tflite.detections import Detections

MATCH_IOU = 0.5
RIGHT, WRONG, IGNORED = "right", "wrong", "ignored"
SCORE_THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(1, 20))


@dataclasses.dataclass(frozen=True)
class Match:
    """One image's detections and boxes, brought together.

    Attributes:
      outcomes: for each detection RIGHT, WRONG, or IGNORED (it found a difficult box).
      found_with: for each ground-truth box the score of the detection that found it; None: nothing did.
    """

    outcomes: list[str]
    found_with: list[float | None]

    def mistakes(self, truth: GroundTruth, detections: Detections, threshold: float) -> int:
        """Missed boxes (difficult ones aside) and wrong detections when scores below `threshold` don't count."""
        missed = sum(
            not difficult and (score is None or score < threshold)
            for score, difficult in zip(self.found_with, truth.difficult, strict=True)
        )
        wrong = sum(
            outcome == WRONG and score >= threshold
            for outcome, score in zip(self.outcomes, detections.scores, strict=True)
        )
        return int(missed + wrong)


def match(truth: GroundTruth, detections: Detections, min_iou: float = MATCH_IOU) -> Match:
    """Matches one image's detections (strongest first) with its ground truth."""
    overlaps = _overlaps(detections.boxes_ymin_xmin_ymax_xmax, truth.boxes_ymin_xmin_ymax_xmax)
    overlaps[detections.class_ids[:, None] != truth.class_ids[None, :]] = 0
    outcomes = [WRONG] * len(detections)
    found_with: list[float | None] = [None] * len(truth.class_ids)
    difficult = truth.difficult.astype(bool)
    for index in np.argsort(-detections.scores, kind="stable"):
        taken = np.array([score is not None for score in found_with], bool)
        free = np.where(taken | difficult, 0, overlaps[index])
        if free.size and free.max() >= min_iou:
            found_with[int(free.argmax())] = float(detections.scores[index])
            outcomes[index] = RIGHT
        elif np.any(overlaps[index][difficult] >= min_iou):
            outcomes[index] = IGNORED
    return Match(outcomes, found_with)


@dataclasses.dataclass(frozen=True)
class Counts:
    """What a device would show at one score threshold, for one class.

    Attributes:
      boxes: ground-truth boxes, difficult ones aside.
      found: of these, found. false: detections that are no box of the class.
    """

    boxes: int
    found: int
    false: int

    @property
    def precision(self) -> float | None:
        """The share of detections that are right."""
        shown = self.found + self.false
        return self.found / shown if shown else None

    @property
    def recall(self) -> float | None:
        """The share of boxes that are found."""
        return self.found / self.boxes if self.boxes else None

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 if either is unknown."""
        total = self.boxes + self.found + self.false
        return 2 * self.found / total if total else 0.0


class Matched:
    """All images of a model, matched.

    Args:
      ground_truths: one an image.
      detections: one an image, in the same order.
      class_names: names of class ids 0, 1, ...

    Attributes:
      matches: one an image.
      counts: {score threshold: {class's name: counts}}, for each of `SCORE_THRESHOLDS`.
    """

    def __init__(
        self, ground_truths: Sequence[GroundTruth], detections: Sequence[Detections], class_names: Sequence[str]
    ):
        self.ground_truths, self.detections, self.class_names = ground_truths, detections, class_names
        self.matches = [match(truth, found) for truth, found in zip(ground_truths, detections, strict=True)]
        self._boxes = np.array(
            [row for truth, of in zip(ground_truths, self.matches, strict=True) for row in _boxes(truth, of)]
        )
        self._wrong = np.array(
            [row for found, of in zip(detections, self.matches, strict=True) for row in _wrong(found, of)]
        )
        self.counts = {threshold: self._count(threshold) for threshold in SCORE_THRESHOLDS}

    @property
    def best_threshold(self) -> float:
        """The score threshold with the best balance of found and false (F1); the middle one of equals."""
        balance = {threshold: total(counts).f1 for threshold, counts in self.counts.items()}
        best = [threshold for threshold, f1 in balance.items() if f1 == max(balance.values())]
        return best[len(best) // 2]

    def mistakes(self, threshold: float) -> list[int]:
        """Missed boxes and wrong detections of each image."""
        images = zip(self.matches, self.ground_truths, self.detections, strict=True)
        return [matched.mistakes(truth, found, threshold) for matched, truth, found in images]

    def _count(self, threshold: float) -> dict[str, Counts]:
        boxes = _by_class(self._boxes, -np.inf, len(self.class_names))
        found = _by_class(self._boxes, threshold, len(self.class_names))
        false = _by_class(self._wrong, threshold, len(self.class_names))
        return {
            name: Counts(int(boxes[index]), int(found[index]), int(false[index]))
            for index, name in enumerate(self.class_names)
        }


def _boxes(truth: GroundTruth, matched: Match) -> list[tuple[int, float]]:
    """For each box that isn't difficult: its class id, and the score of the detection that found it (-1: missed)."""
    rows = zip(truth.class_ids, truth.difficult, matched.found_with, strict=True)
    return [(int(class_id), -1.0 if score is None else score) for class_id, difficult, score in rows if not difficult]


def _wrong(detections: Detections, matched: Match) -> list[tuple[int, float]]:
    """Class id and score of each wrong detection."""
    rows = zip(detections.class_ids, detections.scores, matched.outcomes, strict=True)
    return [(int(class_id), float(score)) for class_id, score, outcome in rows if outcome == WRONG]


def _by_class(rows: np.ndarray, threshold: float, classes: int) -> np.ndarray:
    """How many rows (class id, score) of each class reach the threshold; ids beyond the classes are left out."""
    rows = rows.reshape(-1, 2)
    ids = rows[rows[:, 1] >= threshold, 0].astype(np.int64)
    return np.bincount(ids[(ids >= 0) & (ids < classes)], minlength=classes)


def total(counts: dict[str, Counts]) -> Counts:
    """All classes together."""
    return Counts(
        sum(c.boxes for c in counts.values()),
        sum(c.found for c in counts.values()),
        sum(c.false for c in counts.values()),
    )


def _overlaps(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Intersection over union of every pair, [len(first), len(second)]."""
    corners_low = np.maximum(first[:, None, :2], second[None, :, :2])
    corners_high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.prod(np.clip(corners_high - corners_low, 0, None), axis=2)
    areas = [np.prod(np.clip(boxes[:, 2:] - boxes[:, :2], 0, None), axis=1) for boxes in (first, second)]
    joint = areas[0][:, None] + areas[1][None, :] - shared
    return np.divide(shared, joint, out=np.zeros_like(shared, float), where=joint > 0)
