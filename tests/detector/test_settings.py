import pytest

from components.detector.settings import Settings
from components.errors import UserError

TRAIN = {"seed": 1, "checkpoint_every": 100}


def test_input_size_is_the_presets_unless_it_is_set():
    assert Settings.resolve({"preset": "mobilenet_v2_320"}, TRAIN).preset.input_size == 320
    assert Settings.resolve({"preset": "mobilenet_v2_320", "input_size": 448}, TRAIN).preset.input_size == 448


def test_input_size_that_no_stride_divides_is_refused_with_those_that_fit():
    with pytest.raises(UserError, match="a multiple of 128") as refused:
        Settings.resolve({"preset": "mobilenet_v2_256", "input_size": 300}, TRAIN)
    assert refused.value.mend == "set it to 256 or 384"
