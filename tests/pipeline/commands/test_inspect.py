import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from coralline.foundation.errors import UserError
from pipeline.commands.inspect import command

DATA = os.environ.get("CORALLINE_TEST_DATA")


def inspect(path, *options):
    result = CliRunner().invoke(command, [str(path), *options], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_json_tells_inputs_outputs_contract_and_mapping(model):
    found = json.loads(inspect(model, "--json"))
    assert found["inputs"] == [
        {"name": "image", "type": "UINT8", "shape": [1, 32, 32, 3], "scale": pytest.approx(1 / 255), "zero_point": 0}
    ]
    assert [output["name"] for output in found["outputs"]] == ["boxes", "classes", "scores", "count"]
    assert found["contract"] == {"ok": True, "problems": [], "warnings": []} and found["labels"] == ["leaf", "sea"]
    edgetpu = found["edgetpu"]
    assert (edgetpu["compiled"], edgetpu["mapped"], edgetpu["total"]) == (False, 2, 4)
    assert [(op["index"], op["op"], op["version"]) for op in edgetpu["cpu"]] == [
        (2, "DEQUANTIZE", 2),
        (3, "TFLite_Detection_PostProcess", 1),
    ]
    assert all("unsupported data type" in op["why"] for op in edgetpu["cpu"])
    assert set(edgetpu["parameters"]) == {"cached", "streamed"}


def test_text_tells_the_same_to_people(model):
    text = inspect(model)
    assert (
        "contract: a standard detector" in text and "2 of 4 operations will map" in text and "labels: leaf; sea" in text
    )
    assert "runs on TFLite 1.14.0 or newer" in text and "of about 6.9 MiB on-chip parameter cache" in text


def test_names_that_contradict_the_order_are_a_warning(tmp_path, quadrant_detector):
    names = ("num_detections", "detection_scores", "detection_classes", "detection_boxes")
    (tmp_path / "swapped.tflite").write_bytes(quadrant_detector(signature=names))
    shown = json.loads(inspect(tmp_path / "swapped.tflite", "--json"))["contract"]
    assert (shown["ok"], shown["problems"]) == (True, [])
    assert "calls output 0 (boxes) 'num_detections'" in shown["warnings"][0]
    text = inspect(tmp_path / "swapped.tflite")
    assert "contract: a standard detector\n  warning: names of outputs contradict their order" in text


def test_operations_are_told_with_their_types_and_first_runtime(model):
    ops = json.loads(inspect(model, "--json"))["ops"]
    assert [(op["op"], op["types"], op["runtime"]) for op in ops] == [
        ("AVERAGE_POOL_2D", ["UINT8"], "1.14.0"),
        ("RESHAPE", ["UINT8"], "1.5.0"),
        ("DEQUANTIZE", ["UINT8 -> FLOAT32"], "1.14.0"),
        ("TFLite_Detection_PostProcess", ["FLOAT32"], None),
    ]


def test_an_op_version_that_the_compiler_does_not_know_refuses_the_whole_file(tmp_path, quadrant_detector):
    (tmp_path / "new.tflite").write_bytes(quadrant_detector(pool_version=4))
    edgetpu = json.loads(inspect(tmp_path / "new.tflite", "--json"))["edgetpu"]
    assert edgetpu["mapped"] == 0 and len(edgetpu["cpu"]) == 4
    assert edgetpu["failure"] == "Didn't find op for builtin opcode 'AVERAGE_POOL_2D' version '4'"
    text = inspect(tmp_path / "new.tflite")
    assert "no known TFLite runtime has AVERAGE_POOL_2D version 4" in text.splitlines()[0]
    assert "the compiler will refuse this file: Didn't find op" in text and "0 of about" not in text


def test_a_fused_activation_keeps_a_pool_off_the_edge_tpu(tmp_path, quadrant_detector):
    (tmp_path / "fused.tflite").write_bytes(quadrant_detector(pool_activation=1))
    cpu = json.loads(inspect(tmp_path / "fused.tflite", "--json"))["edgetpu"]["cpu"]
    # The reshape behind it still maps: nothing ran on the Edge TPU before the break.
    assert [op["op"] for op in cpu] == ["AVERAGE_POOL_2D", "DEQUANTIZE", "TFLite_Detection_PostProcess"]
    assert "fused activation" in cpu[0]["why"]


def test_garbage_is_one_message_with_the_file(tmp_path):
    (tmp_path / "bad.tflite").write_bytes(b"not a model at all")
    with pytest.raises(UserError, match=r"bad\.tflite: this is not a \.tflite file"):
        inspect(tmp_path / "bad.tflite")


@pytest.mark.skipif(not DATA, reason="CORALLINE_TEST_DATA names no folder with models/edgetpu_pairs")
def test_compiled_files_are_read_too():
    path = Path(DATA, "models/edgetpu_pairs/movenet_single_pose_lightning_ptq_edgetpu.tflite")
    edgetpu = json.loads(inspect(path, "--json"))["edgetpu"]
    assert edgetpu["compiled"] and edgetpu["subgraphs"] == 1 and edgetpu["parameters"]["cached"] == 2862656
    (package,) = edgetpu["packages"]
    assert package["index"] == 2 and [tensor["shape"] for tensor in package["inputs"]] == [[1, 192, 192, 3]]
    assert len(package["outputs"]) == 5 and package["cached"] == 2862656
    text = inspect(path)
    assert "compiled, 1 subgraph(s); needs Edge TPU runtime 12 or newer" in text
    assert "2.7 of about 6.9 MiB on-chip parameter cache" in text


@pytest.mark.skipif(not DATA, reason="CORALLINE_TEST_DATA names no folder with models/edgetpu_pairs")
@pytest.mark.parametrize("compiled", ["", "_edgetpu"])
def test_text_of_a_large_model_fits_a_screen_and_ends_with_the_verdict(compiled):
    lines = inspect(Path(DATA, f"models/edgetpu_pairs/movenet_single_pose_lightning_ptq{compiled}.tflite")).splitlines()
    verdict = next(i for i, line in enumerate(lines) if line.startswith("Edge TPU: "))
    assert len(lines) < 60 and len(lines) - verdict < 24


@pytest.mark.parametrize("name", ["inspect", "predict"])
def test_imports_neither_tensorflow_nor_tfx(model, name, tmp_path):
    from PIL import Image

    Image.new("RGB", (40, 40)).save(tmp_path / "a.png")
    arguments = [name, str(model), "--json"] + [str(tmp_path / "a.png")] * (name == "predict")
    code = (
        "import sys\nfrom pipeline.cli import main\ntry:\n    main(sys.argv[1:])\nfinally:\n"
        "    print([m for m in ('tensorflow', 'tfx', 'apache_beam') if m in sys.modules], file=sys.stderr)"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=root, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0 and done.stderr.strip() == "[]"
    json.loads(done.stdout)
