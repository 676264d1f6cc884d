"""Scores against what COCO's own summary says, and against cases that can be told by hand."""

import contextlib
import io

import numpy as np
import pytest

from coralline.scoring.coco import Figures, GroundTruth, score
from coralline.tflite.detections import Detections


def truth(boxes, class_ids, difficult=None, size=(100, 200)):
    return GroundTruth(
        name="a.jpg",
        height=size[0],
        width=size[1],
        boxes_ymin_xmin_ymax_xmax=np.array(boxes, np.float32).reshape(-1, 4),
        class_ids=np.array(class_ids, np.int64),
        difficult=np.array(difficult if difficult is not None else [False] * len(class_ids), bool),
    )


def found(boxes, class_ids, scores):
    return Detections(
        np.array(boxes, np.float32).reshape(-1, 4), np.array(class_ids, np.int64), np.array(scores, np.float32)
    )


BOX, OTHER = [0.1, 0.1, 0.5, 0.5], [0.6, 0.6, 0.9, 0.9]


def test_perfect_detections_score_one():
    figures = score([truth([BOX, OTHER], [0, 1])], [found([BOX, OTHER], [0, 1], [0.9, 0.8])], ["cat", "dog"])
    assert (figures.ap, figures.ap50, figures.ap75) == pytest.approx((1, 1, 1))
    assert figures.per_class == pytest.approx({"cat": 1, "dog": 1})
    assert set(figures.as_json()) == {"AP", "AP50", "AP75", "per_class"}


def test_right_box_of_the_wrong_class_scores_zero():
    assert score([truth([BOX], [0])], [found([BOX], [1], [0.9])], ["cat", "dog"]).ap50 == 0


def test_no_detections_score_zero_not_none():
    assert score([truth([BOX], [0])], [found([], [], [])], ["cat"]) == Figures(0.0, 0.0, 0.0, {"cat": 0.0})


def test_class_without_ground_truth_is_none_and_out_of_the_mean():
    figures = score([truth([BOX], [0])], [found([BOX, OTHER], [0, 1], [0.9, 0.9])], ["cat", "dog"])
    assert figures.per_class == {"cat": pytest.approx(1), "dog": None}
    assert figures.ap == pytest.approx(1)


def test_no_ground_truth_at_all_is_none():
    assert score([truth([], [])], [found([BOX], [0], [0.9])], ["cat"]) == Figures(None, None, None, {"cat": None})
    assert score([], [], ["cat"]).ap is None


def test_only_difficult_ground_truth_is_none():
    assert score([truth([BOX], [0], [True])], [found([BOX], [0], [0.9])], ["cat"]).ap is None


def test_finding_a_difficult_box_is_neither_right_nor_wrong():
    truths = [truth([BOX, OTHER], [0, 0], [False, True])]
    missed = score(truths, [found([BOX], [0], [0.5])], ["cat"])
    hit = score(truths, [found([OTHER, BOX], [0, 0], [0.9, 0.5])], ["cat"])
    assert missed.ap == hit.ap == pytest.approx(1)


def test_boxes_of_different_images_do_not_meet():
    figures = score([truth([BOX], [0]), truth([], [])], [found([], [], []), found([BOX], [0], [0.9])], ["cat"])
    assert figures.ap50 == 0


def test_class_ids_beyond_the_names_are_left_out():
    assert score([truth([BOX], [0])], [found([BOX, BOX], [7, 0], [0.9, 0.8])], ["cat"]).ap == pytest.approx(1)


def test_agrees_with_cocos_own_summary_on_random_boxes():
    random = np.random.default_rng(0)
    truths, detections, coco_truth, coco_found = [], [], [], []
    for image_id in range(1, 31):
        height, width = random.integers(50, 400, 2)
        corners = random.uniform(0, 0.6, (6, 2))
        boxes = np.concatenate([corners, corners + random.uniform(0.05, 0.4, (6, 2))], axis=1)
        classes, difficult = random.integers(0, 3, 6), random.random(6) < 0.2
        shifted = np.concatenate([boxes + random.normal(0, 0.02, boxes.shape), boxes[::2] + 0.1])
        named, scores = np.concatenate([classes, classes[::2]]), random.random(9)
        truths.append(GroundTruth("", height, width, boxes, classes, difficult))
        detections.append(Detections(shifted, named, scores))
        for box, class_id, hard in zip(boxes, classes, difficult, strict=True):
            row = coco_row(image_id, box, class_id, height, width, iscrowd=int(hard), id=len(coco_truth) + 1)
            coco_truth.append(row)
        for box, class_id, confidence in zip(shifted, named, scores, strict=True):
            coco_found.append(coco_row(image_id, box, class_id, height, width, score=confidence))
    figures = score(truths, detections, ["a", "b", "c"])
    assert [figures.ap, figures.ap50, figures.ap75] == pytest.approx(
        coco_summary(coco_truth, coco_found, images=30, classes=3), abs=1e-12
    )


def coco_row(image_id, box, class_id, height, width, **more):
    ymin, xmin, ymax, xmax = box * [height, width, height, width]
    area = (xmax - xmin) * (ymax - ymin)
    return {
        "image_id": image_id,
        "category_id": int(class_id) + 1,
        "bbox": [xmin, ymin, xmax - xmin, ymax - ymin],
        "area": area,
        **more,
    }


def coco_summary(truths, detections, images, classes):
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    coco = COCO()
    coco.dataset = {
        "info": {},
        "images": [{"id": i + 1} for i in range(images)],
        "categories": [{"id": i + 1} for i in range(classes)],
        "annotations": truths,
    }
    with contextlib.redirect_stdout(io.StringIO()):
        coco.createIndex()
        evaluation = COCOeval(coco, coco.loadRes(detections), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation.stats[:3]


def test_prints_nothing(capfd):
    score([truth([BOX], [0])], [found([BOX], [0], [0.9])], ["cat"])
    assert capfd.readouterr() == ("", "")
