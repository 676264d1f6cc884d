"""Each test holds as long as the library has its fault; one that fails here says that its workaround can go."""

import ctypes
import gc
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


def test_model_garden_still_forgets_the_decoders_weights(detector):
    from official.projects.qat.vision.modeling import factory

    from coralline.detector.network import model_garden as garden

    task = garden.build_qat_task(detector.preset, 3)
    plain = factory.build_qat_retinanet(detector.float_model, task.task_config.quantization, task.task_config.model)
    features = detector.float_model.backbone(normalize(detector.images))
    kept = detector.float_model.decoder(features)["4"].numpy().ravel()
    lost = plain.decoder(features)["4"].numpy().ravel()
    carried = detector.qat_model.decoder(features)["4"].numpy().ravel()
    assert abs(np.corrcoef(kept, lost)[0, 1]) < 0.3
    assert np.corrcoef(kept, carried)[0, 1] > 0.95


def test_ranges_still_start_at_six_and_barely_move():
    inputs = tf.constant([-1.0, 0.0, 1.0])
    quantizer, ranges = _range()
    quantizer(inputs, True, ranges)
    assert float(ranges["max_var"]) == pytest.approx(6 * 0.999 + 1 * 0.001)


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


_LIBRARIES_QUANTIZERS_OF_KERNELS = """
from official.projects.qat.vision.quantization import configs
from tensorflow_model_optimization.python.core.quantization.keras.default_8bit import default_8bit_quantizers
import tensorflow as tf

for module in (configs, default_8bit_quantizers):
    ranges = module.Default8BitConvWeightsQuantizer().build(
        tf.TensorShape([3, 3, 32, 1]), "depthwise_kernel", tf.keras.layers.Layer()
    )
    print(ranges["max_var"].shape)
"""


def test_libraries_still_give_a_depthwise_kernel_one_range():
    # In a process of its own: here the workaround is in force already.
    shown = subprocess.run(
        [sys.executable, "-c", _LIBRARIES_QUANTIZERS_OF_KERNELS],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"TF_USE_LEGACY_KERAS": "1"},
    )
    assert shown.stdout.split() == ["(1,)"] * 2


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


def test_model_garden_still_does_not_know_the_tucker_block():
    shown = subprocess.run(
        [
            sys.executable,
            "-c",
            "from official.projects.qat.vision.quantization import layer_transforms as t; print(t._LAYER_NAMES)",
        ],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"TF_USE_LEGACY_KERAS": "1"},
    )
    assert "InvertedBottleneckBlock" in shown.stdout and "Tucker" not in shown.stdout


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


def test_library_layers_are_left_alone_by_autograph():
    from official.vision.modeling.layers import nn_blocks
    from tensorflow.python.autograph.impl import conversion

    autograph_cost.leave_library_layers_alone()
    autograph_cost.leave_library_layers_alone()
    assert conversion.is_allowlisted(nn_blocks.InvertedBottleneckBlock.call)


def test_a_box_that_is_moved_out_still_comes_back_at_the_edge():
    from official.vision.ops import augment

    def move_left():
        boxes = tf.constant([[0.4, 0.1, 0.6, 0.3]])
        _, moved = augment.translate_bbox(tf.zeros([100, 100, 3], tf.uint8), boxes, 50.0, [128] * 3, True)
        return moved[0].numpy()

    assert move_left() == pytest.approx([0.4, 0.0, 0.6, 0.05])
    with ghost_boxes.without_ghost_boxes():
        assert move_left() == pytest.approx([0.4, 0.0, 0.6, 1e-4])
    assert move_left() == pytest.approx([0.4, 0.0, 0.6, 0.05])


def test_moved_images_are_still_filled_up_with_their_mirror_image():
    from official.vision.ops import augment

    image = np.full([10, 10, 3], 9, np.uint8)
    image[:, :2] = 250

    def move_right():
        return augment.translate_x(tf.constant(image), -2, [128] * 3)[0, :, 0].numpy().tolist()

    assert move_right() == [250] * 4 + [9] * 6
    with mirrored_edges.without_mirrored_edges():
        assert move_right() == [128] * 2 + [250] * 2 + [9] * 6


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


def test_workaround_of_averaged_weights_is_still_needed():
    with pytest.raises(ValueError, match="must occur under a"):
        averaging_optimizer(OneWeight()).swap_weights()


def test_graphs_of_training_steps_are_kept_until_they_are_let_go():
    def graph_of_a_step():
        weight, optimizer = tf.Variable(1.0), tf.keras.optimizers.legacy.Adam()

        @tf.function(autograph=False)
        def step(gradient):
            optimizer._create_all_weights([weight])
            optimizer.apply_gradients([(gradient, weight)])

        return weakref.ref(step.get_concrete_function(tf.TensorSpec([])).graph)

    graph = graph_of_a_step()
    gc.collect()
    assert graph() is not None, "the workaround can go"
    kept_graphs.let_go()
    gc.collect()
    assert graph() is None


@pytest.mark.skipif(sys.platform != "linux", reason="glibc tells what is in use")
def test_kernels_of_eager_calls_are_kept_until_they_are_let_go():
    for size in range(1, 100):
        tf.nn.avg_pool2d(tf.ones([1, 100, 100, 1]), size, 1, "SAME")
    gc.collect()
    kept = _bytes_in_use()
    kept_graphs.let_go()
    assert kept - _bytes_in_use() > 2 << 20, "the workaround can go"


def _bytes_in_use():
    """What this process has allocated and not freed (mallinfo2(3), `uordblks`)."""

    class _Info(ctypes.Structure):
        _fields_ = [(f"field_{number}", ctypes.c_size_t) for number in range(10)]

    mallinfo2 = ctypes.CDLL(None).mallinfo2
    mallinfo2.restype = _Info
    return mallinfo2().field_7
