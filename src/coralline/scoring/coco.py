"""Average precision by COCO's rules, computed by COCO's own code (pycocotools).

AP is the mean over IoU .50:.05:.95, 101 recall points and the classes that have ground truth; at most 100 detections
an image and class count (https://cocodataset.org/#detection-eval). Boxes marked difficult are handled as COCO's crowds
are: finding one is neither right nor wrong.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pycocotools.coco
import pycocotools.cocoeval

from coralline.tflite.detections import Detections

MAX_DETECTIONS = 100

# pycocotools prints each step of its work, with no setting against it (2.0.11): its modules get a silent `print`.
for _module in (pycocotools.coco, pycocotools.cocoeval):
    setattr(_module, "print", lambda *_, **__: None)  # noqa: B010 - mypy rejects a plain assignment


@dataclasses.dataclass(frozen=True)
class GroundTruth:
    """What is in one image.

    Attributes:
      name: the image's file name.
      height, width: pixels of the upright image.
      boxes_ymin_xmin_ymax_xmax: float [n, 4], normalized to the upright image.
      class_ids: int [n], 0 = first class of the label map.
      difficult: bool [n].
    """

    name: str
    height: int
    width: int
    boxes_ymin_xmin_ymax_xmax: np.ndarray
    class_ids: np.ndarray
    difficult: np.ndarray


@dataclasses.dataclass(frozen=True)
class Figures:
    """Average precisions, 0 to 1; None without ground truth.

    Attributes:
      ap: mean over IoU .50:.05:.95; ap50, ap75: at IoU .50 and .75.
      per_class: AP (IoU .50:.95) of each class, in the label map's order.
    """

    ap: float | None
    ap50: float | None
    ap75: float | None
    per_class: dict[str, float | None]

    def as_json(self) -> dict[str, Any]:
        """`{"AP", "AP50", "AP75", "per_class"}`."""
        return {"AP": self.ap, "AP50": self.ap50, "AP75": self.ap75, "per_class": self.per_class}


def score(
    ground_truths: Sequence[GroundTruth], detections: Sequence[Detections], class_names: Sequence[str]
) -> Figures:
    """Scores detections against ground truth.

    Args:
      ground_truths: one an image.
      detections: one an image, in the same order; boxes normalized to the upright image. Detections of a class id that
        `class_names` doesn't have are left out.
      class_names: names of class ids 0, 1, ...
    """
    if len(ground_truths) != len(detections):
        raise ValueError(f"{len(ground_truths)} ground truths, {len(detections)} detections")
    if not any(np.any(~truth.difficult.astype(bool)) for truth in ground_truths):
        return Figures(None, None, None, dict.fromkeys(class_names))
    truth = _coco_ground_truth(ground_truths, class_names)
    found = _coco_detections(ground_truths, detections, class_names)
    evaluation = pycocotools.cocoeval.COCOeval(truth, found, "bbox")
    evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, math.inf]], ["all"]
    evaluation.params.maxDets = [MAX_DETECTIONS]
    evaluation.evaluate()
    evaluation.accumulate()
    # [IoU thresholds, recall points, classes]; -1 without ground truth
    precision = evaluation.eval["precision"][:, :, :, 0, 0]
    iou50, iou75 = (int(np.argmin(np.abs(evaluation.params.iouThrs - iou))) for iou in (0.5, 0.75))
    return Figures(
        ap=_mean(precision),
        ap50=_mean(precision[iou50]),
        ap75=_mean(precision[iou75]),
        per_class={name: _mean(precision[:, :, index]) for index, name in enumerate(class_names)},
    )


def _mean(precision: np.ndarray) -> float | None:
    valid = precision[precision > -1]
    return float(valid.mean()) if valid.size else None


def _coco_ground_truth(ground_truths: Sequence[GroundTruth], class_names: Sequence[str]) -> Any:
    annotations: list[dict[str, Any]] = []
    for image_id, truth in enumerate(ground_truths, start=1):
        boxes = _x_y_width_height(truth.boxes_ymin_xmin_ymax_xmax, truth)
        for box, class_id, difficult in zip(boxes, truth.class_ids, truth.difficult, strict=True):
            annotations.append(_annotation(len(annotations) + 1, image_id, box, class_id, iscrowd=int(difficult)))
    return _coco(ground_truths, class_names, annotations)


def _coco_detections(
    ground_truths: Sequence[GroundTruth], detections: Sequence[Detections], class_names: Sequence[str]
) -> Any:
    annotations: list[dict[str, Any]] = []
    for image_id, (truth, found) in enumerate(zip(ground_truths, detections, strict=True), start=1):
        boxes = _x_y_width_height(found.boxes_ymin_xmin_ymax_xmax, truth)
        for box, class_id, confidence in zip(boxes, found.class_ids, found.scores, strict=True):
            if 0 <= class_id < len(class_names):
                annotations.append(_annotation(len(annotations) + 1, image_id, box, class_id, score=float(confidence)))
    return _coco(ground_truths, class_names, annotations)


def _x_y_width_height(boxes_ymin_xmin_ymax_xmax: np.ndarray, image: GroundTruth) -> list[list[float]]:
    """Boxes in pixels, in COCO's form."""
    scale = np.array([image.height, image.width, image.height, image.width], np.float64)
    ymin, xmin, ymax, xmax = (boxes_ymin_xmin_ymax_xmax.reshape(-1, 4) * scale).T
    return np.stack([xmin, ymin, xmax - xmin, ymax - ymin], axis=1).tolist()


def _annotation(identity: int, image_id: int, box: list[float], class_id: Any, **more: Any) -> dict[str, Any]:
    return {
        "id": identity,  # from 1: COCOeval takes a match with id 0 for none
        "image_id": image_id,
        "category_id": int(class_id) + 1,
        "bbox": box,
        "area": box[2] * box[3],
        "iscrowd": 0,
        **more,
    }


def _coco(
    ground_truths: Sequence[GroundTruth], class_names: Sequence[str], annotations: list[dict[str, Any]]
) -> pycocotools.coco.COCO:
    coco = pycocotools.coco.COCO()
    coco.dataset = {
        "images": [{"id": image_id} for image_id in range(1, len(ground_truths) + 1)],
        "categories": [{"id": index + 1, "name": name} for index, name in enumerate(class_names)],
        "annotations": annotations,
    }
    coco.createIndex()
    return coco
