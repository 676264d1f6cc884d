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

from coralline.scoring.coco_matches import AREAS, IOU_THRESHOLDS, AreaMatches, ClassMatches, CocoMatches, mean_over
from coralline.tflite.detections import Detections

MAX_DETECTIONS = 100

_RECALL_DETECTIONS = (1, 10, MAX_DETECTIONS)

_AREA_RANGES = [[0, math.inf], [0, 32**2], [32**2, 96**2], [96**2, math.inf]]  # as `AREAS`; a limit belongs to both

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
      source: the image's path within the data set, if that isn't its name; else empty.
    """

    name: str
    height: int
    width: int
    boxes_ymin_xmin_ymax_xmax: np.ndarray
    class_ids: np.ndarray
    difficult: np.ndarray
    source: str = ""


@dataclasses.dataclass(frozen=True)
class ClassCounts:
    """How much ground truth a class has, difficult boxes aside.

    Attributes:
      images: with at least one box. boxes: in all images.
    """

    images: int
    boxes: int


@dataclasses.dataclass(frozen=True)
class Figures:
    """COCO's figures, 0 to 1; None without ground truth.

    Attributes:
      ap: mean over IoU .50:.05:.95; ap50, ap75: at IoU .50 and .75.
      per_class: AP (IoU .50:.95) of each class, in the label map's order.
      ap_small, ap_medium, ap_large: AP over boxes of up to 32^2 pixels of the upright image, up to 96^2, and more
        (https://cocodataset.org/#detection-eval).
      ar1, ar10, ar100: the share of boxes found, mean over IoU .50:.95 and classes, when only the 1, 10 or 100
        strongest detections of an image and class count.
      per_class_ap50: AP at IoU .50 of each class.
      class_counts: images and boxes of each class.
    """

    ap: float | None
    ap50: float | None
    ap75: float | None
    per_class: dict[str, float | None]
    ap_small: float | None = None
    ap_medium: float | None = None
    ap_large: float | None = None
    ar1: float | None = None
    ar10: float | None = None
    ar100: float | None = None
    per_class_ap50: dict[str, float | None] = dataclasses.field(default_factory=dict)
    class_counts: dict[str, ClassCounts] = dataclasses.field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """`{"AP", "AP50", "AP75", "per_class", "AP_small", ..., "AR100", "per_class_AP50", "class_counts"}`."""
        return {
            "AP": self.ap,
            "AP50": self.ap50,
            "AP75": self.ap75,
            "per_class": self.per_class,
            "AP_small": self.ap_small,
            "AP_medium": self.ap_medium,
            "AP_large": self.ap_large,
            "AR1": self.ar1,
            "AR10": self.ar10,
            "AR100": self.ar100,
            "per_class_AP50": self.per_class_ap50,
            "class_counts": {name: dataclasses.asdict(counts) for name, counts in self.class_counts.items()},
        }


def score(
    ground_truths: Sequence[GroundTruth], detections: Sequence[Detections], class_names: Sequence[str]
) -> Figures:
    """Scores detections against ground truth; arguments as in `match_by_coco`."""
    return figures_of(match_by_coco(ground_truths, detections, class_names))


def figures_of(matches: CocoMatches) -> Figures:
    """The figures of all images, each taken once; those of pycocotools' `summarize` to the last digits."""
    return figures_of_parts(matches, np.ones((1, matches.images), np.int32))[0]


def figures_of_parts(matches: CocoMatches, parts: np.ndarray) -> list[Figures]:
    """The figures of some of the images, as if there were no others.

    Args:
      matches: of all images.
      parts: int [parts, images]: 1 for each image of a part, else 0.
    """
    by_area = {area: matches.average_precisions(area, parts) for area in AREAS}  # [classes, parts, IoU thresholds]
    recalls = {most: matches.recalls(most, parts) for most in _RECALL_DETECTIONS}
    names = list(matches.classes)
    return [
        _figures(
            names,
            {area: values[:, part] for area, values in by_area.items()},
            {most: values[:, part] for most, values in recalls.items()},
            {name: _counts(of.areas["all"].boxes[parts[part] > 0]) for name, of in matches.classes.items()},
        )
        for part in range(len(parts))
    ]


def _figures(
    names: list[str], by_area: dict[str, np.ndarray], recalls: dict[int, np.ndarray], counts: dict[str, ClassCounts]
) -> Figures:
    """From [classes, IoU thresholds] of each area and number of detections."""
    everything = by_area["all"]
    iou50, iou75 = (int(np.argmin(np.abs(IOU_THRESHOLDS - iou))) for iou in (0.5, 0.75))
    return Figures(
        ap=_mean(everything),
        ap50=_mean(everything[:, iou50]),
        ap75=_mean(everything[:, iou75]),
        per_class={name: _mean(everything[index]) for index, name in enumerate(names)},
        ap_small=_mean(by_area["small"]),
        ap_medium=_mean(by_area["medium"]),
        ap_large=_mean(by_area["large"]),
        ar1=_mean(recalls[1]),
        ar10=_mean(recalls[10]),
        ar100=_mean(recalls[100]),
        per_class_ap50={name: _mean(everything[index, iou50]) for index, name in enumerate(names)},
        class_counts=counts,
    )


def _counts(boxes: np.ndarray) -> ClassCounts:
    return ClassCounts(int(np.count_nonzero(boxes)), int(boxes.sum()))


def _mean(values: np.ndarray) -> float | None:
    mean = float(mean_over(values.reshape(1, -1), axis=1)[0])
    return None if math.isnan(mean) else mean


def match_by_coco(
    ground_truths: Sequence[GroundTruth], detections: Sequence[Detections], class_names: Sequence[str]
) -> CocoMatches:
    """Matches detections with ground truth, as pycocotools does.

    Args:
      ground_truths: one an image.
      detections: one an image, in the same order; boxes normalized to the upright image. Detections of a class id that
        `class_names` doesn't have are left out, and so are those after the 100 strongest of an image and class.
      class_names: names of class ids 0, 1, ...
    """
    if len(ground_truths) != len(detections):
        raise ValueError(f"{len(ground_truths)} ground truths, {len(detections)} detections")
    truth = _coco_ground_truth(ground_truths, class_names)
    found = _coco_detections(ground_truths, detections, class_names)
    evaluation = _EvaluationByArea(truth, found, "bbox")
    evaluation.params.areaRng, evaluation.params.areaRngLbl = _AREA_RANGES, list(AREAS)
    evaluation.params.maxDets = [MAX_DETECTIONS]
    evaluation.evaluate()
    images = len(ground_truths)
    per_class = np.array(evaluation.evalImgs, object).reshape(len(class_names), len(AREAS), images)
    return CocoMatches({name: _class_matches(of) for name, of in zip(class_names, per_class, strict=True)}, images)


class _EvaluationByArea(pycocotools.cocoeval.COCOeval):
    """pycocotools' matching, spared what can't change it.

    A detection that overlaps no box by the lowest threshold finds none. And which range of areas counts can't change
    who finds whom if an image's boxes of a class lie all within it or all outside, and none is a crowd: pycocotools
    looks first at those that count, and then all are of one kind.
    """

    def evaluateImg(self, imgId: int, catId: int, aRng: list[float], maxDet: int) -> dict[str, Any] | None:
        truths, whole = self._gts[imgId, catId], self._matched.get((imgId, catId))
        outside = [not aRng[0] <= truth["area"] <= aRng[1] for truth in truths]
        if whole is None or len(set(outside)) > 1 or any(truth["iscrowd"] for truth in truths):
            result = self._match(imgId, catId, aRng, maxDet)
            if whole is None and result is not None:
                self._matched[imgId, catId] = result
            return result
        ignored = np.where(whole["dtMatches"] != 0, any(outside), _outside(whole["dtAreas"], aRng))
        return whole | {"gtIgnore": np.array(outside, np.int64), "dtIgnore": ignored}

    def _match(self, image: int, category: int, area_range: list[float], most: int) -> dict[str, Any] | None:
        key = image, category
        everything, overlaps = self._dts[key], self.ious[key]
        if not everything:
            plain: dict[str, Any] | None = super().evaluateImg(image, category, area_range, most)
            return plain and plain | {"dtAreas": np.zeros(0)}
        strongest = np.argsort([-found["score"] for found in everything], kind="mergesort")[:most]
        everything = self._dts[key] = [everything[index] for index in strongest]
        best = np.max(overlaps, axis=1, initial=0) if self._gts[key] else np.zeros(len(everything))
        hopeful = np.flatnonzero(best >= IOU_THRESHOLDS[0])
        self._dts[key] = [everything[index] for index in hopeful]
        self.ious[key] = overlaps[hopeful] if len(hopeful) else []
        result = super().evaluateImg(image, category, area_range, most)
        self._dts[key], self.ious[key] = everything, overlaps
        areas = np.array([found["area"] for found in everything], np.float64)
        matches = np.zeros((len(IOU_THRESHOLDS), len(everything)))
        ignored = np.repeat(_outside(areas, area_range), len(IOU_THRESHOLDS), axis=0)
        if result is not None:
            matches[:, hopeful], ignored[:, hopeful] = result["dtMatches"], result["dtIgnore"]
        return {
            "gtIgnore": np.zeros(0, np.int64) if result is None else result["gtIgnore"],
            "dtMatches": matches,
            "dtIgnore": ignored,
            "dtScores": [found["score"] for found in everything],
            "dtAreas": areas,
        }

    def _prepare(self) -> None:
        super()._prepare()
        self._matched: dict[tuple[int, int], dict[str, Any]] = {}


def _outside(areas: np.ndarray, area_range: list[float]) -> np.ndarray:
    """Which detections lie outside the range, bool [1, n]."""
    return ((areas < area_range[0]) | (areas > area_range[1]))[None]


def _class_matches(per_area: np.ndarray) -> ClassMatches:
    """From pycocotools' results of one class, [areas, images]."""
    present = [index for index, of in enumerate(per_area[0]) if of is not None]
    scores = [np.array(of["dtScores"], np.float64) for of in per_area[0, present]]
    counts = [len(of) for of in scores]
    all_scores = np.concatenate([np.zeros(0), *scores])
    order = np.argsort(-all_scores, kind="mergesort")
    ranks = np.concatenate([np.zeros(0, np.int64), *(np.arange(count) for count in counts)])
    areas = {area: _area_matches(row, present, order) for area, row in zip(AREAS, per_area, strict=True)}
    images = np.repeat(np.array(present, np.int64), counts)
    return ClassMatches(all_scores[order], images[order], ranks[order], areas)


def _area_matches(row: np.ndarray, present: list[int], order: np.ndarray) -> AreaMatches:
    nothing = np.zeros((len(IOU_THRESHOLDS), 0), bool)
    found = np.concatenate([nothing, *(of["dtMatches"] != 0 for of in row[present])], axis=1)[:, order]
    ignored = np.concatenate([nothing, *(of["dtIgnore"].astype(bool) for of in row[present])], axis=1)[:, order]
    boxes = np.zeros(len(row), np.int64)
    for index in present:
        boxes[index] = np.count_nonzero(row[index]["gtIgnore"] == 0)
    return AreaMatches(found & ~ignored, ~ignored, boxes)


def _coco_ground_truth(ground_truths: Sequence[GroundTruth], class_names: Sequence[str]) -> Any:
    annotations: list[dict[str, Any]] = []
    for image_id, truth in enumerate(ground_truths, start=1):
        boxes = x_y_width_height(truth.boxes_ymin_xmin_ymax_xmax, truth)
        for box, class_id, difficult in zip(boxes, truth.class_ids, truth.difficult, strict=True):
            annotations.append(_annotation(len(annotations) + 1, image_id, box, class_id, iscrowd=int(difficult)))
    return _coco(ground_truths, class_names, annotations)


def _coco_detections(
    ground_truths: Sequence[GroundTruth], detections: Sequence[Detections], class_names: Sequence[str]
) -> Any:
    annotations: list[dict[str, Any]] = []
    for image_id, (truth, found) in enumerate(zip(ground_truths, detections, strict=True), start=1):
        boxes = x_y_width_height(found.boxes_ymin_xmin_ymax_xmax, truth)
        for box, class_id, confidence in zip(boxes, found.class_ids, found.scores, strict=True):
            if 0 <= class_id < len(class_names):
                annotations.append(_annotation(len(annotations) + 1, image_id, box, class_id, score=float(confidence)))
    return _coco(ground_truths, class_names, annotations)


def x_y_width_height(boxes_ymin_xmin_ymax_xmax: np.ndarray, image: GroundTruth) -> list[list[float]]:
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
