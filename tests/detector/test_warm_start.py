import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest

from components.errors import UserError

pytestmark = pytest.mark.slow


@pytest.fixture
def imagenet_tflite():
    folder = os.environ.get("CORALLINE_TEST_DATA")
    if not folder:
        pytest.skip("CORALLINE_TEST_DATA is not set: needs models/tf2_mobilenet_v2_1.0_224_ptq.tflite")
    return Path(folder) / "models/tf2_mobilenet_v2_1.0_224_ptq.tflite"


def test_backbone_features_are_those_of_the_file(imagenet_tflite):
    import tensorflow as tf
    from ai_edge_litert.interpreter import Interpreter

    from components.detector import model_garden as garden
    from components.detector import presets, warm_start

    preset = dataclasses.replace(presets.get("mobilenet_v2_256"), input_size=224, max_level=5)
    backbone = garden.build_task(preset, 1).build_model().backbone
    pixels = np.random.default_rng(1).integers(0, 256, (4, 224, 224, 3), dtype=np.uint8)
    pixels = tf.image.resize(tf.image.resize(pixels, [14, 14]), [224, 224]).numpy().astype(np.uint8)
    images = garden.normalize(pixels)
    assert warm_start.load_tflite_backbone(str(imagenet_tflite), backbone, images) == 52
    inference, training = (backbone(images, training=mode)["5"].numpy() for mode in (False, True))
    interpreter = Interpreter(str(imagenet_tflite), experimental_preserve_all_tensors=True, num_threads=1)
    interpreter.allocate_tensors()
    details = interpreter.get_input_details()[0]
    assert details["dtype"] == np.uint8
    interpreter.set_tensor(details["index"], pixels[:1])
    interpreter.invoke()
    last = [t for t in interpreter.get_tensor_details() if tuple(t["shape"]) == (1, 7, 7, 320)][-1]
    scale, zero = last["quantization"]
    reference = (interpreter.get_tensor(last["index"]).astype(np.float32) - zero) * scale
    assert np.corrcoef(reference.ravel(), inference[:1].ravel())[0, 1] > 0.95
    assert np.corrcoef(inference.ravel(), training.ravel())[0, 1] > 0.95


def test_a_backbone_of_another_width_is_refused(imagenet_tflite):
    import tensorflow as tf

    from components.detector import model_garden as garden
    from components.detector import presets, warm_start

    backbone = garden.build_task(presets.get("demo_160"), 1).build_model().backbone
    with pytest.raises(UserError, match="another backbone"):
        warm_start.load_tflite_backbone(str(imagenet_tflite), backbone, tf.zeros([1, 160, 160, 3]))


def test_a_file_that_is_no_model_is_refused(tmp_path):
    from components.detector import warm_start

    (tmp_path / "weights.tflite").write_text("no model")
    with pytest.raises(UserError, match=r"not a \.tflite file"):
        warm_start.read_convolutions(str(tmp_path / "weights.tflite"))
    with pytest.raises(UserError, match="can't be read"):
        warm_start.read_convolutions(str(tmp_path / "none.tflite"))
