import pytest

from components.errors import UserError
from pipeline import preflight
from pipeline.config import Config


def resolve(model, augment=None):
    config = Config.model_validate({"model": model, "augment": augment or {}})
    return preflight.training_settings(config)


def test_input_size_is_the_presets_unless_it_is_set():
    assert resolve({"preset": "mobilenet_v2_320"}).preset.input_size == 320
    assert resolve({"preset": "mobilenet_v2_320", "input_size": 448}).preset.input_size == 448


def test_input_size_that_no_stride_divides_is_refused_with_those_that_fit():
    with pytest.raises(UserError, match="a multiple of 128") as refused:
        resolve({"preset": "mobilenet_v2_256", "input_size": 300})
    assert refused.value.mend == "set it to 256 or 384"


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


def test_scale_is_the_presets_unless_it_is_set():
    preset = resolve({"preset": "demo_160"}).preset
    assert preset.scale_jitter == (0.9, 1.1)
    settings = resolve({"preset": "demo_160"}, {"scale": [0.5, 2.0], "contrast": [0.8, 1.25]})
    assert (settings.preset.scale_jitter, settings.augmentation.contrast) == ((0.5, 2.0), (0.8, 1.25))
