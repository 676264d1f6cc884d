import dataclasses

import numpy as np
import pytest

from coralline.detector.anchors import grid
from coralline.foundation.errors import UserError
from pipeline import preflight
from pipeline.config import Config


def resolve(model, augment=None, train=None):
    config = Config.model_validate({"model": model, "augment": augment or {}, "train": train or {}})
    return preflight.training_settings(config)


def test_input_size_is_the_presets_unless_it_is_set():
    assert resolve({"preset": "mobilenet_v2_320"}).preset.input_size == 320
    assert resolve({"preset": "mobilenet_v2_320", "input_size": 448}).preset.input_size == 448


def test_input_size_that_no_stride_divides_is_refused_with_those_that_fit():
    with pytest.raises(UserError, match="a multiple of 128") as refused:
        resolve({"preset": "mobilenet_v2_256", "input_size": 300})
    assert refused.value.fix == "set it to 256 or 384"


def test_anchors_are_the_presets_unless_they_are_set():
    assert resolve({"preset": "demo_160"}).preset.anchors_per_cell() == 9
    model = {"preset": "demo_160", "anchor_size": 2.0, "num_scales": 2, "aspect_ratios": [1.0, 3.0]}
    preset = resolve(model).preset
    assert (preset.anchor_size, preset.num_scales, preset.aspect_ratios) == (2.0, 2, (1.0, 3.0))
    assert preset.anchors_per_cell() == 4


@pytest.mark.parametrize(
    ("anchors", "found"),
    [
        ({"num_scales": 7}, "7 scales x 3 aspect ratios = 21"),
        ({"aspect_ratios": [0.2 * i for i in range(1, 8)]}, "3 scales x 7 aspect ratios = 21"),
        ({"aspect_ratios": [1.0, 2.0, 1.0]}, r"\[1.0, 2.0, 1.0\]"),
    ],
)
def test_anchors_that_are_too_many_or_the_same_are_refused(anchors, found):
    with pytest.raises(UserError, match=f"found: {found}"):
        resolve({"preset": "mobilenet_v2_256", **anchors})


def bars(count=40):
    """Long thin boxes in images of 512 x 384 pixels: corners, and the longer side of each one's image."""
    rng = np.random.default_rng(1)
    corners = rng.uniform((0, 0), (300, 340), (count, 2))
    return np.hstack([corners, corners + rng.uniform((190, 24), (210, 28), (count, 2))]), np.full(count, 512)


def test_anchors_are_fitted_to_boxes_that_the_presets_do_not_match_in_whatever_order():
    boxes, sides = bars()
    settings = resolve({"preset": "mobilenet_v2_256"})
    fitted = settings.fitted(boxes, sides).preset
    at_input = grid.letterboxed_boxes(boxes, sides, fitted)
    assert grid.fit(at_input, settings.preset).unmatched.all() and not grid.fit(at_input, fitted).unmatched.any()
    assert settings.fitted(boxes[::-1], sides).preset == fitted
    assert fitted.input_size == 256 and fitted.float_steps == settings.preset.float_steps


@pytest.mark.parametrize("model", [{"fit_anchors": False}, {"num_scales": 3}])
def test_anchors_that_are_set_or_must_not_be_fitted_stay(model):
    settings = resolve({"preset": "mobilenet_v2_256", **model})
    assert settings.fitted(*bars()) == settings


def test_the_presets_anchors_stay_where_they_fit_or_where_there_is_no_box():
    settings, squares = resolve({"preset": "mobilenet_v2_256"}), np.array([[20, 20, 90, 90.0]] * 9)
    assert settings.fitted(squares, np.full(9, 256)) == settings
    assert settings.fitted(np.zeros((0, 4)), np.zeros(0)) == settings


def test_averaged_weights_do_not_go_with_a_scaled_loss():
    averaged = {"ema_decay": 0.99, "mixed_precision": "bfloat16"}
    assert resolve({"preset": "demo_160"}, train=averaged).train.ema_decay == 0.99
    with pytest.raises(UserError, match="doesn't go with"):
        resolve({"preset": "demo_160"}, train={**averaged, "mixed_precision": "float16"})


def test_scale_is_the_presets_unless_it_is_set():
    preset = resolve({"preset": "demo_160"}).preset
    assert preset.scale_jitter == (0.9, 1.1)
    settings = resolve({"preset": "demo_160"}, {"scale": [0.5, 2.0], "contrast": [0.8, 1.25]})
    assert (settings.preset.scale_jitter, settings.augment.contrast) == ((0.5, 2.0), (0.8, 1.25))


@pytest.mark.parametrize(("images", "steps"), [(10, 800), (533, 800), (1000, 1500), (50_000, 2000)])
def test_more_images_than_its_steps_see_twelve_times_make_the_float_phase_longer_up_to_a_limit(images, steps):
    settings = resolve({"preset": "mobilenet_v2_256"})
    assert settings.scheduled(images).preset == dataclasses.replace(settings.preset, float_steps=steps)


def test_steps_that_are_set_stay_for_any_data():
    settings = resolve({"preset": "mobilenet_v2_256"}, train={"float_steps": 100})
    assert settings.scheduled(50_000) == settings
