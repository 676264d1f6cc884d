"""Intervals: the figures of images really drawn again, and what too few images give."""

import numpy as np
import pytest

from coralline.scoring import coco, intervals
from coralline.scoring.coco import GroundTruth
from coralline.scoring.intervals import Interval, paired_difference, resample
from coralline.tflite.detections import Detections

CLASSES = ["a", "b", "c"]
BOX = np.array([[0.1, 0.1, 0.5, 0.5]])


def matched(truths, detections):
    return coco.match_by_coco(truths, detections, CLASSES)


def one_image(name="a.jpg", difficult=False):
    return GroundTruth(name, 100, 100, BOX, np.array([0]), np.array([difficult]))


def seen(score):
    return Detections(BOX.astype(np.float32), np.array([0]), np.array([score], np.float32))


NOTHING = Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.int64), np.zeros(0, np.float32))


def test_each_draw_gives_the_figures_of_the_images_it_drew(generate_images):
    truths, detections = generate_images(12)
    matches = matched(truths, detections)
    resampled = resample(matches, draws=8)
    weights = intervals._draw(12, 8)
    for draw in range(8):
        drawn = np.repeat(np.arange(12), weights[draw])
        figures = coco.score([truths[i] for i in drawn], [detections[i] for i in drawn], CLASSES)
        for name in ("ap", "ap50", "ap75", "ap_small", "ap_medium", "ap_large", "ar100"):
            expected = getattr(figures, name)
            told = resampled.figures[name][draw]
            assert np.isnan(told) if expected is None else told == pytest.approx(expected, abs=1e-9), name
        assert [of[draw] for of in resampled.per_class.values()] == pytest.approx(
            [np.nan if ap is None else ap for ap in figures.per_class.values()], abs=1e-9, nan_ok=True
        )


def test_intervals_hold_the_figures_and_narrow_with_more_images(generate_images):
    few, many = (generate_images(count) for count in (20, 200))
    figures, of_few, of_many = (
        coco.score(*many, CLASSES),
        resample(matched(*few)).intervals(),
        resample(matched(*many)).intervals(),
    )
    assert of_many.ap.low < figures.ap < of_many.ap.high
    assert of_many.per_class["b"].low < figures.per_class["b"] < of_many.per_class["b"].high
    assert of_many.ap.width < 0.6 * of_few.ap.width
    assert of_few.as_json()["AP"] == {"low": of_few.ap.low, "high": of_few.ap.high}


def test_difference_on_the_same_images_is_told_from_chance_where_separate_intervals_overlap(generate_images):
    truths, good = generate_images(60, noise=0.010)
    worse = [Detections(of.boxes_ymin_xmin_ymax_xmax + 0.01, of.class_ids, of.scores) for of in good]
    first, second = resample(matched(truths, good)), resample(matched(truths, worse))
    alone, paired = first.intervals().ap, paired_difference(second, first)
    assert alone.low < second.intervals().ap.high
    assert paired.high < 0
    assert paired_difference(first, first) == Interval(0, 0)


@pytest.mark.parametrize(
    ("truths", "detections"),
    [
        ([one_image()], [seen(0.9)]),
        ([one_image(), one_image("b.jpg", difficult=True)], [seen(0.9)] * 2),
        ([one_image("a.jpg", difficult=True)] * 3, [seen(0.9)] * 3),
        ([], []),
    ],
    ids=["one image", "one image that counts", "nothing to find", "no image"],
)
def test_fewer_than_two_images_with_a_box_give_no_interval(truths, detections):
    resampled = resample(matched(truths, detections))
    told = resampled.intervals()
    assert told.ap is None and told.ar100 is None and told.per_class == dict.fromkeys(CLASSES)
    assert paired_difference(resampled, resampled) is None
    assert told.as_json()["AP"] is None


def test_no_detections_give_zero():
    told = resample(matched([one_image(), one_image("b.jpg")], [NOTHING] * 2)).intervals()
    assert told.ap == Interval(0, 0) and told.ar100 == Interval(0, 0)


def test_a_draw_without_a_class_leaves_the_class_out(generate_images):
    truths, detections = generate_images(6, boxes=1)
    resampled = resample(matched(truths, detections))
    assert any(np.isnan(of).any() for of in resampled.per_class.values())
    assert not np.isnan(resampled.figures["ap"]).all() and resampled.intervals().ap is not None


def test_intervals_of_a_set_of_more_detections_than_fit_at_once_are_the_same(generate_images, monkeypatch):
    matches = matched(*generate_images(30))
    whole = resample(matches).intervals()
    monkeypatch.setattr("coralline.scoring.coco_matches._CELLS_AT_ONCE", 1000)
    assert resample(matches).intervals() == whole


def test_sentence_says_how_little_few_images_tell():
    assert intervals.reach_of_images(Interval(0.5, 0.7), 30) == (
        "With 30 images AP is known to within 0.500 to 0.700 (95 % interval): other images of the same kind could move "
        "it by about 0.10 either way. Four times as many images halve that."
    )
    assert "too few" in intervals.reach_of_images(None, 1)
    assert intervals.reach_of_images(Interval(0.61, 0.62), 5000).endswith("(95 % interval).")
