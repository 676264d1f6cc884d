import re

import numpy as np
import pytest
import tensorflow as tf

from coralline.detector import presets
from coralline.detector.network import model_garden as garden
from coralline.detector.network import pixels, quantization
from coralline.detector.network.pixels import normalize
from coralline.foundation.errors import UserError

pytestmark = pytest.mark.slow


def test_raw_pixels_are_the_quantized_input():
    raw = np.arange(256, dtype=np.uint8)
    quantized = np.round(pixels.normalize(raw).numpy() / pixels.SCALE) + pixels.ZERO_POINT
    assert np.array_equal(quantized, raw)


@pytest.mark.parametrize("name", presets.PRESETS)
def test_anchors_lie_around_the_input_and_match_the_outputs_in_number(name):
    preset = presets.get(name)
    anchors = garden.build_anchors(preset).ycenter_xcenter_h_w
    cells = sum((preset.input_size // 2**level) ** 2 for level in range(preset.min_level, preset.max_level + 1))
    assert anchors.shape == (cells * preset.anchors_per_cell(), 4)
    assert anchors[:, :2].min() > 0 and anchors[:, :2].max() < 1
    assert preset.input_size % 2**preset.max_level == 0


def test_quantization_aware_model_says_what_the_float_model_says(detector):
    images = normalize(detector.images)
    raw = [garden.raw_outputs(model, images, 3) for model in (detector.float_model, detector.qat_model)]
    for of_float, of_qat in zip(*raw, strict=True):
        assert np.corrcoef(np.ravel(of_float), np.ravel(of_qat))[0, 1] > 0.7


def test_calibration_leaves_batch_norm_as_it_was_and_fixes_the_input_range(detector):
    model = detector.qat_model
    before = [v.numpy() for v in model.variables if "moving_" in v.name]
    quantization.calibrate(model, normalize(detector.images))
    after = [v.numpy() for v in model.variables if "moving_" in v.name]
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    low, high = (v.numpy() for v in model.backbone.variables if re.search(r"quantize_layer(_\d+)?_m(in|ax):0", v.name))
    assert (low, high) == (pytest.approx(-128 / 127.5), pytest.approx(127 / 127.5))


def test_raw_outputs_have_a_row_for_every_anchor(detector):
    boxes, logits = garden.raw_outputs(detector.float_model, tf.zeros([2, 160, 160, 3]), 3)
    anchors = len(garden.build_anchors(detector.preset).ycenter_xcenter_h_w)
    assert boxes.shape == (2, anchors, 4)
    assert logits.shape == (2, anchors, 4)


@pytest.mark.parametrize("qat_loss", [0.4, float("nan")])
def test_quantized_model_must_start_where_the_float_model_ended(qat_loss):
    quantization.check_start(0.289, 0.326)
    with pytest.raises(UserError, match="doesn't start where the float model ended"):
        quantization.check_start(0.289, qat_loss)
