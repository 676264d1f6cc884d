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
    same = detections.class_ids[:, None] == truth.class_ids[None, :]
    found, ignored = match_boxes(truth, detections, same, min_iou)
    found_with: list[float | None] = [None] * len(truth.class_ids)
    for index in np.flatnonzero(found >= 0):
        found_with[found[index]] = float(detections.scores[index])
    outcomes = np.where(found >= 0, RIGHT, np.where(ignored, IGNORED, WRONG))
    return Match(outcomes.tolist(), found_with)


def match_boxes(
    truth: GroundTruth, detections: Detections, allowed: np.ndarray, min_iou: float
) -> tuple[np.ndarray, np.ndarray]:
    """Which box each detection takes: strongest first, the free one with the largest overlap; difficult ones aside.

    Args:
      truth, detections: of one image.
      allowed: bool [detections, boxes]: which pairs may be.
      min_iou: least overlap.

    Returns:
      Each detection's box (int [n], -1: none), and whether it lies in a difficult box instead: by so much of its own
      area, as COCO does for crowds (bool [n]).
    """
    overlaps, inside = _overlaps(detections.boxes_ymin_xmin_ymax_xmax, truth.boxes_ymin_xmin_ymax_xmax)
    difficult = truth.difficult.astype(bool)
    left = np.where(allowed & ~difficult[None], overlaps, 0)
    found = np.full(len(detections), -1)
    hopeful = left.max(axis=1, initial=0) >= min_iou
    for index in np.argsort(-detections.scores, kind="stable"):
        if hopeful[index] and left[index].max() >= min_iou:
            found[index] = left[index].argmax()
            left[:, found[index]] = 0
    in_difficult = np.where(allowed & difficult[None], inside, 0).max(axis=1, initial=0) >= min_iou
    return found, in_difficult & (found < 0)


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
        """The step of `SCORE_THRESHOLDS` with the best balance of found and false (F1); the middle one of equals.

        For a page that starts there; the threshold for use is `score_threshold.best_thresholds`.
        """
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


def _overlaps(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of every pair, [len(first), len(second)]: intersection over union, and over the first one's area."""
    corners_low = np.maximum(first[:, None, :2], second[None, :, :2])
    corners_high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.prod(np.clip(corners_high - corners_low, 0, None), axis=2, dtype=np.float64)
    areas = [np.prod(np.clip(boxes[:, 2:] - boxes[:, :2], 0, None), axis=1) for boxes in (first, second)]
    own = np.broadcast_to(areas[0][:, None], shared.shape)
    joint = own + areas[1][None, :] - shared
    in_union, in_own = (np.divide(shared, by, out=np.zeros_like(shared), where=by > 0) for by in (joint, own))
    return in_union, in_own
