"""`coralline evaluate --report` and `--against`, and what is told of odd files and images."""

import json
import re
import shutil

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import coralline
from coralline.foundation import storage
from coralline.foundation.errors import UserError
from coralline.scoring import inference
from pipeline.commands.evaluate.command import command

HOSTILE = ("<script>alert(1)</script>", "\"quotes' & <b>", "chick \N{HATCHING CHICK}", "n" * 300)


@pytest.fixture
def model(labelled_model):
    return labelled_model(labels=("leaf", "sky"))


def evaluate(*arguments, data):
    result = CliRunner().invoke(command, [*map(str, arguments), "--data", str(data)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def refused(*arguments, data):
    with pytest.raises(UserError) as error:
        evaluate(*arguments, data=data)
    return str(error.value)


def rename(data, old, new):
    for path in data.glob("*.xml"):
        path.write_text(path.read_text().replace(f"<name>{old}</name>", f"<name>{new}</name>"))


def test_the_report_is_a_page_figures_and_pictures(model, data, tmp_path, valid_document):
    shown = evaluate(model, "--report", tmp_path / "a" / "report", "--json", data=data)
    found = valid_document(shown.stdout)
    assert found["report"] == str(tmp_path / "a/report/report.html")
    page = (tmp_path / "a/report/report.html").read_text()
    assert "AP50 1.000 on 4 images" in page and "all of the data, which isn&#39;t divided" in page
    assert "On this CPU" in page and '2<span class="unit"> of 4' in page
    assert "blessed" not in page.lower() and not re.search(r"(src|href)=.(https?:|/)", page)
    figures = valid_document((tmp_path / "a/report/report.json").read_text())
    assert figures["judged"]["AP"] == pytest.approx(found["AP"])
    assert figures["file"]["bytes"] == model.stat().st_size
    assert len(list((tmp_path / "a/report/eval").iterdir())) == len(figures["pictures"]) == 4
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["report"]


def test_an_earlier_report_is_replaced_and_nothing_else_is(model, data, tmp_path):
    folder = tmp_path / "report"
    evaluate(model, "--report", folder, data=data)
    (folder / "eval" / "left.jpg").write_bytes(b"")
    evaluate(model, "--report", folder, "--set", "evaluate.pictures=1", data=data)
    assert len(list((folder / "eval").iterdir())) == 1
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_bytes(b"mine")
    assert "found: a.jpg" in refused(model, "--report", tmp_path / "photos", data=data)
    (folder / "report.json").write_text('{"head": {}, "int8": {}, "blessed": true}')
    assert "found: the report of a run" in refused(model, "--report", folder, data=data)
    assert "found: a file" in refused(model, "--report", tmp_path / "photos" / "a.jpg", data=data)
    (tmp_path / "link").symlink_to(folder)
    assert "found: a symbolic link" in refused(model, "--report", tmp_path / "link", data=data)
    assert (tmp_path / "photos" / "a.jpg").read_bytes() == b"mine"


def test_a_report_that_fails_leaves_the_earlier_one(model, data, tmp_path, monkeypatch):
    folder = tmp_path / "report"
    evaluate(model, "--report", folder, data=data)
    before = (folder / "report.html").read_bytes()
    monkeypatch.setattr(storage, "write_bytes", _full_disk)
    assert "No space left" in refused(model, "--report", folder, data=data)
    assert (folder / "report.html").read_bytes() == before
    assert not list(tmp_path.glob(".report*"))


def _full_disk(path, content):
    raise OSError(28, "No space left on device")


def test_two_models_are_compared_on_the_same_images(model, labelled_model, data, tmp_path, valid_document):
    other = labelled_model("other.tflite", ("sky", "leaf"))
    shown = evaluate(model, "--against", other, "--report", tmp_path / "report", "--json", data=data)
    against = valid_document(shown.stdout)["against"]
    assert against["model"] == str(other) and against["class_names"] == ["leaf", "sky"]
    assert (against["figures"]["AP"], against["own_figures"]["AP"]) == pytest.approx((0, 1))
    assert against["differences"]["AP"] == pytest.approx({"change": 1, "low": 1, "high": 1, "beyond_chance": True})
    assert against["sentence"].startswith("Beyond chance: better in AP, AP50, AP75, ")
    assert ", AR, " in against["sentence"]
    text = " ".join(evaluate(model, "--against", other, data=data).stdout.split())
    assert f"compared with {other}, on the same images:" in text
    assert "leaf +1.000 +1.000 to +1.000 better" in text
    page = (tmp_path / "report" / "report.html").read_text()
    assert "Compared with the other file" in page and "Beyond chance: better in AP" in page
    assert "other.tflite" in page


def test_two_that_are_latest_in_their_places_are_told_apart(model, data, tmp_path):
    latest = []
    for place, version in (("one", "20260101"), ("two", "20260202")):
        (tmp_path / place / version).mkdir(parents=True)
        shutil.copy(model, tmp_path / place / version / "model.tflite")
        (tmp_path / place / "latest").symlink_to(version)
        latest.append(tmp_path / place / "latest" / "model.tflite")
    evaluate(latest[0], "--against", latest[1], "--report", tmp_path / "report", data=data)
    page = (tmp_path / "report" / "report.html").read_text()
    assert "20260101/model.tflite" in page and "20260202/model.tflite" in page


def test_a_model_is_as_good_as_itself(model, data):
    found = json.loads(evaluate(model, "--against", model, "--json", data=data).stdout)["against"]
    assert found["differences"]["AP"] == {"change": 0, "low": 0, "high": 0, "beyond_chance": False}
    assert found["sentence"] == "No difference can be told from chance on these images."


def test_models_of_other_classes_are_compared_on_those_that_both_know(model, labelled_model, data):
    other = labelled_model("other.tflite", ("leaf", "cloud"))
    found = json.loads(evaluate(model, "--against", other, "--json", data=data).stdout)["against"]
    assert found["class_names"] == ["leaf"] and set(found["figures"]["per_class"]) == {"leaf"}
    assert found["differences"]["AP"]["change"] == pytest.approx(0)
    assert "classes that both know: leaf" in evaluate(model, "--against", other, data=data).stdout
    stranger = labelled_model("stranger.tflite", ("rock", "cloud"))
    assert "the other one knows none of the data's classes" in refused(model, "--against", stranger, data=data)


def test_names_that_contradict_the_order_are_warned_of(labelled_model, data):
    names = ("num_detections", "detection_scores", "detection_classes", "detection_boxes")
    swapped = labelled_model("swapped.tflite", ("leaf", "sky"), signature=names)
    shown = evaluate(swapped, "--json", data=data)
    found = json.loads(shown.stdout)
    assert found["AP"] == pytest.approx(1)
    assert "swapped.tflite: names of outputs contradict their order" in found["warnings"][0]
    assert f"warning: {found['warnings'][0]}" in shown.stderr


def test_a_published_versions_folder_stands_for_its_model(model, data, tmp_path):
    version = tmp_path / "version"
    version.mkdir()
    assert "this folder holds no model" in refused(version, data=data)
    shutil.copy(model, version / "model.tflite")
    assert json.loads(evaluate(version, "--json", data=data).stdout)["AP"] == pytest.approx(1)
    (version / "manifest.json").write_text(json.dumps({"files": {"model.tflite": "0" * 64}}))
    assert "model.tflite isn't as it was published" in refused(version, data=data)
    (version / "manifest.json").write_text('{"files": {"labels.txt": "0"}}')
    assert "labels.txt isn't there" in refused(version, data=data)
    (version / "manifest.json").write_text('{"files": ')
    assert "manifest.json isn't a manifest" in refused(version, data=data)


def test_nothing_found_is_zero_and_has_no_best_threshold(model, data, tmp_path):
    for path in data.glob("*.jpg"):
        Image.new("RGB", (64, 64), "red").save(path, comment=path.name)
    text = evaluate(model, "--report", tmp_path / "report", data=data).stdout
    assert "AP         0.000" in text and "best score threshold: none, nothing is found at any" in text
    page = (tmp_path / "report" / "report.html").read_text()
    assert "AP50 0.000 on 4 images" in page and "8 missed" not in page


def test_a_class_without_a_box_has_no_figure(model, data, tmp_path):
    for number in (1, 2):
        path = data / f"{number}.xml"
        path.write_text(path.read_text().replace("<name>sky", "<name>leaf"))
    (tmp_path / "judges.txt").write_text("1\n2\n")
    options = (model, "--set", f"data.eval_list={tmp_path / 'judges.txt'}", "--report", tmp_path / "report")
    found = json.loads(evaluate(*options, "--json", data=data).stdout)
    assert (found["images"], found["class_counts"]["sky"]) == (2, {"images": 0, "boxes": 0})
    assert found["per_class"]["sky"] is None and found["intervals"]["per_class"]["sky"] is None
    assert found["AP"] == pytest.approx(found["per_class"]["leaf"])
    assert found["score_thresholds"]["per_class"]["sky"] is None


def test_an_empty_side_is_one_message(model, data):
    said = refused(model, "--split", "test", data=data)
    assert "there is nothing to score a model on" in said and "--split" in said


def test_output_that_is_no_number_is_one_message_with_the_image(model, data):
    anchor = np.array([0.25, 0.25, 0.5, 0.5], np.float32)
    content = model.read_bytes()
    assert content.count(anchor.tobytes()) == 1
    model.write_bytes(content.replace(anchor.tobytes(), (anchor * np.nan).tobytes()))
    said = refused(model, data=data)
    assert "jpg: the judged model can't be scored: what it gives for an image are no detections" in said


def test_an_image_that_fails_in_the_middle_is_named(model, data):
    content = (data / "2.jpg").read_bytes()
    (data / "2.jpg").write_bytes(content[:40] + bytes(len(content) - 40))
    assert "2.jpg" in refused(model, data=data)


@pytest.mark.parametrize("name", HOSTILE, ids=("script", "quotes", "emoji", "long"))
def test_any_class_name_is_shown_as_it_is(labelled_model, data, tmp_path, name):
    rename(data, "sky", name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
    model = labelled_model(labels=("leaf", name))
    shown = evaluate(model, "--report", tmp_path / "report", "--against", model, "--json", data=data)
    found = json.loads(shown.stdout)
    assert found["per_class"][name] == pytest.approx(1)
    page = (tmp_path / "report" / "report.html").read_text()
    assert "<script>alert(1)" not in page and "' & <b>" not in page
    assert max(map(len, evaluate(model, data=data).stdout.splitlines())) < 160


def test_progress_of_the_scoring_is_told(model, data, monkeypatch):
    monkeypatch.setattr(inference, "_TOLD_EVERY_S", 0)
    monkeypatch.setattr(inference, "_BATCH", 3)
    assert evaluate(model, data=data).stderr == "scoring: 3 of 4 images\n"


def test_the_library_gives_the_same(model, labelled_model, data, tmp_path):
    result = coralline.evaluate(model, data, against=labelled_model("other.tflite", ("sky", "leaf")))
    assert result.intervals.ap.low == result.figures.ap == pytest.approx(1)
    assert result.thresholds.overall.counts.found == 8
    assert result.against.differences["ap"].verdict == "better"
    assert coralline.write_report(result, tmp_path / "page") == str(tmp_path / "page" / "report.html")
