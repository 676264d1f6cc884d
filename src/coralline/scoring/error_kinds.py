"""Why detections are wrong and boxes missed, and what each kind of error costs, after TIDE.

Bolya et al. 2020, "TIDE: A General Toolbox for Identifying Object Detection Errors" (https://arxiv.org/abs/2008.08115).
Kinds, order of the tests and costs are those of its package (tidecv 1.0.1, quantify.py): the 100 strongest detections
of an image are matched at IoU .5; what overlaps nothing by more than .1 is background. A kind's cost is how much AP50
would rise if all errors of the kind were put right and no other. As there, a class with detections but without a box
counts as an AP50 of 0, where COCO leaves it out.

One thing differs: a detection that found a difficult box is no error. tidecv leaves such a detection out of AP, but
charges it to a kind, and puts it back as right when that kind is fixed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pycocotools.mask

from coralline.scoring.coco import MAX_DETECTIONS, GroundTruth, x_y_width_height
from coralline.scoring.error_costs import Outcomes, cost_of_kinds
from coralline.tflite.detections import Detections

CLASSIFICATION, LOCALISATION, BOTH, DUPLICATE, BACKGROUND, MISSED = ERROR_KINDS = (
    "classification",
    "localisation",
    "both",
    "duplicate",
    "background",
    "missed",
)
_FOUND_IOU, _BACKGROUND_IOU = 0.5, 0.1


@dataclasses.dataclass(frozen=True)
class DetectionError:
    """A detection that is wrong.

    Attributes:
      detection: its place in the image's `Detections`.
      kind: of `ERROR_KINDS`, other than `MISSED`.
      box: the place in the image's `GroundTruth` of the box that it's about; None: it's about none.
      label, score: what it says. box_label: the class of that box. overlap: with that box, 0 to 1.
    """

    detection: int
    kind: str
    box: int | None
    label: str
    score: float
    box_label: str
    overlap: float

    @property
    def reason(self) -> str:
        """In words, such as "raccoon .83: overlaps a raccoon by .34 only"."""
        why = {
            CLASSIFICATION: f"it is a {self.box_label}",
            DUPLICATE: "found twice",
            BACKGROUND: "nothing is there",
        }.get(self.kind, f"overlaps a {self.box_label} by {_short(self.overlap)} only")
        return f"{self.label} {_short(self.score)}: {why}"


@dataclasses.dataclass(frozen=True)
class MissedBox:
    """A box that no detection found.

    Attributes:
      box: its place in the image's `GroundTruth`.
      kind: `LOCALISATION` or `CLASSIFICATION` if a detection would have found it but for that, else `MISSED`.
      reason: in words, with the detection that overlaps it most.
      detection: that one's place in the image's `Detections`; None: nothing overlaps it.
    """

    box: int
    kind: str
    reason: str
    detection: int | None


@dataclasses.dataclass(frozen=True)
class ImageErrors:
    """What is wrong in one image.

    Attributes:
      detections: those that are wrong, strongest first. missed: boxes without a detection, difficult ones aside.
    """

    detections: list[DetectionError]
    missed: list[MissedBox]


@dataclasses.dataclass(frozen=True)
class ErrorAnalysis:
    """All errors of a model.

    Attributes:
      images: one an image.
      counts: {kind: how many errors}; of `MISSED` the boxes that nothing but another detection would have found.
      costs: {kind: AP50 that it costs, 0 to 1}.
      false_positive_cost: AP50 that all wrong detections cost. false_negative_cost: that all boxes not found cost.
    """

    images: list[ImageErrors]
    counts: dict[str, int]
    costs: dict[str, float]
    false_positive_cost: float
    false_negative_cost: float


def analyse_errors(
    ground_truths: Sequence[GroundTruth], detections: Sequence[Detections], class_names: Sequence[str]
) -> ErrorAnalysis | None:
    """Sorts errors by kind; None if there is neither a box that counts nor a detection.

    Args:
      ground_truths: one an image.
      detections: one an image, in the same order. Those of a class id that `class_names` doesn't have are left out.
      class_names: names of class ids 0, 1, ...
    """
    images, outcomes = [], Outcomes(len(class_names))
    for truth, found in zip(ground_truths, detections, strict=True):
        images.append(_ImageAnalysis(truth, found, class_names).run(outcomes))
    if outcomes.empty:
        return None
    counts = dict.fromkeys(ERROR_KINDS, 0)
    for image in images:
        for error in image.detections:
            counts[error.kind] += 1
        counts[MISSED] += sum(missed.kind == MISSED for missed in image.missed)
    costs, false_positive, false_negative = cost_of_kinds(outcomes, ERROR_KINDS, MISSED)
    return ErrorAnalysis(images, counts, costs, false_positive, false_negative)


class _ImageAnalysis:
    """One image; detections by score, boxes without the difficult ones."""

    def __init__(self, truth: GroundTruth, found: Detections, class_names: Sequence[str]):
        self._names = class_names
        known = np.flatnonzero((found.class_ids >= 0) & (found.class_ids < len(class_names)))
        places = known[np.argsort(-found.scores[known], kind="stable")][:MAX_DETECTIONS]
        self._places: list[int] = places.tolist()
        self._scores: list[float] = found.scores[places].astype(np.float64).tolist()
        classes = found.class_ids[places]
        self._classes: list[int] = classes.tolist()
        difficult = truth.difficult.astype(bool)
        easy, hard = np.flatnonzero(~difficult), np.flatnonzero(difficult)
        self._boxes: list[int] = easy.tolist()
        self._box_classes: list[int] = truth.class_ids[easy].tolist()
        boxes = np.array(x_y_width_height(truth.boxes_ymin_xmin_ymax_xmax, truth)).reshape(-1, 4)
        corners = np.array(x_y_width_height(found.boxes_ymin_xmin_ymax_xmax[places], truth)).reshape(-1, 4)
        self._overlaps = _overlaps(corners, boxes[easy], crowd=False)
        self._same = classes[:, None] == truth.class_ids[easy][None]
        in_hard = _overlaps(corners, boxes[hard], crowd=True) * (classes[:, None] == truth.class_ids[hard][None])
        self._in_hard = in_hard.max(axis=1, initial=0) > _FOUND_IOU

    def run(self, outcomes: Outcomes) -> ImageErrors:
        self._match()
        kinds, about = self._kinds()
        found, taken = self._found.tolist(), self._taken.tolist()
        kept_by: dict[int, int] = {}  # box: the strongest error that, put right, would find it
        errors = []
        for index, (kind, box) in enumerate(zip(kinds, about, strict=True)):
            right = found[index] >= 0
            if not right and not kind:
                continue
            fixable = kind in (CLASSIFICATION, LOCALISATION) and not taken[box]
            fixed = fixable and kept_by.setdefault(box, index) == index
            becomes = self._box_classes[box] if fixed else None
            outcomes.add(self._classes[index], self._scores[index], right, kind, becomes)
            if kind:
                errors.append(self._error(index, kind, box))
        missed = []
        for box in np.flatnonzero(~self._taken).tolist():
            missed.append(self._missed(box, kept_by, kinds))
            outcomes.add_missed(self._box_classes[box], fully=missed[-1].kind == MISSED)
        outcomes.add_boxes(self._box_classes)
        return ImageErrors(errors, missed)

    def _match(self) -> None:
        """Strongest first, each detection takes the box of its class that it overlaps most of those left."""
        left = self._overlaps * self._same
        self._found = np.full(len(self._places), -1)
        self._taken = np.zeros(len(self._boxes), bool)
        for index in np.flatnonzero(left.max(axis=1, initial=0) >= _FOUND_IOU):
            box = int(left[index].argmax())
            if left[index, box] >= _FOUND_IOU:
                self._found[index], self._taken[box] = box, True
                left[:, box] = 0

    def _kinds(self) -> tuple[list[str], list[int]]:
        """Kind of each detection ("": none) and the box that it's about (-1: none), in the order of tidecv's tests."""
        wrong = (self._found < 0) & ~self._in_hard
        if not len(self._boxes):
            return [BACKGROUND if of else "" for of in wrong], [-1] * len(wrong)
        kinds, about = np.full(len(wrong), BOTH, object), self._overlaps.argmax(axis=1)
        tests = (
            (BACKGROUND, self._overlaps, lambda most: most <= _BACKGROUND_IOU),
            (DUPLICATE, self._overlaps * self._same * self._taken, lambda most: most >= _FOUND_IOU),
            (CLASSIFICATION, self._overlaps * ~self._same, lambda most: most >= _FOUND_IOU),
            (
                LOCALISATION,
                self._overlaps * self._same,
                lambda most: (most >= _BACKGROUND_IOU) & (most <= _FOUND_IOU),
            ),
        )
        for kind, overlaps, holds in tests:  # the last that holds counts
            held = holds(overlaps.max(axis=1, initial=0))
            kinds[held], about[held] = kind, overlaps.argmax(axis=1)[held]
        about[kinds == BACKGROUND] = -1
        kinds[~wrong] = ""
        return kinds.tolist(), about.tolist()

    def _error(self, index: int, kind: str, box: int) -> DetectionError:
        label, score = self._names[self._classes[index]], self._scores[index]
        if box < 0:
            return DetectionError(self._places[index], kind, None, label, score, "", 0.0)
        overlap, box_label = self._overlaps[index, box], self._names[self._box_classes[box]]
        return DetectionError(self._places[index], kind, self._boxes[box], label, score, box_label, overlap)

    def _missed(self, box: int, kept_by: dict[int, int], kinds: list[str]) -> MissedBox:
        name = self._names[self._box_classes[box]]
        by = kept_by.get(box)
        kind = MISSED if by is None else kinds[by]
        if by is None and len(self._places) and self._overlaps[:, box].max() > 0:
            by = int(self._overlaps[:, box].argmax())
        if by is None:
            return MissedBox(self._boxes[box], kind, f"{name} missed: no detection overlaps it", None)
        nearest = f"{self._called(by)} overlaps it by {_short(self._overlaps[by, box])}"
        return MissedBox(self._boxes[box], kind, f"{name} missed: {nearest}", self._places[by])

    def _called(self, index: int) -> str:
        return f"{self._names[self._classes[index]]} {_short(self._scores[index])}"


def _overlaps(corners: np.ndarray, boxes: np.ndarray, *, crowd: bool) -> np.ndarray:
    """pycocotools' intersection over union of boxes in its own form, [corners, boxes]."""
    if not len(corners) or not len(boxes):
        return np.zeros((len(corners), len(boxes)))
    return np.asarray(pycocotools.mask.iou(corners, boxes, [int(crowd)] * len(boxes)))


def _short(share: float) -> str:
    """ ".83" """
    return f"{share:.2f}".removeprefix("0")
