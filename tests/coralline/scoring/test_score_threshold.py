"""The threshold to use: exact, with counts that hold at the number as it is written."""

import numpy as np

from coralline.scoring import coco
from coralline.scoring.coco import GroundTruth
from coralline.scoring.detection_matching import Matched, total
from coralline.scoring.score_threshold import best_thresholds, counts_at
from coralline.tflite.detections import Detections

CLASSES = ["a", "b", "c"]
BOX, FAR = [0.1, 0.1, 0.5, 0.5], [0.6, 0.6, 0.9, 0.9]


def matches_of(boxes, class_ids, found_boxes, found_ids, scores, difficult=None):
    flags = np.array(difficult or [False] * len(class_ids), bool)
    truth = GroundTruth("a.jpg", 100, 100, np.array(boxes, float).reshape(-1, 4), np.array(class_ids, int), flags)
    corners = np.array(found_boxes, np.float32).reshape(-1, 4)
    found = Detections(corners, np.array(found_ids, int), np.array(scores, np.float32))
    return coco.match_by_coco([truth], [found], CLASSES)


def test_lies_midway_between_what_is_right_and_what_is_wrong():
    thresholds = best_thresholds(matches_of([BOX], [0], [BOX, FAR], [0, 0], [0.8, 0.4]))
    assert 0.6 <= thresholds.overall.score <= 0.601
    assert thresholds.overall.counts.precision == thresholds.overall.counts.recall == 1
    assert thresholds.per_class["a"] == thresholds.overall and thresholds.per_class["b"] is None
    assert thresholds.overall.as_json()["f1"] == 1


def test_is_the_best_that_any_score_gives_and_its_counts_hold_at_three_digits(generate_images):
    truths, detections = generate_images(80, noise=0.03)
    matches = coco.match_by_coco(truths, detections, CLASSES)
    thresholds = best_thresholds(matches)
    scores = np.unique(np.concatenate([of.scores for of in detections]))
    assert thresholds.overall.counts.f1 == max(total(counts_at(matches, score)).f1 for score in scores)
    assert thresholds.overall.score == round(thresholds.overall.score, 3)
    assert total(thresholds.at_overall) == thresholds.overall.counts
    for name, of in thresholds.per_class.items():
        assert counts_at(matches, of.score)[name] == of.counts
        assert of.counts.f1 >= thresholds.at_overall[name].f1


def test_counts_are_those_of_the_slider(generate_images):
    truths, detections = generate_images(40, noise=0.03)
    matches, matched = coco.match_by_coco(truths, detections, CLASSES), Matched(truths, detections, CLASSES)
    for threshold, counts in matched.counts.items():
        assert counts_at(matches, threshold) == counts


def test_scores_closer_than_three_digits_get_a_number_whose_counts_are_told():
    matches = matches_of([BOX], [0], [BOX, FAR], [0, 0], [0.50042, 0.50041])
    best = best_thresholds(matches).overall
    assert counts_at(matches, best.score)["a"] == best.counts and best.counts.false == 1


def test_nothing_found_has_no_threshold():
    for matches in (
        matches_of([BOX], [0], [FAR], [0], [0.9]),
        matches_of([BOX], [0], [], [], []),
        matches_of([], [], [BOX], [0], [0.9]),
        matches_of([BOX], [0], [BOX], [0], [0.9], [True]),
    ):
        thresholds = best_thresholds(matches)
        assert thresholds.overall is None and thresholds.at_overall == {}
        assert thresholds.per_class == dict.fromkeys(CLASSES)
        assert thresholds.as_json()["overall"] is None


def test_says_what_frigates_floor_loses():
    thresholds = best_thresholds(matches_of([BOX, FAR], [0, 1], [BOX, FAR], [0, 1], [0.3, 0.45]))
    assert thresholds.overall.counts.found == 2 and thresholds.overall.below_frigate_floor == 1
    assert thresholds.per_class["a"].below_frigate_floor == 1
    assert thresholds.per_class["b"].as_json()["below_frigate_floor"] == 0
    above = best_thresholds(matches_of([BOX], [0], [BOX, FAR], [0, 0], [0.8, 0.7])).overall
    assert above.score > 0.7 and above.below_frigate_floor == 0


def test_what_has_just_the_score_of_frigates_floor_is_seen_by_it():
    assert best_thresholds(matches_of([BOX], [0], [BOX], [0], [0.4])).overall.below_frigate_floor == 0
