"""What one detector finds, misses and takes for something else: all that a page tells beyond its figures."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from coralline.scoring import class_curves, confusion, error_kinds, score_threshold
from coralline.scoring.class_curves import Calibration, ClassCurve
from coralline.scoring.coco import GroundTruth
from coralline.scoring.coco_matches import CocoMatches
from coralline.scoring.confusion import ConfusionMatrix
from coralline.scoring.detection_matching import SCORE_THRESHOLDS, Counts, Match, match
from coralline.scoring.error_kinds import ErrorAnalysis, ImageErrors
from coralline.scoring.score_threshold import ScoreThresholds
from coralline.tflite.detections import Detections

LEAST_SCORE = SCORE_THRESHOLDS[0]
"""Where a page starts for a detector that finds nothing: all that it says is shown."""


@dataclasses.dataclass(frozen=True)
class DetectorAnalysis:
    """Of one model.

    Attributes:
      thresholds: the best ones by F1.
      counts: {score threshold: {class's name: counts}}, for the steps of a slider, ascending; the best one is a step.
      curves: {class's name: precision, recall and F1 over the score}.
      errors: after TIDE; None if there is neither a box that counts nor a detection.
      confusion: at the best threshold; None without one.
      calibration: None without a detection.
      matches: who found whom, one an image.
    """

    thresholds: ScoreThresholds
    counts: dict[float, dict[str, Counts]]
    curves: dict[str, ClassCurve | None]
    errors: ErrorAnalysis | None
    confusion: ConfusionMatrix | None
    calibration: Calibration | None
    matches: list[Match]

    @classmethod
    def of(
        cls,
        ground_truths: Sequence[GroundTruth],
        detections: Sequence[Detections],
        class_names: Sequence[str],
        matches: CocoMatches,
    ) -> DetectorAnalysis:
        """Of a model's detections, one an image, with COCO's matches of the same."""
        best = score_threshold.best_thresholds(matches)
        steps = sorted({*SCORE_THRESHOLDS, *([best.overall.score] if best.overall else [])})
        return cls(
            best,
            {step: score_threshold.counts_at(matches, step) for step in steps},
            class_curves.class_curves(matches),
            error_kinds.analyse_errors(ground_truths, detections, class_names),
            confusion.confusion_matrix(ground_truths, detections, class_names, best.overall.score)
            if best.overall
            else None,
            class_curves.reliability(matches),
            [match(truth, found) for truth, found in zip(ground_truths, detections, strict=True)],
        )

    @property
    def start(self) -> float:
        """The threshold with which a page starts."""
        return self.thresholds.overall.score if self.thresholds.overall else LEAST_SCORE

    @property
    def image_errors(self) -> list[ImageErrors]:
        """One an image."""
        return self.errors.images if self.errors else [ImageErrors([], []) for _ in self.matches]

    def mistakes(self, ground_truths: Sequence[GroundTruth], detections: Sequence[Detections]) -> list[int]:
        """Missed boxes and wrong detections of each image at `start`."""
        images = zip(self.matches, ground_truths, detections, strict=True)
        return [matched.mistakes(truth, found, self.start) for matched, truth, found in images]
