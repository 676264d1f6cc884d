"""Each test holds as long as the library has its fault; one that fails here says that its workaround can go."""

import numpy as np
import pytest
import tensorflow as tf

from components.detector.library_faults import autograph_cost, quantizer_ranges

pytestmark = pytest.mark.slow


def test_model_garden_still_forgets_the_decoders_weights(detector):
    from official.projects.qat.vision.modeling import factory

    from components.detector import model_garden as garden

    task = garden.build_qat_task(detector.preset, 3)
    plain = factory.build_qat_retinanet(detector.float_model, task.task_config.quantization, task.task_config.model)
    features = detector.float_model.backbone(garden.normalize(detector.images))
    kept = detector.float_model.decoder(features)["4"].numpy().ravel()
    lost = plain.decoder(features)["4"].numpy().ravel()
    carried = detector.qat_model.decoder(features)["4"].numpy().ravel()
    assert abs(np.corrcoef(kept, lost)[0, 1]) < 0.3
    assert np.corrcoef(kept, carried)[0, 1] > 0.95


def test_ranges_still_start_at_six_and_barely_move():
    from tensorflow_model_optimization.python.core.quantization.keras import quantizers

    def range_after(inputs):
        layer = tf.keras.layers.Layer()
        quantizer = quantizers.MovingAverageQuantizer(8, False, False, False)
        weights = quantizer.build(None, "range", layer)
        quantizer(inputs, True, weights)
        return float(weights["max_var"])

    inputs = tf.constant([-1.0, 0.0, 1.0])
    assert range_after(inputs) == pytest.approx(6 * 0.999 + 1 * 0.001)
    with quantizer_ranges.range_decay(0.0):
        assert range_after(inputs) == pytest.approx(1.0)
    assert range_after(inputs) == pytest.approx(6 * 0.999 + 1 * 0.001)


def test_library_layers_are_left_alone_by_autograph():
    from official.vision.modeling.layers import nn_blocks
    from tensorflow.python.autograph.impl import conversion

    autograph_cost.leave_library_layers_alone()
    autograph_cost.leave_library_layers_alone()
    assert conversion.is_allowlisted(nn_blocks.InvertedBottleneckBlock.call)
