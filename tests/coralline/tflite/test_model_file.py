import os
import random
from pathlib import Path

import pytest

from coralline.foundation.errors import UserError
from coralline.tflite import model_file


def test_reads_ops_tensors_and_signature(quadrant_detector):
    model = model_file.read_model(quadrant_detector())
    assert [(op.name, op.version, op.custom) for op in model.main.ops] == [
        ("AVERAGE_POOL_2D", 2, False),
        ("RESHAPE", 1, False),
        ("DEQUANTIZE", 2, False),
        ("TFLite_Detection_PostProcess", 1, True),
    ]
    image = model.main.tensors[model.main.inputs[0]]
    assert (image.name, image.type, image.shape, image.constant) == ("image", "UINT8", (1, 32, 32, 3), False)
    assert image.scales == pytest.approx((1 / 255,)) and image.zero_points == (0,)
    assert model.main.ops[0].options["strideH"] == 16
    assert model.signatures[0].outputs["detection_boxes"] == model.main.outputs[0]


@pytest.mark.parametrize("content", [b"", b"TFL3", b"\x00" * 64, b"PK\x03\x04" + b"x" * 100, b"\x00\x00\x00\x00TFL3"])
def test_garbage_is_one_message_with_the_file(content):
    with pytest.raises(UserError, match=r"x\.tflite: this"):
        model_file.read_model(content, file="x.tflite")


def test_missing_file_is_one_message(tmp_path):
    with pytest.raises(UserError, match="can't be read"):
        model_file.read_model_file(tmp_path / "none.tflite")


def test_every_truncation_is_a_message_or_a_whole_model(quadrant_detector):
    whole = quadrant_detector()
    for length in range(0, len(whole), 7):
        try:
            model_file.read_model(whole[:length])
        except UserError:
            continue


def test_mutated_files_never_raise_anything_but_a_message(quadrant_detector):
    chance, whole = random.Random(3), quadrant_detector()
    refused = 0
    for _ in range(1000):
        damaged = bytearray(whole)
        for _ in range(chance.choice([1, 4, 30])):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            model_file.read_model(bytes(damaged))
        except UserError:
            refused += 1
    assert refused > 100


@pytest.mark.skipif("CORALLINE_TEST_DATA" not in os.environ, reason="CORALLINE_TEST_DATA names no folder with models/")
def test_reads_models_of_other_makers():
    paths = sorted(Path(os.environ["CORALLINE_TEST_DATA"], "models").rglob("*.tflite"))
    assert paths and all(model_file.read_model_file(path).main.ops for path in paths)
