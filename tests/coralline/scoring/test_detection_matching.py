"""Who found whom, and the counts that a reader of the report sees."""

import numpy as np
import pytest

from coralline.scoring.coco import GroundTruth
from coralline.scoring.detection_matching import IGNORED, RIGHT, WRONG, Matched, match, total
from coralline.tflite.detections import Detections

BOX, NEAR, FAR = [0.1, 0.1, 0.5, 0.5], [0.1, 0.1, 0.5, 0.45], [0.6, 0.6, 0.9, 0.9]


def truth(boxes, class_ids, difficult=None):
    flags = np.array(difficult or [False] * len(class_ids), bool)
    return GroundTruth("a.jpg", 100, 100, np.array(boxes, float).reshape(-1, 4), np.array(class_ids, int), flags)


def found(boxes, class_ids, scores):
    return Detections(
        np.array(boxes, np.float32).reshape(-1, 4), np.array(class_ids, int), np.array(scores, np.float32)
    )


def test_strongest_detection_takes_the_box_and_a_second_one_is_wrong():
    matched = match(truth([BOX], [0]), found([NEAR, BOX], [0, 0], [0.9, 0.8]))
    assert matched.outcomes == [RIGHT, WRONG]
    assert matched.found_with == pytest.approx([0.9])


def test_detection_of_another_class_or_place_is_wrong():
    matched = match(truth([BOX], [0]), found([BOX, FAR], [1, 0], [0.9, 0.8]))
    assert matched.outcomes == [WRONG, WRONG] and matched.found_with == [None]


def test_difficult_box_is_neither_right_nor_wrong_nor_missed():
    image, detections = truth([BOX], [0], [True]), found([BOX], [0], [0.9])
    matched = match(image, detections)
    assert matched.outcomes == [IGNORED]
    assert matched.mistakes(image, detections, 0.5) == 0


def test_detection_within_a_difficult_box_is_neither_right_nor_wrong():
    part = [0.1, 0.1, 0.3, 0.3]  # a quarter of the box, but all of itself: as COCO takes crowds
    assert match(truth([BOX], [0], [True]), found([part], [0], [0.9])).outcomes == [IGNORED]


@pytest.mark.parametrize(("threshold", "mistakes"), [(0.0, 1), (0.85, 0), (0.95, 1)])
def test_mistakes_follow_the_threshold(threshold, mistakes):
    image, detections = truth([BOX], [0]), found([BOX, FAR], [0, 0], [0.9, 0.8])
    assert match(image, detections).mistakes(image, detections, threshold) == mistakes


def test_counts_are_by_class_and_add_up():
    images = [truth([BOX, FAR], [0, 1]), truth([BOX], [0])]
    detections = [found([BOX, BOX], [0, 1], [0.9, 0.7]), found([], [], [])]
    matched = Matched(images, detections, ["a", "b"])
    counts = matched.counts[0.5]
    assert (counts["a"].boxes, counts["a"].found, counts["a"].false) == (2, 1, 0)
    assert (counts["b"].boxes, counts["b"].found, counts["b"].false) == (1, 0, 1)
    everything = total(counts)
    assert (everything.precision, everything.recall) == (pytest.approx(1 / 2), pytest.approx(1 / 3))
    assert counts["b"].precision == 0 and total({}).precision is None
    assert matched.mistakes(0.5) == [2, 1]


def test_best_threshold_keeps_what_is_right_and_drops_what_is_wrong():
    images, detections = [truth([BOX], [0])], [found([BOX, FAR], [0, 0], [0.8, 0.4])]
    assert Matched(images, detections, ["a"]).best_threshold == 0.65  # the middle of 0.45 .. 0.8


def test_images_without_boxes_or_detections_match():
    empty = match(truth([], []), found([], [], []))
    assert empty.outcomes == [] and empty.found_with == []
