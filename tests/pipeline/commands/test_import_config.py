"""`coralline import-config`: what it writes, what it says, how it ends."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from coralline.data.records.label_map import LabelMap
from pipeline.commands.import_config.command import command
from pipeline.config import load_config

CONFIG = (Path(__file__).parents[2] / "coralline" / "od_api" / "pipeline.config").read_text(encoding="utf-8")
DATA = os.environ.get("CORALLINE_TEST_DATA")
needs_data = pytest.mark.skipif(not DATA, reason="CORALLINE_TEST_DATA names no folder with data/")


def run(*arguments):
    result = CliRunner().invoke(command, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def config(tmp_path, monkeypatch):
    """A pipeline.config in the working directory, with all that it names."""
    monkeypatch.chdir(tmp_path)
    LabelMap(("cat", "dog")).write("data/label_map.pbtxt")
    for side in ("train", "val"):
        Path(f"data/{side}.record").touch()
    path = Path("pipeline.config")
    path.write_text(CONFIG, encoding="utf-8")
    return path


def test_yaml_goes_to_standard_output_and_the_report_beside_it(config):
    code, out, told = run(config)
    assert code == 0 and yaml.safe_load(out)["train"] == {
        "float_steps": 1500, "qat_steps": 500, "batch_size": 16, "learning_rate": 0.002,
    }  # fmt: skip
    assert "  # line 12: train_config.batch_size: 16\n" in out
    for part in ("carried over\n", "the same here", "checks\n  ok ", "next: `coralline check --config F`"):
        assert part in told


def test_the_file_that_is_written_is_a_configuration(config):
    code, out, _ = run(config, "-o", "c.yaml")
    assert (code, out) == (0, "c.yaml: written\n")
    loaded = load_config("c.yaml")
    assert loaded.data.path == "data" and loaded.model.preset == "mobilenet_v2_320"


def test_no_file_is_overwritten_unless_it_is_the_same(config):
    assert [run(config, "-o", "c.yaml")[0] for _ in range(2)] == [0, 0]
    Path("c.yaml").write_text("mine", encoding="utf-8")
    code, out, told = run(config, "-o", "c.yaml")
    assert (code, out) == (2, "") and "there is a file of this name already" in told
    assert Path("c.yaml").read_text(encoding="utf-8") == "mine"


def test_json_holds_settings_reasons_and_checks(config):
    code, out, told = run(config, "--json")
    found = json.loads(out)
    assert (code, told) == (0, "") and found["ok"]
    assert found["config"]["export"] == {"max_detections": 50, "score_threshold": 0.3, "iou_threshold": 0.6}
    assert found["carried"][0]["from"][0]["line"] == 18
    assert {"field", "line", "value", "why"} == set(found["same"][0])
    assert {check["name"] for check in found["checks"]} >= {"architecture", "classes", "quantization"}


def test_what_is_wrong_ends_with_1_and_is_told(config):
    config.write_text(CONFIG.replace("num_classes: 2", "num_classes: 90"), encoding="utf-8")
    code, out, told = run(config)
    assert code == 1 and yaml.safe_load(out)["data"]["path"] == "data"
    assert "  wrong  classes (line 3): num_classes is 90, the label map has 2 classes: cat, dog" in told


def test_a_value_that_a_setting_cannot_have_is_left_out_and_told(config):
    config.write_text(CONFIG.replace("max_total_detections: 50", "max_total_detections: 5000"), encoding="utf-8")
    code, out, told = run(config)
    assert code == 0 and "max_detections" not in yaml.safe_load(out)["export"]
    assert "export.max_detections must be a whole number, at least 1, at most 1000, not 5000" in told


@pytest.mark.parametrize("content", [None, b"", b"\0", b"model {", b"item { id: 1 }"])
def test_what_cannot_be_read_ends_with_2_and_one_message(config, content):
    config.unlink()
    if content is not None:
        config.write_bytes(content)
    code, out, told = run(config, "-o", "c.yaml")
    assert (code, out) == (2, "") and told.startswith("error: pipeline.config") and not Path("c.yaml").exists()
    code, out, _ = run(config, "--json")
    assert code == 2 and json.loads(out)["error"]["file"] == "pipeline.config"


def test_no_character_of_an_address_breaks_the_yaml(config):
    for path in ("it's: #1 {x}", "a\\nb", "\\007\\177", "Käse 😀", "- x", "null", "123"):
        text = CONFIG.replace("data/train.record", f"{path}/a.record").replace("data/val.record", f"{path}/b.record")
        config.write_text(text.replace("{x}", "x"), encoding="utf-8")
        _, out, _ = run(config)
        expected = path.replace("{x}", "x").replace("\\n", "\n").replace("\\007\\177", "\x07\x7f")
        assert yaml.safe_load(out)["data"]["path"] == expected


def test_imports_no_tensorflow(config):
    code = (
        "import sys; from pipeline.commands.import_config.command import command;"
        "command(sys.argv[1:], standalone_mode=False);"
    )
    code += "assert not {'tensorflow', 'tfx', 'apache_beam'} & set(sys.modules)"
    here = Path(__file__).parents[3]
    subprocess.run([sys.executable, "-c", code, str(config.resolve())], check=True, capture_output=True, cwd=here)


@needs_data
def test_the_configuration_of_the_replaced_scripts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, told = run(f"{DATA}/data/seed/pipeline_quant.config")
    found = yaml.safe_load(out)
    assert code == 1 and found["model"] == {
        "preset": "mobilenet_v2_320", "input_size": 320,
        "anchor_size": 4.0, "num_scales": 2, "aspect_ratios": [1.0, 2.0, 0.5, 3.0, 0.3333],
    }  # fmt: skip
    assert found["train"] == {"float_steps": 1739, "qat_steps": 261, "batch_size": 128}
    assert found["data"] == {"path": "inputs", "reader": "tfrecord", "label_map": "inputs/label_map.pbtxt"}
    wrong = [line.split(" (")[0].split(maxsplit=1)[1] for line in told.splitlines() if line.startswith("  wrong")]
    assert wrong == ["label map", "train records", "eval records", "checkpoint"]


@needs_data
def test_a_configuration_full_of_placeholders(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, told = run(f"{DATA}/data/raccoon/ssd_mobilenet_v1_pets.config")
    assert code == 1 and "data" not in yaml.safe_load(out) and told.count("is a placeholder that nobody filled in") == 4
    assert "it would train a float model" in told


_PIECES = [
    "{", "}", "<", ">", "[", "]", ":", ",", ";", '"', "'", "\\", "#", "-", "\0", "\n", "\ufeff", "ä", "“", " ",
    "1e999", "-1", "0", "99999999999999999999", "0x7fffffff", "nan", "inf", "1.5f", "true", "RELU_6", "08",
    "'\\0'", "'a\\nb'", "'\\377\\376'", "'gs://'", "'gs://b'", "'~'", "'.'", "'..'", "''", "'a,,b'", "'[z-a]'",
    "model {", "ssd {", "batch_size: 4", "[a.b] { }", "num_steps: 1", "graph_rewriter { quantization { } }",
]  # fmt: skip


def _mutated(text, rng):
    for _ in range(rng.choice((1, 1, 2, 5))):
        at, length = rng.randrange(len(text) + 1), rng.choice((0, 1, 3, 20, 200))
        kind = rng.randrange(4)
        if kind == 0:
            text = text[:at] + rng.choice(_PIECES) + text[at + length :]
        elif kind == 1:
            text = text[:at] + text[at + length :]
        elif kind == 2:
            text = text[:at] + text[at : at + length] * 2 + text[at + length :]
        else:
            tokens = text.split(" ")
            tokens[rng.randrange(len(tokens))] = rng.choice(_PIECES)
            text = " ".join(tokens)
    return text


@pytest.mark.slow
def test_two_thousand_damaged_configurations_are_refused_or_become_settings(config):
    rng, codes = random.Random(5), []
    for _ in range(2000):
        config.write_text(_mutated(CONFIG, rng), encoding="utf-8")
        code, out, told = run(config)
        codes.append(code)
        if code == 2:
            assert out == "" and told.startswith("error: pipeline.config")
        else:
            Path("c.yaml").write_text(out, encoding="utf-8")
            load_config("c.yaml")
    assert min(map(codes.count, (0, 1, 2))) > 100
