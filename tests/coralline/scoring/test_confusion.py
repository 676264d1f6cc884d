"""Which class is taken for which."""

import numpy as np
import pytest

from coralline.scoring.coco import GroundTruth
from coralline.scoring.confusion import confusion_matrix
from coralline.tflite.detections import Detections

BOX, FAR, THIRD = [0.1, 0.1, 0.5, 0.5], [0.6, 0.6, 0.9, 0.9], [0.0, 0.6, 0.1, 0.9]


def matrix(class_ids, found_boxes, found_ids, scores, difficult=(False, False)):
    truth = GroundTruth("a.jpg", 100, 100, np.array([BOX, FAR]), np.array(class_ids), np.array(difficult))
    corners = np.array(found_boxes, np.float32).reshape(-1, 4)
    found = Detections(corners, np.array(found_ids, int), np.array(scores, np.float32))
    return confusion_matrix([truth], [found], ["a", "b"], 0.5).counts.tolist()


def test_rows_are_what_is_there_and_columns_what_was_found():
    assert matrix([0, 1], [BOX, FAR, THIRD], [0, 0, 1], [0.9, 0.8, 0.7]) == [[1, 0, 0], [1, 0, 0], [0, 1, 0]]


def test_weak_detections_do_not_count():
    assert matrix([0, 1], [BOX], [0], [0.4]) == [[0, 0, 1], [0, 0, 1], [0, 0, 0]]


def test_strongest_takes_the_box_whatever_its_class():
    assert matrix([0, 1], [BOX, BOX], [0, 1], [0.7, 0.9]) == [[0, 1, 0], [0, 0, 1], [1, 0, 0]]


def test_difficult_boxes_and_unknown_classes_do_not_count():
    assert matrix([0, 1], [BOX, FAR], [0, 7], [0.9, 0.9], (True, False)) == [[0, 0, 0], [0, 0, 1], [0, 0, 0]]


@pytest.mark.parametrize("count", [0, 40])
def test_every_box_is_counted_once(generate_images, count):
    truths, detections = generate_images(count)
    counts = confusion_matrix(truths, detections, ["a", "b", "c"], 0.3).counts
    assert counts[:3].sum() == sum((~truth.difficult).sum() for truth in truths)
