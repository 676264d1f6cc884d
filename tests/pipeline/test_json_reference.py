"""The schemas of what `--json` prints, the page about them, and the real output of the commands against them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest
from click.testing import CliRunner
from PIL import Image

from coralline.data.drawn_shapes import draw_dataset
from coralline.publishing import published
from coralline.tflite import metadata
from pipeline import cli, json_reference, machine_output
from pipeline.exit_codes import ExitCode

_CORALLINE = [sys.executable, "-c", "from pipeline.cli import main; main()"]
# They become another program.
_WITHOUT_JSON = {"lineage serve", "tensorboard", "test"}


def _called(*arguments: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*_CORALLINE, *map(str, arguments)], capture_output=True, text=True, check=False)


def _printed(*arguments: Any, code: int = 0) -> str:
    result = CliRunner().invoke(cli._coralline, [*map(str, arguments), "--json"], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result.stdout


def test_schemas_and_page_are_as_they_are_generated() -> None:
    made = json_reference.files()
    assert {path: path.read_text(encoding="utf-8") for path in made} == made
    assert set(json_reference.SCHEMAS.iterdir()) == set(made) - {json_reference.PAGE}


def test_every_document_has_one_schema_and_a_version() -> None:
    assert json_reference.DOCUMENTS.keys() == machine_output.VERSIONS.keys()


@pytest.mark.parametrize("name", json_reference.DOCUMENTS)
def test_everything_in_a_schema_is_described(name: str) -> None:
    schema = json_reference.schema(name)
    objects = [schema, *schema.get("$defs", {}).values()]
    assert all(described["description"] and described["additionalProperties"] is False for described in objects)
    kinds = {key: value for described in objects for key, value in described["properties"].items()}
    assert [key for key, value in kinds.items() if "description" not in value and "$ref" not in value] == []


def test_every_command_takes_json() -> None:
    def commands(group: click.Group, path: str = "") -> dict[str, click.Command]:
        with click.Context(group) as context:
            found = {f"{path}{name}": group.get_command(context, name) for name in group.list_commands(context)}
        deeper = [commands(found[name], f"{name} ") for name in found if isinstance(found[name], click.Group)]
        return {k: v for part in ({k: v for k, v in found.items() if v}, *deeper) for k, v in part.items()}

    without = {
        name
        for name, command in commands(cli._coralline).items()  # type: ignore[arg-type]
        if not isinstance(command, click.Group) and not any("--json" in option.opts for option in command.params)
    }
    assert without == _WITHOUT_JSON


def test_a_key_that_no_schema_names_is_refused(valid_document) -> None:
    document = machine_output.named("compile", {"output": "f", "target": "vertex", "name": "n"})
    places = {"image": "i", "data": "d", "push_to": "p"}
    assert valid_document(json.dumps(document | places))["name"] == "n"
    for wrong in (document, document | places | {"new": 1}, document | places | {"name": 3}):
        with pytest.raises(jsonschema.ValidationError):
            valid_document(json.dumps(wrong))


def test_check(tmp_path: Path, valid_document) -> None:
    draw_dataset(tmp_path / "data", images=20, size_px=64)
    overrides = ["--set", "train.batch_size=4"]
    assert valid_document(_printed("check", "--data", tmp_path / "data", *overrides))["ok"] is True
    small = ["--set", "model.anchor_size=16.0", *overrides]
    assert valid_document(_printed("check", "--data", tmp_path / "data", *small))["anchor_advice"] is not None
    unusable = _printed("check", "--data", tmp_path / "gone", code=ExitCode.NOT_DONE)
    assert valid_document(unusable)["problems"][0]["kind"] == "could_not_check"
    wrong = _printed("check", "--data", tmp_path / "data", "--set", "model.preset=none", code=ExitCode.FAILED)
    assert valid_document(wrong)["ok"] is False


@pytest.fixture
def detector_file(tmp_path: Path, quadrant_detector) -> Path:
    (tmp_path / "model.tflite").write_bytes(metadata.write_metadata(
        quadrant_detector(), labels="leaf\nsea\n", score_threshold=0.25, name="n", description="d"
    ))  # fmt: skip
    return tmp_path / "model.tflite"


def test_inspect(detector_file: Path, valid_document, quadrant_detector) -> None:
    assert valid_document(_printed("inspect", detector_file))["contract"]["ok"] is True
    detector_file.write_bytes(quadrant_detector(input_type="FLOAT32", pool_version=4))
    assert valid_document(_printed("inspect", detector_file))["edgetpu"]["failure"]


@pytest.mark.skipif("CORALLINE_TEST_DATA" not in os.environ, reason="CORALLINE_TEST_DATA names no folder with models")
def test_inspect_of_a_compiled_file(valid_document) -> None:
    path = Path(os.environ["CORALLINE_TEST_DATA"], "models/edgetpu_pairs")
    compiled = sorted(path.glob("*_edgetpu.tflite"))[0]
    assert valid_document(_printed("inspect", compiled))["edgetpu"]["packages"]


def test_predict(detector_file: Path, tmp_path: Path, valid_document) -> None:
    Image.new("RGB", (64, 32), (0, 255, 0)).save(tmp_path / "a.png")
    found = valid_document(_printed("predict", detector_file, tmp_path / "a.png"))
    assert found["files"][str(tmp_path / "a.png")] and found["error"] is None
    (tmp_path / "b.png").write_bytes(b"no picture")
    found = valid_document(_printed("predict", detector_file, tmp_path / "a.png", tmp_path / "b.png", code=1))
    assert [error["file"] for error in found["unreadable"]] == [str(tmp_path / "b.png")]


def test_an_error_in_the_middle_of_predict_ends_its_one_document(detector_file: Path, tmp_path, valid_document) -> None:
    Image.new("RGB", (64, 32), (0, 255, 0)).save(tmp_path / "a.png")
    latency = ["--latency", tmp_path / "gone" / "latency.json"]
    done = _called("predict", detector_file, tmp_path / "a.png", *latency, "--json")
    document = valid_document(done.stdout)
    assert (done.returncode, document["schema"]) == (1, "coralline.predict/1")
    assert document["files"] and document["error"]["message"] == "the latency can't be written"


def test_evaluate(detector_file: Path, tmp_path: Path, valid_document) -> None:
    draw_dataset(tmp_path / "data", images=4, size_px=64)
    for annotation in tmp_path.rglob("*.xml"):
        annotation.write_text(re.sub(r"circle|cross|triangle", "leaf", annotation.read_text()))
    assert valid_document(_printed("evaluate", detector_file, "--data", tmp_path / "data"))["images"] > 0


def test_rollback(tmp_path: Path, valid_document) -> None:
    for content in (b"1", b"2"):
        published.publish(str(tmp_path), {"model.tflite": content, "labels.txt": b"cat\n"}, {})
    assert valid_document(_printed("rollback", tmp_path, "--reason", "blind"))["moved"] is True
    listed = valid_document(_printed("rollback", tmp_path, "--list"))
    assert [version["rolled_back"] is not None for version in listed["versions"]] == [True, False]


@pytest.mark.slow
def test_compile(tmp_path: Path, valid_document) -> None:
    places = ["--set", "deployment.image=registry/coralline:1", "--set", "deployment.pipeline_root=gs://bucket/root"]
    done = _called("compile", "--target", "vertex", "-o", tmp_path / "spec.json", *places, "--json")
    assert done.returncode == 0, done.stderr
    assert valid_document(done.stdout)["push_to"].endswith("/published")


def test_import_config(tmp_path: Path, valid_document) -> None:
    source = Path(__file__).parents[1] / "coralline" / "od_api" / "pipeline.config"
    assert valid_document(_printed("import-config", source, code=ExitCode.FAILED))["carried"]
    (tmp_path / "bad.config").write_text("model {")
    error = valid_document(_printed("import-config", tmp_path / "bad.config", code=ExitCode.NOT_DONE))
    assert (error["schema"], error["exit_code"]) == ("coralline.error/1", ExitCode.NOT_DONE)
    assert error["error"]["file"] == str(tmp_path / "bad.config")


@pytest.mark.parametrize(
    ("arguments", "code", "kind"),
    [
        (["run", "--data", "nosuch"], 1, "user_error"),
        (["run", "--nosuch"], 2, "usage"),
        (["nosuch"], 2, "usage"),
        (["compile"], 2, "usage"),
        (["inspect", "nosuch.tflite"], 1, "user_error"),
        (["rollback", "nosuch"], 1, "user_error"),
    ],
)
def test_an_error_is_one_document_and_words_beside_it(arguments, code, kind, valid_document) -> None:
    done = _called(*arguments, "--json")
    document = valid_document(done.stdout)
    assert (done.returncode, document["exit_code"], document["error"]["type"]) == (code, code, kind)
    assert document["error"]["message"] and document["error"]["message"].splitlines()[0] in done.stderr


def test_a_mistake_has_file_line_and_fix(tmp_path: Path, valid_document) -> None:
    (tmp_path / "c.yaml").write_text("train:\n  sede: 3\n")
    error = valid_document(_called("check", "--config", tmp_path / "c.yaml", "--json").stdout)
    assert error["problems"][0]["line"] == 2
    error = valid_document(_called("run", "--config", tmp_path / "c.yaml", "--json").stdout)["error"]
    assert error == {
        "type": "user_error",
        "message": "unknown key `train.sede`",
        "file": str(tmp_path / "c.yaml"),
        "line": 2,
        "expected": "a key such as `train.seed`",
        "found": "train.sede",
        "fix": "did you mean `train.seed`?",
    }


@pytest.mark.parametrize(
    ("ended_by", "code", "kind"), [("1 / 0", 1, "bug"), ("raise KeyboardInterrupt", 130, "interrupted")]
)
def test_bugs_and_interruptions_are_documents_too(ended_by, code, kind, valid_document) -> None:
    script = (
        "import click, pipeline.cli as cli, types, sys\n"
        f"def callback(as_json):\n    {ended_by}\n"
        "options = [click.Option(['--json', 'as_json'], is_flag=True)]\n"
        "command = click.Command('run', callback=callback, params=options)\n"
        "sys.modules['pipeline.commands.run'] = types.SimpleNamespace(command=command)\n"
        "cli.main(['run', '--json'])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    document = valid_document(done.stdout)
    assert (done.returncode, document["exit_code"], document["error"]["type"]) == (code, code, kind)
    assert ("ZeroDivisionError" in done.stderr) == (kind == "bug")


def test_codes_and_their_meanings_are_in_the_help() -> None:
    told = _called("--help").stdout
    assert all(f"{code.value}  " in told for code in ExitCode)
