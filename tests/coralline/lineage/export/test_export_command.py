"""`coralline lineage export` as its user sees it: pages, model cards, JSON, and what is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from coralline.foundation.errors import UserError
from pipeline.commands.lineage.export_command import command

_REPORT = {
    "int8": {
        "AP": 0.41,
        "AP50": 0.8,
        "per_class": {"cat|<b>": 0.2, "dog": 0.6, "owl": None},
        "per_class_AP50": {"cat|<b>": 0.5, "dog": 0.9},
        "class_counts": {"cat|<b>": {"images": 3, "boxes": 4}},
    },
    "float": {"AP": 0.43},
    "intervals": {"int8": {"AP": {"low": 0.35, "high": 0.47}, "per_class": {"dog": {"low": 0.5, "high": 0.7}}}},
    "errors": {"missed": {"count": 7, "ap50_cost": 0.11}},
    "score_thresholds": {"overall": {"score": 0.34, "precision": 0.9, "recall": 0.8, "f1": 0.85}},
}


@pytest.fixture
def published(store_writer: Any, tmp_path: Path) -> Path:
    """An output folder with a run that has published a model, with its report."""
    from ml_metadata.proto import metadata_store_pb2 as pb

    version = tmp_path / "published" / "v1"
    version.mkdir(parents=True)
    report = tmp_path / "artifacts/Evaluator/report/3"
    report.mkdir(parents=True)
    (report / "report.json").write_text(json.dumps(_REPORT))
    resolved = json.dumps({"train.float_steps": 450, "model.input_size": 160})
    make, run, done = store_writer.artifact, "20260101-000000-aaaa", pb.Execution.COMPLETE
    examples = make("Examples", f"{tmp_path}/artifacts/VocExampleGen/examples/1")
    data = make("components.DatasetReport", f"{tmp_path}/artifacts/VocExampleGen/report/1", images=5, boxes=9)
    data.custom_properties["class_boxes"].string_value = '{"dog": {"train": 4, "eval": 1}}'
    start = make("components.WarmStart", f"{tmp_path}/w", source="https://u:pw@host/w.tflite", path="/w", sha256="5ha")
    model = make("Model", f"{tmp_path}/artifacts/QatTrainer/trained_model/2", resolved_settings=resolved)
    judged = make("components.EvaluationReport", str(report), images=5, split="eval")
    blessing = make("ModelBlessing", f"{tmp_path}/b", blessed=1, reasons="AP50 is enough")
    pushed = make("PushedModel", f"{tmp_path}/p", pushed=1, pushed_destination=str(version.parent), pushed_version="v1")
    pushed.custom_properties["edgetpu_mapped"].int_value = 105
    pushed.custom_properties["edgetpu_total"].int_value = 108
    write = store_writer.execute
    write(run, "VocExampleGen", done, {}, {"examples": examples, "report": data}, data='{"path": "/data/yard"}')
    write(run, "WarmStartImporter", done, {"examples": examples}, {"warm_start": start})
    write(run, "QatTrainer", done, {"examples": examples, "warm_start": start}, {"trained_model": model})
    write(run, "Evaluator", done, {"model": model, "data": data}, {"blessing": blessing, "report": judged})
    write(run, "EdgeTpuPusher", done, {"blessing": blessing, "report": judged}, {"pushed_model": pushed})
    return tmp_path


def test_a_model_card_says_what_was_recorded(published: Path, exported: Any) -> None:
    card = exported("latest", "--store", published, "--format", "model-card")
    _, header, body = card.split("---\n", 2)
    results = yaml.safe_load(header)["model-index"][0]["results"][0]
    assert [metric["value"] for metric in results["metrics"]] == [0.41, 0.8]
    headings = re.findall(r"^## (.+)$", body, re.MULTILINE)
    assert headings[:5] == ["Model details", "Intended use", "Data", "Training", "Evaluation"]
    for said in (
        "| AP | 0.410 | 0.350 to 0.470 | 0.430 |",
        "| dog | 0.600 | 0.500 to 0.700 | 0.900 |",
        r"| cat\|\<b\> | 0.200 | – | 0.500 | 3 | 4 |",
        r"Lowest AP: cat\|\<b\> (0.200), dog (0.600).",
        "Without a box in the images that judged, so unknown: owl.",
        "| missed: an object that no box is near | 7 | 0.110 |",
        "| all classes | 0.340 | 0.900 | 0.800 | 0.850 |",
        "| dog | 4 train, 1 eval |",
        "| train.float\\_steps | 450 |",
        "105 of 108",
        "https://\\*\\*\\*@host/w.tflite",
        "20260101-000000-aaaa",
    ):
        assert said in body
    assert body.count("<!-- OWNER: begin -->") == body.count("<!-- OWNER: end -->") == 4
    assert "pw" not in card


def test_a_published_file_has_the_same_card(published: Path, exported: Any) -> None:
    (published / "published/v1/model.tflite").write_bytes(b"model")
    arguments = ("--store", published, "--format", "model-card")
    assert exported(published / "published/v1/model.tflite", *arguments) == exported("latest", *arguments)


def test_a_card_as_a_page(published: Path, exported: Any, tmp_path: Path) -> None:
    assert exported("latest", "--store", published, "--format", "model-card", "--out", tmp_path / "card.html") == ""
    page = (tmp_path / "card.html").read_text()
    assert "<h2>Intended use</h2>" in page and "cat|&lt;b&gt;" in page and "0.350 to 0.470" in page


def test_without_its_files_a_card_says_so(published: Path, exported: Any) -> None:
    (published / "artifacts/Evaluator/report/3/report.json").unlink()
    card = exported("latest", "--store", published, "--format", "model-card")
    assert "No intervals were recorded, or the report's files have been deleted." in card


def test_a_page_holds_all_it_needs(out: Path, exported: Any) -> None:
    page = exported("20260102", "--store", out, "--format", "html")
    assert page.count('<g class="execution CACHED"') == 3 and page.count('<g class="artifact LIVE"') == 4
    assert not re.search(r"""(src|href)=|url\((?!#)|@import|<script""", page)
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page


def test_a_page_of_hostile_names_has_no_markup_of_theirs(hostile_store: Path, exported: Any) -> None:
    page = exported("latest", "--store", hostile_store, "--format", "html")
    assert "<b>" not in page and "</script>" not in page and "\x1b" not in page and "hunter2" not in page
    assert len(page) < 200_000


@pytest.mark.parametrize("flag", [("--json",), ("--format", "json")])
def test_json(out: Path, exported: Any, valid_document: Any, flag: tuple[str, ...]) -> None:
    document = valid_document(exported("artifact:4", "--store", out, "--limit", 4, *flag))
    assert document["artifact"]["type"] == "PushedModel" and document["run"] is None
    assert len(document["graph"]["nodes"]) == 4 and document["graph"]["left_out"] > 0
    run = valid_document(exported("latest", "--store", out, *flag))
    assert run["run"]["run_id"] == "20260103-000000-cccc" and run["title"] == "run 20260103-000000-cccc"
    step = valid_document(exported("execution:2", "--store", out, *flag))
    assert [s["node"] for s in step["steps"]] == ["QatTrainer"]


def test_a_run_that_published_nothing_has_no_card(out: Path, exported: Any) -> None:
    with pytest.raises(UserError, match="has published no model"):
        exported("20260103", "--store", out, "--format", "model-card")


@pytest.mark.parametrize("what", ["artifact:99", "execution:99", "nothing", "/no/such/file"])
def test_what_is_not_there_is_told(out: Path, exported: Any, what: str) -> None:
    with pytest.raises(UserError):
        exported(what, "--store", out, "--format", "dot")


def test_a_file_that_cannot_be_written_is_told_and_leaves_nothing(out: Path, exported: Any) -> None:
    with pytest.raises(UserError, match="can't be written"):
        exported("latest", "--store", out, "--format", "dot", "--out", out / "gone" / "graph.dot")


def test_without_a_format_it_says_which_there_are(out: Path, exported: Any) -> None:
    exported("latest", "--store", out, code=2)
    exported("latest", "--store", out, "--json", "--format", "dot", code=2)
    assert isinstance(command, click.Command)


def test_it_loads_no_tensorflow(published: Path, loaded_by_lineage: Any) -> None:
    for form in ("openlineage", "dot", "html", "model-card"):
        assert loaded_by_lineage("export", "latest", "--store", published, "--format", form) == []
