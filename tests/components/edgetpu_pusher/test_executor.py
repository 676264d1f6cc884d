import dataclasses
import hashlib
import html
import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from PIL import Image

from components.edgetpu_pusher.publication_report import PLACE
from coralline.edgetpu.edgetpu_settings import EdgeTpuSettings
from coralline.foundation import progress
from coralline.foundation.errors import UserError
from coralline.lineage.recorded_names import recorded_names
from coralline.publishing import published, served_model
from coralline.tflite.post_process_op import PostProcessing

LEAF = {"score": 0.312, "precision": 0.8, "recall": 0.7, "f1": 0.75, "boxes": 10, "found": 7, "false": 2}
INT8 = {"AP": 0.5, "AP50": 0.7, "AP75": None, "per_class": {"leaf": 0.5, "sea": None}}
THRESHOLDS = {
    "overall": {**LEAF, "score": 0.35, "below_frigate_floor": 2},
    "per_class": {"leaf": {**LEAF, "below_frigate_floor": 2}, "sea": None},
}
REPORT = {
    "int8": INT8,
    "reasons": ["AP50 is 0.1"],
    "at_best_threshold": {"score_threshold": 0.35},
    "score_thresholds": {**THRESHOLDS, "at_overall": {}},
}
POST = dataclasses.asdict(PostProcessing(10, 0.25, 0.5, 2))
STAND_IN = str(Path(__file__).parents[2] / "coralline" / "edgetpu" / "edgetpu_compiler_stand_in.py")


@pytest.fixture
def push(tmp_path, monkeypatch, quadrant_detector):
    """`push(blessed=..., **edgetpu settings) -> (properties, push.json)`: runs the executor on a model of quadrants."""
    from tfx.types import standard_artifacts

    from components.artifacts import EvaluationReport, TFLiteModel
    from components.edgetpu_pusher.executor import Executor

    monkeypatch.setenv("PATH", "/usr/bin:/bin")

    def artifact(kind, name, number):
        made = kind()
        made.uri, made.id = str(tmp_path / name), number
        (tmp_path / name).mkdir(exist_ok=True)
        return made

    def run(blessed=True, play="partial", judged_against="what is served", **settings):
        monkeypatch.setenv("STAND_IN", play)
        model, blessing = artifact(TFLiteModel, "model", 1), artifact(standard_artifacts.ModelBlessing, "blessing", 2)
        report, pushed = artifact(EvaluationReport, "report", 3), artifact(standard_artifacts.PushedModel, "pushed", 4)
        (tmp_path / "model/model.tflite").write_bytes(quadrant_detector())
        (tmp_path / "model/labels.txt").write_text("leaf\nsea\n")
        (tmp_path / "model/export.json").write_text(
            json.dumps({"input": [32, 32], "preset": "p", "post_processing": POST, "trained_model": "/trained/7"})
        )
        (tmp_path / "report/report.json").write_text(json.dumps(REPORT))
        (tmp_path / "report/report.html").write_text(f"<main>{PLACE}</main>")
        (tmp_path / "report/eval").mkdir(exist_ok=True)
        (tmp_path / "report/eval/one.jpg").write_bytes(b"picture")
        (tmp_path / "blessing" / ("BLESSED" if blessed else "NOT_BLESSED")).write_bytes(b"")
        if judged_against == "what is served":
            judged_against = served_model.content_of(served_model.served_now(str(tmp_path / "published")))
        if judged_against is not None:
            blessing.set_string_custom_property("baseline_content", judged_against)
        edgetpu = EdgeTpuSettings(**{"min_mapped": 0.4, **settings}).to_property()
        inputs = {"tflite_model": [model], "blessing": [blessing], "report": [report]}
        properties = {"edgetpu": edgetpu, "push_to": str(tmp_path / "published")}
        Executor().Do(inputs, {"pushed_model": [pushed]}, properties)
        return pushed, json.loads((tmp_path / "pushed/push.json").read_text())

    return run


def latest(tmp_path):
    return tmp_path / "published" / "latest"


def page(tmp_path):
    return html.unescape((tmp_path / "pushed/report/report.html").read_text())


def test_without_a_compiler_the_int8_model_is_published(push, tmp_path, valid_document):
    pushed, outcome = push()
    assert (pushed.get_int_custom_property("pushed"), pushed.get_int_custom_property("compiled")) == (1, 0)
    assert "edgetpu_compiler is not on PATH" in outcome["reason"] and "install" in outcome["reason"]
    manifest = valid_document((latest(tmp_path) / "manifest.json").read_text())
    assert set(manifest["files"]) == {"model.tflite", "labels.txt", "frigate.yml", "frigate-0.19.yml", "detect.py"}
    assert manifest["score_threshold"] == 0.35 and manifest["score_thresholds"] == THRESHOLDS
    assert manifest["edgetpu"]["compiled"] is False
    assert (manifest["edgetpu"]["mapped"], manifest["edgetpu"]["total"]) == (2, 4)
    assert manifest["metrics"] == {"int8": INT8} and manifest["labels"] == ["leaf", "sea"]
    assert manifest["model"]["trained_model"] == "/trained/7"
    assert manifest["lineage"] == {"tflite_model": 1, "blessing": 2, "report": 3}
    assert manifest["versions"]["git_commit"] and manifest["version"] == pushed.get_string_custom_property(
        "pushed_version"
    )


def test_with_the_compiler_switched_off_nothing_is_to_be_installed(push):
    assert push(compiler="off")[1]["reason"] == "Not compiled for the Edge TPU (edgetpu.compiler is off)."


def test_with_a_compiler_the_compiled_model_is_published_beside_it(push, tmp_path, valid_document):
    pushed, outcome = push(compiler_path=STAND_IN)
    assert (pushed.get_int_custom_property("pushed"), pushed.get_int_custom_property("compiled")) == (1, 1)
    assert (latest(tmp_path) / "model_edgetpu.tflite").is_file()
    assert valid_document((latest(tmp_path) / "manifest.json").read_text())["edgetpu"]["compiled"] is True
    assert (outcome["edgetpu"]["mapped"], outcome["edgetpu"]["total"]) == (264, 267)
    frigate = yaml.safe_load((latest(tmp_path) / "frigate.yml").read_text())
    assert frigate["detectors"]["coral"]["type"] == "edgetpu"
    assert frigate["model"]["path"].endswith("/model_edgetpu.tflite") and frigate["model"]["width"] == 32
    assert frigate["objects"]["track"] == ["leaf", "sea"]
    assert frigate["objects"]["filters"] == {"leaf": {"min_score": 0.312, "threshold": 0.312}}
    newest = yaml.safe_load((latest(tmp_path) / "frigate-0.19.yml").read_text())
    assert newest["models"][0]["devices"] == ["edgetpu:usb"] and newest["objects"] == frigate["objects"]


@pytest.mark.parametrize(
    ("call", "status", "message"),
    [
        ({"compiler_path": STAND_IN}, "compiled", ""),
        ({"compiler_path": STAND_IN, "play": "crash"}, "failed", "signal 11"),
        ({}, "not found", "not on PATH"),
        ({"compiler": "off"}, "off", "edgetpu.compiler is off"),
        ({"blessed": False}, "not asked", ""),
    ],
)
def test_the_compiler_and_the_files_are_on_record(push, tmp_path, call, status, message):
    pushed, _ = push(**call)
    recorded = {name: pushed.get_string_custom_property(name) for name in map(str, recorded_names())}
    assert recorded["compiler_status"] == status and message in recorded["compiler_message"]
    used = "compiler_path" in call
    assert (recorded["compiler_path"], bool(recorded["compiler_version"])) == (STAND_IN if used else "", used)
    model = (tmp_path / "model/model.tflite").read_bytes()
    assert recorded["model_sha256"] == hashlib.sha256(model).hexdigest()
    settings = json.loads(recorded["resolved_settings"])
    assert (settings["push.to"], settings["edgetpu.min_mapped"]) == (str(tmp_path / "published"), 0.4)
    if status in ("failed", "not asked"):
        assert recorded["published_files"] == ""
        return
    for name, sha256 in json.loads(recorded["published_files"]).items():
        assert hashlib.sha256((latest(tmp_path) / name).read_bytes()).hexdigest() == sha256
    assert ("model_edgetpu.tflite" in recorded["published_files"]) == (status == "compiled")
    # What is published says nothing of the machine that compiled it.
    assert STAND_IN not in (latest(tmp_path) / "manifest.json").read_text()


def test_the_same_model_twice_is_one_version(push, tmp_path):
    first = push()[1]["version"]
    assert push()[1]["version"] == first
    assert len(list((tmp_path / "published").glob("2*"))) == 1


def test_a_model_that_is_served_already_is_told(push, tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(progress, "note", told.append)
    version = push()[1]["version"]
    assert not any("already" in note for note in told)
    assert push()[1]["version"] == version
    assert told[-1] == f"This model is published already, as {version}, and is served: nothing was changed."


def test_another_evaluation_of_the_same_model_makes_no_new_version(push, tmp_path, monkeypatch):
    first = push()[1]["version"]
    monkeypatch.setitem(REPORT, "score_thresholds", {"overall": None, "per_class": {"leaf": None, "sea": None}})
    assert push()[1]["version"] == first
    assert json.loads((latest(tmp_path) / "manifest.json").read_text())["score_thresholds"] == THRESHOLDS


def test_a_model_that_finds_nothing_has_no_thresholds(push, tmp_path, monkeypatch, valid_document):
    nothing = {"overall": None, "per_class": {"leaf": None, "sea": None}}
    monkeypatch.setitem(REPORT, "score_thresholds", nothing)
    monkeypatch.setitem(REPORT, "at_best_threshold", {"score_threshold": None})
    push()
    manifest = valid_document((latest(tmp_path) / "manifest.json").read_text())
    assert manifest["score_threshold"] is None and manifest["score_thresholds"] == nothing
    assert "filters" not in yaml.safe_load((latest(tmp_path) / "frigate.yml").read_text())["objects"]


def test_a_model_that_is_not_blessed_is_not_published_and_says_why(push, tmp_path):
    pushed, outcome = push(blessed=False)
    assert pushed.get_int_custom_property("pushed") == 0 and not (tmp_path / "published").exists()
    assert outcome["reason"] == "the model is not blessed: AP50 is 0.1" and outcome["refused_by"] == "blessing"
    assert "is not blessed" in page(tmp_path)


def test_too_few_mapped_operations_refuse_the_push(push, tmp_path):
    pushed, _ = push(min_mapped=0.9)
    reason = "2 of 4 operations are predicted to run on the Edge TPU; edgetpu.min_mapped asks for 90 %"
    assert pushed.get_string_custom_property("reason") == reason and not (tmp_path / "published").exists()
    assert pushed.get_string_custom_property("refused_by") == "gate"
    assert reason in page(tmp_path) and "<h2>Not published</h2>" in page(tmp_path)


@pytest.mark.parametrize("play", ["crash", "internal-error", "nothing", "no-file"])
def test_a_compiler_that_fails_refuses_the_push_and_names_the_failure(push, tmp_path, play):
    pushed, outcome = push(play=play, compiler_path=STAND_IN)
    assert pushed.get_int_custom_property("pushed") == 0 and not (tmp_path / "published").exists()
    assert outcome["edgetpu"]["why_not"] in outcome["reason"]


def test_a_required_compiler_that_fails_fails_the_run(push):
    with pytest.raises(UserError, match="fails on this model"):
        push(play="not-quantized", compiler="required", compiler_path=STAND_IN)


def test_a_required_compiler_that_is_absent_fails_the_run(push):
    with pytest.raises(UserError, match="no usable Edge TPU compiler"):
        push(compiler="required")


def test_the_report_is_taken_on_with_what_became_of_the_model(push, tmp_path):
    _, outcome = push(compiler_path=STAND_IN)
    report = json.loads((tmp_path / "pushed/report/report.json").read_text())
    assert report["publication"] == outcome and report["int8"] == INT8
    assert (tmp_path / "pushed/report/eval/one.jpg").read_bytes() == b"picture"
    assert "publication" not in json.loads((tmp_path / "report/report.json").read_text())
    assert (tmp_path / "report/report.html").read_text() == f"<main>{PLACE}</main>"
    assert "<h2>Published, compiled for the Edge TPU</h2>" in page(tmp_path) and PLACE not in page(tmp_path)
    for told in (outcome["version"], "264 of 267", "4.21 MiB cached on the chip, none streamed", "16.0.384591198"):
        assert told in page(tmp_path)
    assert "Operation is working on an unsupported data type" in page(tmp_path)
    assert "DEQUANTIZE: 2 on the CPU, predicted 1" in page(tmp_path)  # the stand-in replays another model's mapping


def test_a_model_that_is_not_compiled_says_in_the_report_what_to_install(push, tmp_path):
    push()
    assert "<h2>Published, not compiled for the Edge TPU</h2>" in page(tmp_path)
    assert "edgetpu_compiler is not on PATH" in page(tmp_path) and "coral.ai/docs/edgetpu/compiler" in page(tmp_path)


def test_a_reason_with_markup_in_it_is_text_in_the_report(push, tmp_path):
    push(play="partial", min_mapped=0.999, compiler_path=STAND_IN)
    section = (tmp_path / "pushed/report/report.html").read_text()
    assert "edgetpu.min_mapped asks for 99.9 %" in section
    published.publish(str(tmp_path / "published"), {"model.tflite": b"earlier"}, {})
    push()
    published.roll_back(str(tmp_path / "published"), reason="<b>worse</b> & slower")
    push()
    section = (tmp_path / "pushed/report/report.html").read_text()
    assert "&lt;b&gt;worse&lt;/b&gt; &amp; slower" in section and "<b>worse" not in section


def test_a_model_that_was_rolled_back_is_not_pushed_again(push, tmp_path):
    place = str(tmp_path / "published")
    earlier = published.publish(place, {"model.tflite": b"earlier"}, {})
    version = push()[1]["version"]
    published.roll_back(place, reason="blind at night")
    pushed, outcome = push(compiler_path=STAND_IN)  # compiled, it would be another version
    assert latest(tmp_path).resolve().name == earlier
    assert pushed.get_string_custom_property("refused_by") == "rollback"
    assert (
        outcome["reason"].startswith("this same model was rolled back on ") and "(blind at night)" in outcome["reason"]
    )
    assert outcome["reason"].endswith(f"`coralline rollback {place} --to {version}` serves it again")
    published.roll_back(place, to=version)
    assert push(compiler_path=STAND_IN)[1]["pushed"] and latest(tmp_path).resolve().name != version


def test_the_program_in_the_bundle_finds_what_the_model_finds(push, tmp_path):
    push()
    Image.new("RGB", (32, 32), (0, 255, 0)).save(tmp_path / "green.png")
    command = [sys.executable, str(latest(tmp_path) / "detect.py"), str(tmp_path / "green.png")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.count("leaf") == 4 and "scores from 0.312 to 0.35, by class" in done.stderr


def test_a_blessing_against_another_model_than_the_served_one_is_refused(push, tmp_path):
    served = published.publish(str(tmp_path / "published"), {"model.tflite": b"better"}, {})
    pushed, outcome = push(judged_against="nothing")
    assert outcome["refused_by"] == pushed.get_string_custom_property("refused_by") == "baseline"
    assert f"judged against nothing, and version {served} is served now" in outcome["reason"]
    assert (latest(tmp_path) / "model.tflite").read_bytes() == b"better"
    _, outcome = push(judged_against=f"sha256:{hashlib.sha256(b'better').hexdigest()}")
    assert outcome["pushed"]


def test_a_blessing_that_does_not_say_what_it_was_against_is_refused(push):
    _, outcome = push(judged_against=None)
    assert (outcome["refused_by"], outcome["pushed"]) == ("baseline", False)
