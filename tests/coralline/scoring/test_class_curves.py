"""Curves and calibration, on cases that can be told by hand."""

import numpy as np
import pytest

from coralline.scoring import coco
from coralline.scoring.class_curves import class_curves, reliability
from coralline.scoring.coco import GroundTruth
from coralline.tflite.detections import Detections

CLASSES = ["a", "b"]
BOX, FAR = [0.1, 0.1, 0.5, 0.5], [0.6, 0.6, 0.9, 0.9]


def matches_of(boxes, found_boxes, scores, difficult=None):
    flags = np.array(difficult or [False] * len(boxes), bool)
    none = np.zeros(len(boxes), int)
    truth = GroundTruth("a.jpg", 100, 100, np.array(boxes, float).reshape(-1, 4), none, flags)
    corners = np.array(found_boxes, np.float32).reshape(-1, 4)
    found = Detections(corners, np.zeros(len(corners), int), np.array(scores, np.float32))
    return coco.match_by_coco([truth], [found], CLASSES)


def test_one_point_a_distinct_score():
    curve = class_curves(matches_of([BOX, FAR], [BOX, [0, 0, 0.05, 0.05], FAR], [0.75, 0.5, 0.5]))["a"]
    assert curve.scores.tolist() == [0.75, 0.5]
    assert curve.precision.tolist() == [1, pytest.approx(2 / 3)]
    assert curve.recall.tolist() == [0.5, 1]
    assert curve.f1.tolist() == [pytest.approx(2 / 3), pytest.approx(0.8)]
    assert set(curve.as_json()) == {"scores", "precision", "recall", "f1"}


def test_no_box_or_no_detection_has_no_curve():
    assert class_curves(matches_of([], [BOX], [0.9])) == {"a": None, "b": None}
    assert class_curves(matches_of([BOX], [], []))["a"] is None
    assert class_curves(matches_of([BOX], [BOX], [0.9], [True]))["a"] is None


def test_area_under_the_curve_is_ap50(generate_images):
    truths, detections = generate_images(40, noise=0.03)
    matches = coco.match_by_coco(truths, detections, ["a", "b", "c"])
    for name, curve in class_curves(matches).items():
        best_from_here = np.maximum.accumulate(curve.precision[::-1])[::-1]
        places = np.searchsorted(curve.recall, np.linspace(0, 1, 101))
        area = best_from_here[places[places < len(curve.scores)]].sum() / 101
        assert area == pytest.approx(coco.figures_of(matches).per_class_ap50[name], abs=0.01)


def test_thinned_keeps_the_ends_and_the_best(generate_images):
    matches = coco.match_by_coco(*generate_images(60), ["a", "b", "c"])
    curve = class_curves(matches)["a"]
    thin = curve.thinned(20)
    assert len(thin.scores) <= 20 < len(curve.scores)
    assert (thin.scores[0], thin.scores[-1], thin.f1.max()) == (curve.scores[0], curve.scores[-1], curve.f1.max())
    assert thin.thinned(20) is thin


def test_calibration_compares_scores_with_the_share_that_is_right():
    calibration = reliability(matches_of([BOX], [BOX, FAR, FAR], [0.75, 0.75, 1.0]))
    of = calibration.bins[7]
    assert (of.low, of.high, of.count, of.mean_score, of.share_right) == (0.7, 0.8, 2, 0.75, 0.5)
    assert calibration.bins[9].count == 1 and calibration.bins[0].mean_score is None
    assert calibration.expected_error == pytest.approx((2 * 0.25 + 1) / 3)
    assert calibration.as_json()["bins"][7]["count"] == 2


def test_detections_of_difficult_boxes_are_not_judged():
    assert reliability(matches_of([BOX], [BOX], [0.9], [True])) is None
    assert reliability(matches_of([BOX], [], [])) is None
