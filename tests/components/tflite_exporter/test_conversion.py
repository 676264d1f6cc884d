"""The converted file of a small detector, read as a device reads it."""

import numpy as np
import pytest

from coralline.detector.network import saved_model
from coralline.edgetpu import mapping
from coralline.tflite import contract, metadata, model_file
from coralline.tflite.detector import Detector
from coralline.tflite.post_process import PostProcess
from coralline.tflite.post_process_op import PostProcessing

pytestmark = pytest.mark.slow


def test_exported_file_keeps_the_contract_of_devices(exported):
    content = metadata.write_metadata(exported[2], labels="a\nb\nc\n", score_threshold=0.0, name="n", description="d")
    assert contract.check_contract(content) == []
    assert contract.float_ops(model_file.read_model(content)) == []
    assert metadata.read_labels(content) == ["a", "b", "c"]


@pytest.mark.parametrize("runtime", ["ai_edge_litert", "tensorflow"])
def test_signature_gives_each_output_by_both_of_its_names(exported, detector, runtime):
    from components.tflite_exporter.conversion import OUTPUT_NAMES

    if runtime == "tensorflow":
        from tensorflow.lite.python.interpreter import Interpreter
    else:
        from ai_edge_litert.interpreter import Interpreter
    interpreter = Interpreter(model_content=exported[2], num_threads=1)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], detector.images[:1])
    interpreter.invoke()
    by_index = [interpreter.get_tensor(output["index"]) for output in interpreter.get_output_details()]
    names = interpreter.get_signature_list()["serving_default"]["outputs"]
    by_name = interpreter.get_signature_runner()(image=detector.images[:1])
    for pair, value in zip(zip(OUTPUT_NAMES, contract.PYCORAL_NAMES, strict=True), by_index, strict=True):
        assert set(pair) <= set(names)
        for name in pair:
            np.testing.assert_array_equal(by_name[name], value)


def test_only_dequantize_and_post_processing_stay_off_the_edge_tpu(exported):
    left = [entry["op"] for entry in mapping.predict(exported[2]).cpu]
    assert sorted(left) == ["DEQUANTIZE", "DEQUANTIZE", "TFLite_Detection_PostProcess"]


def test_file_detects_what_the_quantization_aware_model_detects(exported, detector):
    folder, anchors, content = exported
    boxes, scores = saved_model.RawModel(str(folder), "qat").predict(detector.images)
    post_process = PostProcess(anchors, PostProcessing(10, 0.0, 0.5, num_classes=3))
    op = model_file.read_model(content).main.ops[-1]
    assert PostProcessing.decode(op.custom_options) == post_process.settings
    file = Detector(content)
    for image, image_boxes, image_scores in zip(detector.images, boxes, scores, strict=True):
        expected, found = post_process.run(image_boxes, image_scores), file.run(image)
        assert abs(expected.scores[0] - found.scores[0]) < 0.02
        assert np.isclose(expected.scores, found.scores, atol=0.05).mean() > 0.9
