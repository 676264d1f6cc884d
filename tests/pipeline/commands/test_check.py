"""`coralline check`: exit codes, JSON and what people read."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from coralline.data.dataset import read_dataset
from coralline.data.drawn_shapes import draw_dataset
from coralline.foundation.errors import UserError
from pipeline import preflight
from pipeline.commands.check.command import command
from pipeline.config import load_config
from pipeline.local_runner import with_absolute_paths


@pytest.fixture
def shapes(tmp_path):
    draw_dataset(tmp_path / "shapes", images=12, size_px=64)
    return tmp_path / "shapes"


def check(*arguments):
    result = CliRunner().invoke(command, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


def break_a_box(shapes):
    path = shapes / "annotations" / "shapes-0003.xml"
    text = path.read_text(encoding="utf-8")
    xmin = text[text.index("<xmin>") : text.index("</xmin>")]
    path.write_text(text.replace(xmin, "<xmin>left", 1), encoding="utf-8")
    return path


def test_clean_data_set_is_counted_and_exits_with_0(shapes):
    code, output = check("--data", shapes, "--json")
    report = json.loads(output)
    assert code == 0 and report["ok"] and report["problems"] == []
    assert report["reader"] == "LabelImg" and report["images"] == 12 == sum(report["splits"].values())
    assert report["boxes"] == sum(report["classes"].values())


def test_problem_is_listed_with_file_and_line_and_exits_with_1(shapes):
    path = break_a_box(shapes)
    code, output = check("--data", shapes, "--json")
    [problem] = json.loads(output)["problems"]
    assert code == 1 and set(problem) == {"kind", "file", "line", "message", "policy"}
    assert (problem["kind"], problem["file"], problem["policy"]) == ("bad_number", str(path), "fail")
    assert "<xmin>left" in path.read_text(encoding="utf-8").splitlines()[problem["line"] - 1]


def test_configuration_sets_the_policy_and_the_path(shapes, tmp_path):
    break_a_box(shapes)
    config = tmp_path / "c.yaml"
    config.write_text(f"data:\n  path: {shapes}\n  on_bad_number: drop\n", encoding="utf-8")
    code, output = check("--config", config)
    assert code == 0 and "bad_number  1  left out" in output


def test_table_names_the_problem_and_the_next_step(shapes):
    path = break_a_box(shapes)
    code, output = check("--data", shapes)
    assert code == 1 and f"{path}:" in output and "would stop a run" in output and "next: fix" in output


@pytest.mark.parametrize(
    ("config", "message"),
    [("data:\n  pth: x\n", "unknown key `data.pth`"), ("model: {preset: nothing}\n", "unknown preset")],
)
def test_wrong_setting_is_a_problem(shapes, tmp_path, config, message):
    (tmp_path / "c.yaml").write_text(config, encoding="utf-8")
    code, output = check("--data", shapes, "--config", tmp_path / "c.yaml")
    assert code == 1 and message in output


def test_folder_without_annotations_is_a_problem(tmp_path):
    code, output = check("--data", tmp_path, "--json")
    report = json.loads(output)
    assert code == 1 and not report["ok"] and "no annotations" in report["problems"][0]["message"]


def test_missing_folder_cannot_be_told_and_exits_with_2(tmp_path):
    code, output = check("--data", tmp_path / "nothing", "--json")
    assert code == 2 and json.loads(output)["problems"][0]["kind"] == "could_not_check"
    assert check()[0] == 2


def test_imports_no_tensorflow(shapes):
    code = "import sys; from pipeline.commands.check.command import command;"
    code += "command(sys.argv[1:], standalone_mode=False);"
    code += "assert not {'tensorflow', 'tfx', 'apache_beam'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code, "--data", str(shapes)], check=True, capture_output=True)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("model: {warm_start: nothing.tflite}", "`model.warm_start` can't be read"),
        ("model: {warm_start: c.yaml}", "the warm start can't be used: this is not a .tflite file"),
        ("edgetpu: {compiler: required, compiler_path: nothing}", "no usable Edge TPU compiler"),
        ("train: {batch_size: 64}", "too few training images for a batch"),
        ("model: {input_size: 300}", "`model.input_size` doesn't fit the preset mobilenet_v2_256"),
        ("model: {num_scales: 9}", "there would be too many anchors in a cell"),
        ("data: {eval_list: all.txt}", "no image is left for training"),
    ],
)
def test_what_would_stop_a_run_is_told_before_it(shapes, tmp_path, monkeypatch, settings, told):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.yaml").write_text(settings)
    (tmp_path / "all.txt").write_text("\n".join(path.name for path in (shapes / "images").iterdir()))
    code, output = check("--data", shapes, "--config", "c.yaml", "--json")
    [problem] = json.loads(output)["problems"]
    assert code == 1 and told in problem["message"]
    with pytest.raises(UserError, match=re.escape(told)):
        preflight.check_before_run(
            with_absolute_paths(load_config("c.yaml", {"data.path": str(shapes), "out": str(tmp_path / "out")}))
        )
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(
    not os.environ.get("CORALLINE_TEST_DATA"), reason="CORALLINE_TEST_DATA names no folder with models/"
)
def test_a_warm_start_of_another_backbone_is_told_before_a_run(shapes):
    weights = os.path.join(os.environ["CORALLINE_TEST_DATA"], "models/tf2_mobilenet_v2_1.0_224_ptq.tflite")
    warm = ("--set", f"model.warm_start={weights}")
    assert check("--data", shapes, *warm)[0] == 0
    code, output = check("--data", shapes, *warm, "--set", "model.preset=mobilenet_v2_035_192")
    assert code == 1 and "another backbone" in output and "expected 3x3x3x16, found 3x3x3x32" in output


def test_a_split_without_boxes_is_told_before_a_run(shapes):
    for image in read_dataset(str(shapes)).images:
        if image.split == "eval":
            annotation = Path(image.annotation_path)
            annotation.write_text(re.sub(r"<object>.*</object>", "", annotation.read_text(), flags=re.DOTALL))
    code, output = check("--data", shapes, "--json")
    [problem] = [problem for problem in json.loads(output)["problems"] if problem["policy"] == "fail"]
    assert code == 1 and "the images of the eval split hold no box" in problem["message"]


def test_a_class_that_a_split_lacks_is_told_for_either_side(shapes):
    """It trains all the same, or is judged on nothing: `data.on_class_missing_in_split` makes it stop a run."""
    for image in read_dataset(str(shapes)).images:
        annotation = Path(image.annotation_path)
        text = re.sub("<name>.*?</name>", f"<name>only in {image.split}</name>", annotation.read_text())
        annotation.write_text(text)
    code, output = check("--data", shapes)
    assert code == 0 and "no box of class only in eval is in the train split" in output
    assert "no box of class only in train is in the eval split" in output
    code, _ = check("--data", shapes, "--set", "data.on_class_missing_in_split=fail")
    assert code == 1


def test_tells_what_the_edge_tpu_will_take_before_anything_is_trained(shapes, tmp_path):
    _, output = check("--data", shapes, "--json")
    edgetpu = json.loads(output)["edgetpu"]
    assert (edgetpu["preset"], edgetpu["mapped"], edgetpu["total"]) == ("mobilenet_v2_256", 201, 204)
    config = tmp_path / "c.yaml"
    config.write_text("model:\n  preset: mobiledet_edgetpu_320\n  input_size: 384\n", encoding="utf-8")
    _, output = check("--data", shapes, "--config", config)
    assert "mobiledet_edgetpu_320 at 384 pixels: 186 of 189 operations will run on the Edge TPU" in output


def test_settings_under_which_nothing_would_be_published_are_a_problem(shapes, tmp_path):
    config = tmp_path / "c.yaml"
    config.write_text("edgetpu:\n  min_mapped: 1.0\n", encoding="utf-8")
    code, output = check("--data", shapes, "--config", config)
    assert code == 1 and "201 of 204 operations are predicted to run on the Edge TPU" in output
    with pytest.raises(UserError, match="would never be published"):
        preflight.check_mapping(load_config(config), 3)


def test_names_cannot_forge_or_break_what_is_printed(shapes):
    """A line break, an escape sequence that a terminal obeys, bytes that aren't UTF-8."""
    stems = ("new\n  no problems", "esc\x1b[31m", "caf\udce9")
    for image, stem in zip(sorted((shapes / "images").iterdir()), stems, strict=False):
        image.rename(image.with_name(f"{stem}.jpg"))
    _, text = check("--data", shapes)
    assert "new\\n  no problems.jpg: the image has no annotation" in text and "\n  no problems" not in text
    assert "\x1b" not in text and "esc\\x1b[31m.jpg" in text and "caf\\xe9.jpg" in text
    _, text = check("--data", shapes, "--json")
    files = [problem["file"] for problem in json.loads(text)["problems"]]
    assert any(file.endswith("new\n  no problems.jpg") for file in files)
    json.dumps(files, ensure_ascii=False).encode()


def test_very_many_classes_with_long_names_stay_readable(shapes):
    box = "<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>30</xmax><ymax>40</ymax></bndbox>"
    objects = "".join(f"<object><name>{i}{'x' * 5000}</name>{box}</object>" for i in range(300))
    annotation = next((shapes / "annotations").iterdir())
    annotation.write_text(f"<annotation>{objects}</annotation>", encoding="utf-8")
    _, text = check("--data", shapes)
    assert "more (--json lists all)" in text and max(map(len, text.splitlines())) < 1000


def shrink_a_box(shapes):
    path = shapes / "annotations" / "shapes-0003.xml"
    text = re.sub("<xmin>.*?<", "<xmin>10<", path.read_text(encoding="utf-8"), count=1)
    for side, value in {"ymin": 10, "xmax": 12, "ymax": 12}.items():
        text = re.sub(f"<{side}>.*?<", f"<{side}>{value}<", text, count=1)
    path.write_text(text, encoding="utf-8")
    return path


def test_boxes_that_no_anchor_matches_are_counted_by_preset_and_named(shapes, tmp_path):
    path = shrink_a_box(shapes)
    code, output = check("--data", shapes, "--json")
    report = json.loads(output)
    [problem] = report["problems"]
    assert code == 0 and report["anchors"]["mobilenet_v2_256"] == 1
    assert (problem["kind"], problem["file"], problem["policy"]) == ("unmatched_box", str(path), "keep")
    assert "model.input_size: 768 would match them all" in problem["message"]
    assert "<bndbox>" in path.read_text(encoding="utf-8").splitlines()[problem["line"] - 1]
    config = tmp_path / "c.yaml"
    config.write_text("model:\n  input_size: 768\n", encoding="utf-8")
    _, output = check("--data", shapes, "--config", config)
    assert re.search(r"anchors    0 of \d+ boxes match none of mobilenet_v2_256 at 768 pixels", output)
    assert "unmatched_box" not in output


def draw_bars(folder):
    """A LabelImg data set of long thin boxes."""
    for name in ("images", "annotations"):
        (folder / name).mkdir(parents=True)
    for number in range(12):
        Image.new("RGB", (256, 256), (number, 0, 0)).save(folder / "images" / f"{number}.jpg")
        boxes = "".join(
            f"<object><name>bar</name><bndbox><xmin>{10 + number}</xmin><ymin>{top}</ymin>"
            f"<xmax>{120 + 2 * number}</xmax><ymax>{top + 13}</ymax></bndbox></object>"
            for top in range(5, 230, 31)
        )
        (folder / "annotations" / f"{number}.xml").write_text(f"<annotation>{boxes}</annotation>", encoding="utf-8")
    return folder


def test_anchors_that_fit_are_advised_with_settings_to_paste(tmp_path):
    bars, own = draw_bars(tmp_path / "bars"), ["--set", "model.fit_anchors=false"]
    code, output = check("--data", bars, *own)
    assert code == 0 and "now 96 match none" in output and "as advised 0 match none" in output
    [pasted] = [line for line in output.splitlines() if line.strip().startswith("--set")]
    assert "would match them all" in output and "'model.aspect_ratios=[" in pasted
    code, output = check("--data", bars, *own, *shlex.split(pasted))
    assert code == 0 and "anchors    0 of 96 boxes match none" in output and "--set" not in output
    _, output = check("--data", bars, *own, "--json")
    assert json.loads(output)["anchor_advice"]["arguments"] == pasted.strip()


def test_anchors_are_fitted_where_the_presets_do_not_fit_unless_they_are_set(tmp_path):
    bars = draw_bars(tmp_path / "bars")
    code, output = check("--data", bars)
    assert code == 0 and "anchors    0 of 96 boxes match none" in output and "--set" not in output
    assert re.search(r"fitted to the training boxes: .*aspect_ratios .*the preset's own: 96 match none", output)
    check("--data", bars, "--report", tmp_path / "look")
    page = (tmp_path / "look" / "report.html").read_text(encoding="utf-8")
    assert "own anchors leave 96 of 96 boxes unmatched" in page and "which leave 0" in page
    _, output = check("--data", bars, "--set", "model.num_scales=2")
    assert "fitted to the training boxes" not in output and "--set" in output


@pytest.mark.slow
def test_what_a_training_takes_is_measured_on_a_few_steps(tmp_path, valid_document):
    draw_dataset(tmp_path / "shapes", images=30, size_px=64)
    code, output = check("--data", tmp_path / "shapes", "--measure", "--set", "model.preset=demo_160", "--json")
    estimate = valid_document(output)["estimate"]
    assert code == 0 and estimate["measured_steps"] == {"float": 16, "quantization-aware": 8}
    assert all(rate > 0 for rate in estimate["images_per_s"].values())
    assert estimate["peak_bytes"] > 500e6
    steps_s = sum(steps * 8 / rate for steps, rate in zip((450, 50), estimate["images_per_s"].values(), strict=True))
    assert estimate["seconds"] > steps_s * 0.9, "all steps, not those that were measured"


@pytest.mark.slow
def test_a_training_that_cannot_be_is_a_problem_when_it_is_measured(tmp_path):
    draw_dataset(tmp_path / "shapes", images=30, size_px=64)
    diverging = ["--set", "model.preset=demo_160", "--set", "train.learning_rate=1.0e30"]
    code, output = check("--data", tmp_path / "shapes", "--measure", *diverging)
    assert code == 1 and "training diverged" in output


def test_report_is_written_whether_or_not_something_would_stop_a_run(shapes, tmp_path):
    _, output = check("--data", shapes, "--report", tmp_path / "good")
    assert f"report: {tmp_path}/good/report.html" in output
    assert "This data can be trained on" in (tmp_path / "good/report.html").read_text(encoding="utf-8")
    break_a_box(shapes)
    code, output = check("--data", shapes, "--report", tmp_path / "bad", "--json")
    page = (tmp_path / "bad/report.html").read_text(encoding="utf-8")
    assert code == 1 and "1 problem would stop a run" in page
    report = json.loads((tmp_path / "bad/report.json").read_text(encoding="utf-8"))
    assert {"schema": "coralline.check/1", **report} == json.loads(output)


@pytest.mark.parametrize(("place", "told"), [("file/below", "can't be written"), ("shapes/report", "part of the data")])
def test_report_that_cannot_be_written_is_told(shapes, tmp_path, place, told):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=told):
        CliRunner().invoke(command, ["--data", str(shapes), "--report", str(tmp_path / place)], catch_exceptions=False)
