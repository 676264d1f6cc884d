"""The layers that quantization hurts, found in a detector of the demo's preset (see conftest.py)."""

import numpy as np
import pytest

from components.evaluator.layer_errors import LayerErrors
from coralline.detector.network import model_garden as garden
from coralline.detector.network import saved_model
from coralline.tflite.traced_detector import TracedDetector

pytestmark = pytest.mark.slow


def layer_errors(exported, folder, images):
    from coralline.detector.network.model_graph import ModelGraph

    file = TracedDetector(exported[2])
    errors = LayerErrors(file, ModelGraph(saved_model.RawModel(str(folder), "qat")))
    for image in images[:2]:
        file.run(image)
        errors.add(image)
    return errors


def of_backbone(layers):
    """Without the head, which says next to nothing before it is trained."""
    return [layer for layer in layers if layer.name.startswith("mobile_net/")]


def test_no_layer_stands_out_where_file_and_model_agree(exported, detector):
    errors = layer_errors(exported, exported[0], detector.images)
    assert all(layer.added < 0.15 for layer in of_backbone(errors.converted()))
    assert all(layer.error < 0.15 for layer in of_backbone(errors.rounded()))


def test_names_weights_that_are_rounded_coarsely_and_what_comes_of_them(exported, detector, tmp_path):
    model = detector.qat_model
    ranges = [v for v in model.backbone.variables if "_block_5/" in v.name and "depthwise_kernel_m" in v.name]
    kept = [v.numpy() for v in ranges]
    try:
        for variable in ranges:
            variable.assign(variable * 0 + np.sign(variable) * 20)
        raw = saved_model.raw_function(lambda image: garden.raw_outputs(model, image, 3), 160)
        saved_model.write_raw_model(raw, tmp_path / saved_model.FOLDERS["qat"])
    finally:
        for variable, value in zip(ranges, kept, strict=True):
            variable.assign(value)
    saved_model.write_detector_json(tmp_path, {}, exported[1])
    errors = layer_errors(exported, tmp_path, detector.images)
    worst, departs = of_backbone(errors.rounded())[0], of_backbone(errors.converted())[0]
    assert worst.name.endswith("_block_5/depthwise_conv2d") and worst.tensor == "weights" and worst.error > 0.05
    assert departs.name.endswith("_block_5/depthwise_conv2d") and departs.added > 0.05
