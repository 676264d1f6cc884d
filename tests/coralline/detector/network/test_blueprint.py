"""Each preset trained for some steps and exported, and as it is drawn before training, against that file."""

import collections
import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from coralline.detector import presets
from coralline.detector.inputs.augmentation import AugmentSettings
from coralline.detector.network import blueprint, saved_model
from coralline.detector.network import model_garden as garden
from coralline.detector.network import quantization as quant
from coralline.edgetpu import mapping
from coralline.tflite import contract, model_file

CLASSES = 3  # of the drawn shapes


def operations(model):
    """Each operation with its version and the shapes and types of its tensors, and how often it is there."""
    graph = model.main
    return collections.Counter(
        (
            op.name,
            op.version,
            tuple((graph.tensors[i].shape, graph.tensors[i].type, graph.tensors[i].constant) for i in op.inputs),
            None if op.custom else graph.tensors[op.outputs[0]].shape,
        )
        for op in graph.ops
    )


def assert_learns(task, model, data):
    """Takes two steps: the loss is a number, and the kernels of backbone, decoder and head change.

    Not all of batch norm does: a level has its own, and its boxes may be of other levels. Nor does the backbone's last
    convolution, of which the decoder takes nothing.
    """
    parts = (model.backbone, model.decoder, model.head)
    kernels = [[weights for weights in part.trainable_weights if "kernel" in weights.name] for part in parts]
    before = [[kernel.numpy() for kernel in of_part] for of_part in kernels]
    optimizer = tf.keras.optimizers.legacy.Adam(1e-3)
    for _ in range(2):
        assert np.isfinite(float(task.train_step(next(data), model, optimizer)["loss"]))
    for part, of_part, kernels_before in zip(parts, kernels, before, strict=True):
        moved = [not np.array_equal(a.numpy(), b) for a, b in zip(of_part, kernels_before, strict=True)]
        assert len(moved) > 3 and sum(moved) >= len(moved) - 1, part.name


_FEW_ANCHORS = dataclasses.replace(presets.get("demo_160"), name="few anchors", num_scales=1, aspect_ratios=(1.0, 3.0))


@pytest.fixture(scope="module", params=[*presets.PRESETS.values(), _FEW_ANCHORS], ids=lambda preset: preset.name)
def exported(request, tmp_path_factory, shapes_record):
    """A preset, and the .tflite file of its detector after a few steps of training."""
    from components.tflite_exporter.conversion import convert
    from coralline.detector.inputs import batches
    from coralline.detector.inputs.image_order import ImageOrder
    from coralline.detector.inputs.image_records import ImageRecords
    from coralline.tflite.post_process_op import PostProcessing

    tf.keras.utils.set_random_seed(1)
    preset, folder = request.param, str(tmp_path_factory.mktemp("exported"))
    records = ImageRecords((shapes_record,))
    data = iter(batches.training_batches(records, preset, AugmentSettings(), 2, 12, ImageOrder(seed=1)))
    task, qat_task = garden.build_task(preset, CLASSES), garden.build_qat_task(preset, CLASSES)
    float_model = garden.build_float_model(task)
    assert_learns(task, float_model, data)
    model = garden.build_qat_model(qat_task, float_model)
    quant.calibrate(model, batches.calibration_images(records, preset, 2))
    assert_learns(qat_task, model, data)
    raw = saved_model.raw_function(lambda image: garden.raw_outputs(model, image, CLASSES), preset.input_size)
    saved_model.write_raw_model(raw, folder)
    anchors = garden.build_anchors(preset).ycenter_xcenter_h_w
    content = convert(folder, anchors, PostProcessing(10, 0.01, 0.5, CLASSES))
    tf.keras.backend.clear_session()
    return preset, model_file.read_model(content)


@pytest.mark.slow
def test_a_preset_is_drawn_as_it_is_exported_and_all_of_it_maps(exported):
    preset, file = exported
    drawn = blueprint.draw(preset, CLASSES)
    assert operations(drawn) == operations(file)
    assert contract.problems(file) == [] and contract.float_ops(file) == []
    predicted, real = mapping.predict_model(drawn), mapping.predict_model(file)
    assert (predicted.mapped, predicted.total, predicted.subgraphs) == (real.mapped, real.total, 1)
    assert sorted(op["op"] for op in real.cpu) == ["DEQUANTIZE", "DEQUANTIZE", "TFLite_Detection_PostProcess"]
    assert real.failure is None, "no operation is of a version that the compiler doesn't know"
    assert predicted.cached == pytest.approx(real.cached, rel=0.15) and predicted.streamed == real.streamed == 0


def test_more_pixels_are_drawn_larger_and_still_map():
    preset = dataclasses.replace(presets.get("mobilenet_v2_320"), input_size=448)
    drawn = mapping.predict_model(blueprint.draw(preset, 80))
    assert drawn.total - drawn.mapped == 3


def test_more_channels_than_the_chip_caches_are_streamed():
    preset = dataclasses.replace(presets.get("mobilenet_v2_256"), width_multiplier=2.5)
    assert mapping.predict_model(blueprint.draw(preset, 1)).streamed > 0
