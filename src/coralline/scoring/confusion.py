"""Which class is taken for which."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from coralline.scoring.coco import GroundTruth
from coralline.scoring.detection_matching import MATCH_IOU, match_boxes
from coralline.tflite.detections import Detections

BACKGROUND_NAME = "background"


@dataclasses.dataclass(frozen=True)
class ConfusionMatrix:
    """What boxes were found as, at one score threshold.

    Attributes:
      class_names: of rows and columns, before the last one, which is background.
      threshold: detections of at least this score count.
      counts: int [classes + 1, classes + 1]: rows are what is there, columns what was found. Last column: boxes that
        were missed; last row: detections of nothing; the corner is 0.
    """

    class_names: tuple[str, ...]
    threshold: float
    counts: np.ndarray

    def as_json(self) -> dict[str, Any]:
        """`{"names", "threshold", "counts"}`, the names with `background`."""
        names = [*self.class_names, BACKGROUND_NAME]
        return {"names": names, "threshold": self.threshold, "counts": self.counts.tolist()}


def confusion_matrix(
    ground_truths: Sequence[GroundTruth],
    detections: Sequence[Detections],
    class_names: Sequence[str],
    threshold: float,
) -> ConfusionMatrix:
    """Matches whatever the class: strongest first, a detection takes the free box that it overlaps most, from IoU .5.

    Args:
      ground_truths: one an image; difficult boxes, and detections of nothing but such a box, don't count.
      detections: one an image, in the same order. Those of a class id that `class_names` doesn't have are left out.
      class_names: names of class ids 0, 1, ...
      threshold: least score.
    """
    classes = len(class_names)
    counts = np.zeros((classes + 1, classes + 1), np.int64)
    for truth, everything in zip(ground_truths, detections, strict=True):
        known = (everything.class_ids >= 0) & (everything.class_ids < classes) & (everything.scores >= threshold)
        found = Detections(
            everything.boxes_ymin_xmin_ymax_xmax[known], everything.class_ids[known], everything.scores[known]
        )
        box_of, ignored = match_boxes(truth, found, np.ones((len(found), len(truth.class_ids)), bool), MATCH_IOU)
        right = box_of >= 0
        np.add.at(counts, (truth.class_ids[box_of[right]], found.class_ids[right]), 1)
        counts[classes, :classes] += np.bincount(found.class_ids[~right & ~ignored], minlength=classes)
        missed = ~truth.difficult.astype(bool)
        missed[box_of[right]] = False
        counts[:classes, classes] += np.bincount(truth.class_ids[missed], minlength=classes)
    return ConfusionMatrix(tuple(class_names), threshold, counts)
