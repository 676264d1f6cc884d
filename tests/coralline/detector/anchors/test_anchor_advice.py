"""What is advised where a preset's anchors fit badly."""

import dataclasses
import shlex

import numpy as np
import pytest
import yaml

from coralline.data.boxes import Boxes
from coralline.detector.anchors.anchor_advice import advise
from coralline.detector.anchors.anchor_fit import PresetFit
from coralline.detector.presets import PRESETS
from pipeline import preflight
from pipeline.config import load_config

DEFAULT = PRESETS["mobilenet_v2_256"]
GOOD, SMALL = (60, 60, 110, 110), (30, 30, 42, 42)
RNG = np.random.default_rng(0)


def fit_of(*images, preset=DEFAULT):
    return PresetFit.of(Boxes.of(images), preset)


def scattered(widths, heights):
    """Boxes of these sizes anywhere in an image of 256 pixels."""
    widths, heights = np.broadcast_arrays(widths, heights)
    x, y = (RNG.uniform(0, 256 - sides) for sides in (widths, heights))
    return np.stack([x, y, x + widths, y + heights], axis=1).tolist()


LONG = scattered(RNG.uniform(100, 140, 40), RNG.uniform(13, 17, 40))
TINY = scattered(RNG.uniform(8, 14, 40), RNG.uniform(8, 14, 40))
LOOSE = scattered(widths := RNG.uniform(90, 140, 40), widths / 3.3)


def test_where_boxes_fit_nothing_is_advised(make_image):
    assert advise(fit_of(make_image("a.jpg", [GOOD] * 9))) is None
    assert advise(fit_of(make_image("a.jpg", []))) is None and advise(fit_of()) is None
    one_huge = make_image("a.jpg", [(2, 8, 252, 248)])
    assert advise(fit_of(one_huge)) is None


def test_other_anchors_are_advised_where_they_are_enough(make_image):
    advice = advise(fit_of(make_image("a.jpg", LONG)))
    assert set(advice.settings()) <= {"model.anchor_size", "model.num_scales", "model.aspect_ratios"}
    assert advice.now.unmatched == 40 and advice.then.unmatched <= 4 and advice.then.fit.mean_iou > 0.6
    assert all(ratio > 1 for ratio in advice.settings()["model.aspect_ratios"])
    assert "a cell" in advice.sentence() and "input" not in advice.sentence()


def test_a_larger_input_with_other_anchors_is_advised_where_neither_alone_is_enough(make_image):
    advice = advise(fit_of(make_image("a.jpg", TINY)))
    assert {"model.input_size", "model.anchor_size"} <= set(advice.settings())
    assert advice.then.unmatched <= 4 and "its cost grows with the square" in advice.sentence()
    same_input = advise(fit_of(make_image("a.jpg", TINY), preset=advice.then.preset))
    assert same_input is None or "model.anchor_size" not in same_input.settings()


def test_anchors_that_match_but_loosely_are_told_where_others_come_closer(make_image):
    advice = advise(fit_of(make_image("a.jpg", LOOSE)))
    assert advice.now.unmatched == 0 and "would raise the mean best IoU from 0.6" in advice.sentence()


def test_what_is_advised_can_be_pasted_behind_a_command(make_image):
    advice = advise(fit_of(make_image("a.jpg", LONG)))
    words = shlex.split(advice.arguments())
    assert words[::2] == ["--set"] * (len(words) // 2)
    pasted = dict(word.split("=", 1) for word in words[1::2])
    config = load_config(
        None, {"model.preset": DEFAULT.name, **{key: yaml.safe_load(value) for key, value in pasted.items()}}
    )
    assert preflight.training_settings(config).preset == advice.then.preset


def test_another_preset_takes_over_only_what_the_configuration_leaves_to_it(make_image):
    images = [make_image("a.jpg", [(20, 20, 45, 45)])]
    advice = advise(fit_of(*images, preset=dataclasses.replace(PRESETS["demo_160"], num_scales=2)))
    assert advice.settings()["model.preset"] == "mobilenet_v2_035_192" and advice.settings()["model.num_scales"] == 3


def test_the_same_boxes_lead_to_the_same_advice(make_image):
    images = [make_image("a.jpg", TINY)]
    assert advise(fit_of(*images)).settings() == advise(fit_of(*images)).settings()


@pytest.mark.parametrize("few", [1, 2])
def test_one_or_two_boxes_are_no_reason_for_other_anchors(make_image, few):
    advice = advise(fit_of(make_image("a.jpg", [*[GOOD] * 10, *LONG[:few]])))
    assert advice.sentence() == "a larger input would hardly help; look at these boxes: they are tiny, or long and thin"
    advice = advise(fit_of(make_image("a.jpg", [*[GOOD] * 10, *[SMALL] * few])))
    assert advice.sentence() == "model.input_size: 384 would match them all (its cost grows with the square)"


def test_a_few_odd_boxes_among_very_many_are_not_overlooked(make_image):
    boxes = Boxes.of([make_image("a.jpg", [*[GOOD] * 20_000, *[SMALL] * 5])])
    advice = advise(PresetFit.of(boxes, DEFAULT))
    assert advice.sentence() == "model.input_size: 384 would match them all (its cost grows with the square)"


def test_a_preset_is_advised_where_that_is_enough(make_image):
    of = fit_of(make_image("a.jpg", [(20, 20, 45, 45)]), preset=PRESETS["demo_160"])
    assert of.unmatched == 1
    told = "model.preset: mobilenet_v2_035_192 would match them all (its input is of 192 pixels)"
    assert advise(of).sentence() == told


def test_nothing_is_advised_where_nothing_would_help(make_image):
    points = scattered(np.full(30, 0.5), 0.5)
    advice = advise(fit_of(make_image("a.jpg", points)))
    assert advice.then is None and advice.settings() == {} and advice.arguments() == ""
    assert advice.sentence().startswith("neither a larger input nor other anchors would help much")


def test_anchors_that_match_a_small_class_are_advised_though_they_lie_less_close_to_the_others(make_image):
    """As for red blood cells and platelets."""
    middling = scattered(RNG.uniform(36, 46, 180), RNG.uniform(36, 46, 180))
    platelets = scattered(RNG.uniform(14, 16, 20), RNG.uniform(14, 16, 20))
    advice = advise(fit_of(make_image("a.jpg", middling + platelets)))
    assert advice.now.unmatched == 20 and advice.settings()["model.anchor_size"] < DEFAULT.anchor_size
    assert "model.input_size" not in advice.settings() and advice.then.unmatched <= 4
    assert 0.65 <= advice.then.fit.mean_iou < advice.now.fit.mean_iou
