"""Scores against what COCO's own summary says, and against cases that can be told by hand."""

import contextlib
import io

import numpy as np
import pytest

from coralline.scoring.coco import ClassCounts, Figures, GroundTruth, score
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


CLASSES = ["a", "b", "c"]
BOX, OTHER = [0.1, 0.1, 0.5, 0.5], [0.6, 0.6, 0.9, 0.9]


def test_perfect_detections_score_one():
    figures = score([truth([BOX, OTHER], [0, 1])], [found([BOX, OTHER], [0, 1], [0.9, 0.8])], ["cat", "dog"])
    assert (figures.ap, figures.ap50, figures.ap75) == pytest.approx((1, 1, 1))
    assert figures.per_class == pytest.approx({"cat": 1, "dog": 1})
    named = figures.as_json()
    assert (named["AP"], named["AR1"], named["per_class_AP50"]) == (figures.ap, figures.ar1, figures.per_class_ap50)
    assert named["class_counts"]["cat"] == {"images": 1, "boxes": 1}


def test_right_box_of_the_wrong_class_scores_zero():
    assert score([truth([BOX], [0])], [found([BOX], [1], [0.9])], ["cat", "dog"]).ap50 == 0


def test_no_detections_score_zero_not_none():
    assert score([truth([BOX], [0])], [found([], [], [])], ["cat"]).ap == 0.0


def test_class_without_ground_truth_is_none_and_out_of_the_mean():
    figures = score([truth([BOX], [0])], [found([BOX, OTHER], [0, 1], [0.9, 0.9])], ["cat", "dog"])
    assert figures.per_class == {"cat": pytest.approx(1), "dog": None}
    assert figures.ap == pytest.approx(1)


def test_no_ground_truth_at_all_is_none():
    figures = score([truth([], [])], [found([BOX], [0], [0.9])], ["cat"])
    nothing = {"cat": ClassCounts(0, 0)}
    assert figures == Figures(None, None, None, {"cat": None}, per_class_ap50={"cat": None}, class_counts=nothing)
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


def test_sizes_are_in_pixels_of_the_upright_image():
    small, large = [0.0, 0.0, 0.3, 0.1], [0.2, 0.2, 0.9, 0.9]
    image = truth([small, large], [0, 0], size=(100, 300))  # 30 x 30 and 70 x 210 pixels
    figures = score([image], [found([large], [0], [0.9])], ["cat"])
    assert (figures.ap_small, figures.ap_medium, figures.ap_large) == (0, None, pytest.approx(1))


def test_recall_counts_the_strongest_detections_of_an_image_and_class():
    image = truth([BOX, OTHER], [0, 0])
    figures = score([image], [found([BOX, OTHER], [0, 0], [0.9, 0.8])], ["cat"])
    assert (figures.ar1, figures.ar10, figures.ar100) == (0.5, 1, 1)


def test_counts_leave_difficult_boxes_out():
    images = [truth([BOX, OTHER], [0, 0]), truth([BOX], [0]), truth([BOX], [0], [True])]
    counts = score(images, [found([], [], [])] * 3, ["cat", "dog"]).class_counts
    assert (counts["cat"].images, counts["cat"].boxes, counts["dog"].boxes) == (2, 3, 0)


@pytest.mark.parametrize("count", [50, pytest.param(5000, marks=pytest.mark.slow)])
def test_agrees_with_cocos_own_summary(generate_images, count):
    truths, detections = generate_images(count)
    figures = score(truths, detections, CLASSES)
    ours = [figures.ap, figures.ap50, figures.ap75, figures.ap_small, figures.ap_medium, figures.ap_large]
    ours += [figures.ar1, figures.ar10, figures.ar100]
    assert ours == pytest.approx(coco_summary(truths, detections)[:9], abs=1e-9)
    assert figures.per_class["a"] == pytest.approx(coco_summary(truths, detections, only="a")[0], abs=1e-9)
    assert figures.per_class_ap50["c"] == pytest.approx(coco_summary(truths, detections, only="c")[1], abs=1e-9)


def coco_summary(truths, detections, only=None):
    """COCO's own figures: `COCOeval.summarize` with its defaults, on annotations written here."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    rows, found_rows = [], []
    for image_id, (image, seen) in enumerate(zip(truths, detections, strict=True), start=1):
        for box, class_id, hard in zip(image.boxes_ymin_xmin_ymax_xmax, image.class_ids, image.difficult, strict=True):
            rows.append(coco_row(image_id, box, class_id, image, iscrowd=int(hard), id=len(rows) + 1))
        for box, class_id, confidence in zip(seen.boxes_ymin_xmin_ymax_xmax, seen.class_ids, seen.scores, strict=True):
            found_rows.append(coco_row(image_id, box, class_id, image, score=float(confidence)))
    coco = COCO()
    coco.dataset = {
        "info": {},
        "images": [{"id": i + 1} for i in range(len(truths))],
        "categories": [{"id": i + 1} for i in range(len(CLASSES))],
        "annotations": rows,
    }
    with contextlib.redirect_stdout(io.StringIO()):
        coco.createIndex()
        evaluation = COCOeval(coco, coco.loadRes(found_rows), "bbox")
        if only:
            evaluation.params.catIds = [CLASSES.index(only) + 1]
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation.stats


def coco_row(image_id, box, class_id, image, **more):
    ymin, xmin, ymax, xmax = box * np.array([image.height, image.width, image.height, image.width], np.float64)
    return {
        "image_id": image_id,
        "category_id": int(class_id) + 1,
        "bbox": [xmin, ymin, xmax - xmin, ymax - ymin],
        "area": (xmax - xmin) * (ymax - ymin),
        **more,
    }


def test_prints_nothing(capfd):
    score([truth([BOX], [0])], [found([BOX], [0], [0.9])], ["cat"])
    assert capfd.readouterr() == ("", "")
