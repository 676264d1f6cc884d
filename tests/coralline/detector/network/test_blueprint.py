"""Each preset as it is drawn before training, against the file that is really exported from it."""

import collections
import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from coralline.detector import presets
from coralline.detector.network import blueprint, saved_model
from coralline.detector.network import model_garden as garden
from coralline.detector.network import quantization as quant
from coralline.detector.network.pixels import normalize
from coralline.edgetpu import mapping
from coralline.tflite import contract, model_file

CLASSES = 2


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


_FEW_ANCHORS = dataclasses.replace(presets.get("demo_160"), name="few anchors", num_scales=1, aspect_ratios=(1.0, 3.0))


@pytest.fixture(scope="module", params=[*presets.PRESETS.values(), _FEW_ANCHORS], ids=lambda preset: preset.name)
def exported(request, tmp_path_factory):
    """A preset, and the .tflite file of its untrained detector."""
    from components.tflite_exporter.conversion import convert
    from coralline.tflite.post_process_op import PostProcessing

    tf.keras.utils.set_random_seed(1)
    preset, folder = request.param, str(tmp_path_factory.mktemp("exported"))
    float_model = garden.build_float_model(garden.build_task(preset, CLASSES))
    model = garden.build_qat_model(garden.build_qat_task(preset, CLASSES), float_model)
    pixels = np.random.default_rng(1).integers(0, 256, (1, preset.input_size, preset.input_size, 3), dtype=np.uint8)
    quant.calibrate(model, normalize(pixels))
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
