"""`coralline report` on a store of three runs: one that published, one that was refused, one that failed early."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from ml_metadata.proto import metadata_store_pb2 as pb

from coralline.foundation import storage
from coralline.foundation.errors import UserError
from pipeline.commands import report

PUBLISHED, REFUSED, FAILED = "20260101-000000-aaaa", "20260102-000000-bbbb", "20260103-000000-cccc"


@pytest.fixture
def runs(store_writer, tmp_path):
    """The output folder; a run's page says whose it is."""
    data = json.dumps({"path": "/data/yard"})
    for number, (run, blessed) in enumerate({PUBLISHED: 1, REFUSED: 0}.items()):
        evaluated, pushed = tmp_path / f"artifacts/report/{number}", tmp_path / f"artifacts/pushed/{number}"
        for folder, by in ((evaluated, "Evaluator"), (pushed / "report", "EdgeTpuPusher")):
            (folder / "data").mkdir(parents=True)
            (folder / "report.html").write_text(f"{run} by {by}")
            (folder / "data" / "report.html").write_text("the data")
        (tmp_path / f"artifacts/model/{number}").mkdir(parents=True)
        (tmp_path / f"artifacts/model/{number}/model.tflite").write_bytes(b"model")
        judged = store_writer.artifact("components.EvaluationReport", str(evaluated), images=40, split="test")
        judged.custom_properties["AP"].double_value = 0.41234
        judged.custom_properties["AP50"].double_value = 0.8
        reasons = "AP50 0.800 reaches the required 0.300\nAP is fine" if blessed else "AP50 0.800 is below 0.900"
        blessing = store_writer.artifact("ModelBlessing", f"{tmp_path}/b/{number}", blessed=blessed, reasons=reasons)
        where = {"pushed_destination": "/yard/published", "pushed_version": "v1"} if blessed else {}
        made = store_writer.artifact("PushedModel", str(pushed), pushed=blessed, **where)
        model = store_writer.artifact("components.TFLiteModel", f"{tmp_path}/artifacts/model/{number}")
        store_writer.execute(run, "VocExampleGen", pb.Execution.COMPLETE, {}, {}, data=data)
        store_writer.execute(run, "TFLiteExporter", pb.Execution.COMPLETE, {}, {"tflite_model": model})
        store_writer.execute(run, "Evaluator", pb.Execution.COMPLETE, {}, {"report": judged, "blessing": blessing})
        store_writer.execute(run, "EdgeTpuPusher", pb.Execution.COMPLETE, {}, {"pushed_model": made})
    store_writer.execute(FAILED, "VocExampleGen", pb.Execution.FAILED, {}, {}, error_message="no annotations")
    return tmp_path


def call(*arguments: Any) -> Any:
    result = CliRunner().invoke(report.command, [str(a) for a in arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result


def test_without_a_run_it_is_the_newest_that_made_a_page(runs, valid_document):
    result = call("--store", runs, "--json")
    found = valid_document(result.stdout)
    assert (found["run_id"], found["page"]) == (REFUSED, f"{runs}/artifacts/pushed/1/report/report.html")
    assert result.stderr == f"the newer run {FAILED} ended before it made a page\n"
    assert found["recorded"] == {
        "AP": 0.41234,
        "AP50": 0.8,
        "images": 40,
        "split": "test",
        "blessed": False,
        "reasons": ["AP50 0.800 is below 0.900"],
    }


def test_a_run_is_named_by_how_its_id_begins(runs):
    lines = call("20260101", "--store", runs).stdout.splitlines()
    assert lines == [
        f"run {PUBLISHED}: AP 0.412, AP50 0.800 on 40 test images; blessed; published as /yard/published/v1",
        f"{runs}/artifacts/pushed/0/report/report.html",
    ]


@pytest.mark.parametrize(
    ("run", "message"), [("2026", "runs begin with `2026`"), ("1999", "no run `1999`"), (FAILED, "has made no page")]
)
def test_a_run_without_a_page_or_that_is_not_there_is_one_message(runs, run, message):
    with pytest.raises(UserError, match=message):
        call(run, "--store", runs)


def test_the_page_is_copied_with_the_page_on_the_data(runs, tmp_path):
    shown = call(PUBLISHED, "--store", runs, "--out", tmp_path / "to" / "mail").stdout
    assert shown.splitlines()[-1] == str(tmp_path / "to/mail/report.html")
    assert (tmp_path / "to/mail/report.html").read_text() == f"{PUBLISHED} by EdgeTpuPusher"
    assert (tmp_path / "to/mail/data/report.html").read_text() == "the data"
    with pytest.raises(UserError, match="can't be written there") as error:
        call(REFUSED, "--store", runs, "--out", tmp_path / "to" / "mail")
    assert error.value.found == "data, report.html"


def test_a_page_at_an_address_is_found_and_copied(store_writer, tmp_path, remote_folder):
    made = store_writer.artifact("components.EvaluationReport", f"{remote_folder}/report", images=40, split="eval")
    store_writer.execute(PUBLISHED, "Evaluator", pb.Execution.COMPLETE, {}, {"report": made})
    for name, text in {"report.html": "page", "eval/one.jpg": "picture", "data/report.html": "the data"}.items():
        storage.write_bytes(f"{remote_folder}/report/{name}", text.encode())
    assert call("--store", tmp_path).stdout.splitlines()[-1] == f"{remote_folder}/report/report.html"
    call("--store", tmp_path, "--out", tmp_path / "copy")
    copied = {str(path.relative_to(tmp_path / "copy")): path.read_text() for path in (tmp_path / "copy").rglob("*.*")}
    assert copied == {"report.html": "page", "eval/one.jpg": "picture", "data/report.html": "the data"}
    with pytest.raises(UserError, match="can't be written there") as error:
        call("--store", tmp_path, "--out", f"{remote_folder}/copy")
    assert error.value.found == "an address"
    if not remote_folder.startswith("file:"):
        with pytest.raises(UserError, match="where a browser can't open it"):
            call("--store", tmp_path, "--open")


def test_a_browser_opens_the_page(runs, monkeypatch):
    opened = []
    monkeypatch.setattr(report.webbrowser, "open", lambda address: opened.append(address) or True)
    call(PUBLISHED, "--store", runs, "--open")
    assert opened == [f"file://{runs}/artifacts/pushed/0/report/report.html"]
    monkeypatch.setattr(report.webbrowser, "open", lambda address: False)
    with pytest.raises(UserError, match="no browser could be opened"):
        call(PUBLISHED, "--store", runs, "--open")


def test_of_a_deleted_page_the_record_is_told_and_how_to_make_it_again(runs):
    shutil.rmtree(runs / "artifacts/pushed/1")
    page = f"{runs}/artifacts/report/1/report.html"  # the evaluator's, without what became of the model
    assert call(REFUSED, "--store", runs).stdout.splitlines()[-1] == page
    shutil.rmtree(runs / "artifacts/report")
    with pytest.raises(UserError, match="has been deleted") as error:
        call(REFUSED, "--store", runs)
    assert "AP 0.412, AP50 0.800 on 40 test images; not blessed (AP50 0.800 is below 0.900)" in error.value.found
    model = f"{runs}/artifacts/model/1/model.tflite"
    assert f"coralline evaluate {model} --data /data/yard --report DIR" in error.value.fix
    Path(model).unlink()
    with pytest.raises(UserError) as error:
        call(REFUSED, "--store", runs)
    assert error.value.fix == "run the pipeline again with the same settings and --out"
