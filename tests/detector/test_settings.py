import pytest

from components.detector.settings import Settings
from components.errors import UserError

TRAIN = {"seed": 1, "checkpoint_every": 100}
AUGMENT = {"horizontal_flip": 0.5}


def test_input_size_is_the_presets_unless_it_is_set():
    assert Settings.resolve({"preset": "mobilenet_v2_320"}, TRAIN, AUGMENT).preset.input_size == 320
    assert Settings.resolve({"preset": "mobilenet_v2_320", "input_size": 448}, TRAIN, AUGMENT).preset.input_size == 448


def test_input_size_that_no_stride_divides_is_refused_with_those_that_fit():
    with pytest.raises(UserError, match="a multiple of 128") as refused:
        Settings.resolve({"preset": "mobilenet_v2_256", "input_size": 300}, TRAIN, AUGMENT)
    assert refused.value.mend == "set it to 256 or 384"


def test_scale_is_the_presets_unless_it_is_set():
    preset = Settings.resolve({"preset": "demo_160"}, TRAIN, AUGMENT).preset
    assert preset.scale_jitter == (0.9, 1.1)
    settings = Settings.resolve({"preset": "demo_160"}, TRAIN, AUGMENT | {"scale": [0.5, 2.0], "contrast": [0.8, 1.25]})
    assert (settings.preset.scale_jitter, settings.augmentation.contrast) == ((0.5, 2.0), (0.8, 1.25))
