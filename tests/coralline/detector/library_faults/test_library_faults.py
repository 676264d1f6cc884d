"""What each workaround does; and, as advice, whether the library still has its fault."""

import ctypes
import gc
import json
import os
import subprocess
import sys
import weakref

import numpy as np
import pytest
import tensorflow as tf

from coralline.detector.library_faults import (
    autograph_cost,
    averaged_weights,
    ghost_boxes,
    kept_graphs,
    kernel_ranges,
    mirrored_edges,
    quantizer_ranges,
    tucker_block,
)
from coralline.detector.network.pixels import normalize

pytestmark = pytest.mark.slow


_SEEN_WITHOUT_WORKAROUNDS = """
import json
import tensorflow as tf
from official.projects.qat.vision.quantization import configs, layer_transforms
from official.vision.modeling.layers import nn_blocks
from tensorflow.python.autograph.impl import conversion
from tensorflow_model_optimization.python.core.quantization.keras.default_8bit import default_8bit_quantizers

def ranges(module):
    quantizer, shape = module.Default8BitConvWeightsQuantizer(), tf.TensorShape([3, 3, 32, 1])
    return quantizer.build(shape, "depthwise_kernel", tf.keras.layers.Layer())["max_var"].shape.num_elements()

print(json.dumps({
    "ranges of 32 channels": [ranges(configs), ranges(default_8bit_quantizers)],
    "quantized blocks": list(layer_transforms._LAYER_NAMES),
    "left alone by AutoGraph": conversion.is_allowlisted(nn_blocks.InvertedBottleneckBlock.call),
}))
"""


@pytest.fixture(scope="module")
def without_workarounds():
    """What the libraries do in a process of its own: here workarounds are in force already."""
    command = [sys.executable, "-c", _SEEN_WITHOUT_WORKAROUNDS]
    environment = os.environ | {"TF_USE_LEGACY_KERAS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.advice("decoder_weights")
def test_model_garden_still_forgets_the_decoders_weights(detector):
    from official.projects.qat.vision.modeling import factory

    from coralline.detector.network import model_garden as garden

    task = garden.build_qat_task(detector.preset, 3)
    plain = factory.build_qat_retinanet(detector.float_model, task.task_config.quantization, task.task_config.model)
    assert abs(_correlation_of_features(detector, plain)) < 0.3


def test_the_quantized_decoder_has_the_float_decoders_weights(detector):
    assert _correlation_of_features(detector, detector.qat_model) > 0.95


def _correlation_of_features(detector, model):
    features = detector.float_model.backbone(normalize(detector.images))
    wanted, found = (m.decoder(features)["4"].numpy().ravel() for m in (detector.float_model, model))
    return np.corrcoef(wanted, found)[0, 1]


@pytest.mark.advice("quantizer_ranges")
def test_ranges_still_start_at_six_and_barely_move():
    inputs = tf.constant([-1.0, 0.0, 1.0])
    quantizer, ranges = _range()
    quantizer(inputs, True, ranges)
    assert float(ranges["max_var"]) == pytest.approx(6 * 0.999 + 1 * 0.001)


@pytest.mark.advice("quantizer_ranges.observed_ranges")
def test_a_range_still_moves_once_for_each_level_that_goes_through():
    quantizer, ranges = _range()
    for level in ([0.0, 2.0], [0.0, 1.0]):
        quantizer(tf.constant(level), True, ranges)
    assert float(ranges["max_var"]) < 6 * 0.999 + 2 * 0.001


def test_observed_ranges_are_those_of_all_levels_and_leave_activations_as_they_are():
    quantizer, ranges = _range()
    with quantizer_ranges.observed_ranges() as seen:
        for level in ([-0.013, 2.0], [-0.5, 1.0]):
            assert quantizer(tf.constant(level), True, ranges).numpy().tolist() == pytest.approx(level)
    (observed,) = seen.values()
    assert (observed.least, observed.greatest) == (-0.5, 2.0)
    assert float(ranges["max_var"]) == 6


def test_still_ranges_quantize_and_do_not_move():
    quantizer, ranges = _range()
    with quantizer_ranges.still_ranges():
        assert float(quantizer(tf.constant([9.0]), True, ranges)[0]) == pytest.approx(6, abs=0.05)
    assert float(ranges["max_var"]) == 6


def _range():
    from tensorflow_model_optimization.python.core.quantization.keras import quantizers

    quantizer = quantizers.MovingAverageQuantizer(8, False, False, False)
    return quantizer, quantizer.build(None, "range", tf.keras.layers.Layer())


@pytest.mark.advice("kernel_ranges")
def test_libraries_still_give_a_depthwise_kernel_one_range(without_workarounds):
    assert without_workarounds["ranges of 32 channels"] == [1, 1]


@pytest.mark.parametrize("name, shape", [("depthwise_kernel", [3, 3, 4, 1]), ("kernel", [1, 1, 3, 4])])
def test_each_channel_of_a_kernel_keeps_all_of_its_steps(name, shape):
    from official.projects.qat.vision.quantization import configs

    kernel_ranges.give_each_channel_a_range()
    widths = np.array([8.0, 1.0, 0.02, 1e-7], np.float32)
    kernel = np.random.default_rng(1).uniform(-1, 1, shape).astype(np.float32)
    kernel *= widths[:, np.newaxis] if name.startswith("depthwise") else widths
    quantizer = configs.Default8BitConvWeightsQuantizer()
    ranges = quantizer.build(tf.TensorShape(shape), name, tf.keras.layers.Layer())
    error = np.abs(quantizer(tf.constant(kernel), True, ranges).numpy() - kernel)
    assert (error.reshape(-1, 4).max(0)[:3] <= widths[:3] / 127).all()
    assert float(ranges["max_var"][3]) == pytest.approx(1e-3 * float(ranges["max_var"][0])), "a dead channel"


@pytest.mark.advice("tucker_block")
def test_model_garden_still_does_not_know_the_tucker_block(without_workarounds):
    assert not any("Tucker" in name for name in without_workarounds["quantized blocks"])


def test_a_quantized_tucker_block_is_the_block_with_rounded_numbers():
    from official.vision.modeling.layers import nn_blocks

    block = nn_blocks.TuckerConvBlock(16, 16, 0.25, 0.75, 1, activation="relu6", divisible_by=8)
    quantized = tucker_block.TuckerConvBlockQuantized.from_config(block.get_config())
    images = tf.constant(np.random.default_rng(1).uniform(-1, 1, [2, 8, 8, 16]).astype(np.float32))
    wanted = block(images)
    quantized(images)
    names = [w.name.split("/")[-1].split(":")[0] for w in block.weights]
    kept = [w for w in quantized.weights if w.name.split("/")[-1].split(":")[0] in names]
    for old, new in zip(block.weights, kept, strict=True):
        new.assign(old)
    kernel_ranges.settle(quantized)
    found = quantized(images)
    assert 0 < np.abs(found - wanted).max() < 0.1 * np.abs(wanted).max()


@pytest.mark.advice("autograph_cost")
def test_autograph_still_rewrites_library_layers(without_workarounds):
    assert not without_workarounds["left alone by AutoGraph"]


def test_library_layers_are_left_alone_by_autograph():
    from official.vision.modeling.layers import nn_blocks
    from tensorflow.python.autograph.impl import conversion

    autograph_cost.leave_library_layers_alone()
    autograph_cost.leave_library_layers_alone()
    assert conversion.is_allowlisted(nn_blocks.InvertedBottleneckBlock.call)


@pytest.mark.advice("ghost_boxes")
def test_a_box_that_is_moved_out_still_comes_back_at_the_edge():
    assert _box_moved_out() == pytest.approx([0.4, 0.0, 0.6, 0.05])


def test_next_to_nothing_is_left_of_a_box_that_is_moved_out():
    with ghost_boxes.without_ghost_boxes():
        assert _box_moved_out() == pytest.approx([0.4, 0.0, 0.6, 1e-4])


def _box_moved_out():
    from official.vision.ops import augment

    boxes = tf.constant([[0.4, 0.1, 0.6, 0.3]])
    _, moved = augment.translate_bbox(tf.zeros([100, 100, 3], tf.uint8), boxes, 50.0, [128] * 3, True)
    return moved[0].numpy()


@pytest.mark.advice("mirrored_edges")
def test_moved_images_are_still_filled_up_with_their_mirror_image():
    assert _row_moved_right() == [250] * 4 + [9] * 6


def test_moved_images_are_filled_up_with_grey():
    with mirrored_edges.without_mirrored_edges():
        assert _row_moved_right() == [128] * 2 + [250] * 2 + [9] * 6


def _row_moved_right():
    from official.vision.ops import augment

    image = np.full([10, 10, 3], 9, np.uint8)
    image[:, :2] = 250
    return augment.translate_x(tf.constant(image), -2, [128] * 3)[0, :, 0].numpy().tolist()


def averaging_optimizer(model):
    from official.modeling.optimization import ExponentialMovingAverage

    optimizer = ExponentialMovingAverage(tf.keras.optimizers.legacy.SGD(1.0), average_decay=0.5, dynamic_decay=False)
    optimizer.shadow_copy(model)
    return optimizer


class OneWeight:
    """What the optimizer looks at of a model."""

    def __init__(self):
        self.weight = tf.Variable(0.1)
        self.trainable_variables = [self.weight]


def test_averaged_weights_are_swapped_in_and_come_back_as_they_were():
    model = OneWeight()
    optimizer = averaging_optimizer(model)
    optimizer._average_weights[0].assign(1e9)
    with averaged_weights.swapped_in(optimizer):
        assert float(model.weight) == 1e9
    assert float(model.weight) == np.float32(0.1), "not rounded"
    with averaged_weights.swapped_in(tf.keras.optimizers.legacy.SGD(1.0)):
        assert float(model.weight) == np.float32(0.1)


@pytest.mark.advice("averaged_weights")
def test_workaround_of_averaged_weights_is_still_needed():
    with pytest.raises(ValueError, match="must occur under a"):
        averaging_optimizer(OneWeight()).swap_weights()


@pytest.mark.advice("kept_graphs")
def test_graphs_of_training_steps_are_still_kept():
    graph = _graph_of_a_step()
    gc.collect()
    assert graph() is not None


def test_graphs_of_training_steps_are_let_go():
    graph = _graph_of_a_step()
    kept_graphs.let_go()
    gc.collect()
    assert graph() is None


def _graph_of_a_step():
    weight, optimizer = tf.Variable(1.0), tf.keras.optimizers.legacy.Adam()

    @tf.function(autograph=False)
    def step(gradient):
        optimizer._create_all_weights([weight])
        optimizer.apply_gradients([(gradient, weight)])

    return weakref.ref(step.get_concrete_function(tf.TensorSpec([])).graph)


@pytest.mark.skipif(sys.platform != "linux", reason="glibc tells what is in use")
@pytest.mark.advice("kept_graphs")
def test_kernels_of_eager_calls_are_still_kept_until_they_are_let_go():
    before = _bytes_in_use()
    for size in range(1, 100):
        tf.nn.avg_pool2d(tf.ones([1, 100, 100, 1]), size, 1, "SAME")
    gc.collect()
    kept = _bytes_in_use()
    kept_graphs.let_go()
    assert kept - _bytes_in_use() > (kept - before) / 2


def _bytes_in_use():
    """What this process has allocated and not freed (mallinfo2(3), `uordblks`)."""

    class _Info(ctypes.Structure):
        _fields_ = [(f"field_{number}", ctypes.c_size_t) for number in range(10)]

    mallinfo2 = ctypes.CDLL(None).mallinfo2
    mallinfo2.restype = _Info
    return mallinfo2().field_7
