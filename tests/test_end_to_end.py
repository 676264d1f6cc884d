"""The whole way on a tiny drawn data set, as a person goes it: `run`, again, TFX's command line, lineage.

A few training steps teach a detector nothing: thresholds are off; what is asked here is that everything fits together.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

import coralline
from coralline.data.drawn_shapes import CLASSES, draw_dataset
from coralline.lineage.data_files import read_data_files
from coralline.lineage.judged_images import judged_side, read_judged_images
from coralline.lineage.lineage_steps import steps
from coralline.lineage.recorded_names import (
    CLASS_BOXES,
    ERROR_MESSAGE,
    EVERY_ARTIFACT,
    EXECUTION,
    GIVEN_SETTINGS,
    OWN_ARTIFACTS,
    RESOLVED_SETTINGS,
    RUN,
    recorded_names,
    recorded_value,
)
from coralline.lineage.run_history import RunHistory

pytestmark = pytest.mark.slow

_NODES = [
    "VocExampleGen",
    "StatisticsGen",
    "SchemaGen",
    "ExampleValidator",
    "QatTrainer",
    "TFLiteExporter",
    "ServedModelImporter",
    "Evaluator",
    "EdgeTpuPusher",
]


@dataclasses.dataclass(frozen=True)
class Place:
    """A working directory with a configuration."""

    folder: Path

    def call(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        path = f"{os.path.dirname(sys.executable)}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "LOCAL_HOME": str(self.folder / "tfx"), **environment}
        return subprocess.run(command, capture_output=True, text=True, cwd=self.folder, env=environment, check=False)

    def coralline(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        done = self.call(sys.executable, "-c", "from pipeline.cli import main; main()", *arguments)
        assert done.returncode == 0, done.stderr
        return done

    def json(self, *arguments: str) -> Any:
        return json.loads(self.coralline(*arguments, "--json").stdout)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("end_to_end")
    draw_dataset(folder / "data", images=40, size_px=160, seed=3)
    settings = {
        "data": {"path": "data"},
        "model": {"preset": "demo_160"},
        "train": {"float_steps": 4, "qat_steps": 2, "batch_size": 4},
        "evaluate": {"min_ap50": 0.0, "max_loss_to_float": None, "max_loss_to_baseline": None, "pictures": 2},
        "edgetpu": {"compiler": "off"},
        "out": "out",
    }
    (folder / "coralline.yaml").write_text(yaml.safe_dump(settings))
    return Place(folder)


@pytest.fixture(scope="module")
def first(place: Place) -> subprocess.CompletedProcess[str]:
    return place.coralline("run", "--config", "coralline.yaml", "--json")


@pytest.fixture(scope="module")
def summary(first: subprocess.CompletedProcess[str], valid_document: Any) -> Any:
    return valid_document(first.stdout)


def test_run_publishes_a_model_and_says_so_as_json(place: Place, summary: Any, valid_document: Any) -> None:
    assert (summary["state"], summary["pushed"], summary["blessed"]) == ("complete", True, True)
    assert (summary["served"], summary["why_not_served"]) == (True, None)
    assert sorted(summary["seconds"]) == sorted(_NODES)
    assert summary["reused"] == []
    for model in ("int8", "float"):
        assert {"AP", "AP50", "AP75", "per_class"} <= summary["metrics"][model].keys()
        assert sorted(summary["metrics"][model]["per_class"]) == sorted(CLASSES)
    edgetpu = summary["edgetpu"]
    assert (edgetpu["compiled"], edgetpu["total"] - edgetpu["mapped"]) == (False, 3)
    published = Path(summary["published"])
    assert {"model.tflite", "labels.txt", "manifest.json"} <= {path.name for path in published.iterdir()}
    assert valid_document((published / "manifest.json").read_text())["version"] == published.name
    assert valid_document((place.folder / "out/report/report.json").read_text())["publication"]["pushed"] is True
    assert (published / "labels.txt").read_text().split() == sorted(CLASSES)
    assert (place.folder / "out/published/latest").resolve() == published.resolve()
    page, data_page = (place.folder / "out/report" / name for name in ("report.html", "data/report.html"))
    assert 'href="data/report.html"' in page.read_text() and 'href="../report.html"' in data_page.read_text()
    assert Path(summary["data_report"]).samefile(data_page) and summary["anomalies"] == []
    assert json.loads((place.folder / f"out/runs/{summary['run_id']}.json").read_text()) == summary


def test_people_see_one_line_a_component_and_no_library_output(first: subprocess.CompletedProcess[str]) -> None:
    lines = first.stderr.splitlines()
    for node in _NODES:
        assert len([line for line in lines if line.startswith(f"  {node} ")]) == 1
    assert "\x1b" not in first.stderr
    for noise in ("Warning", "WARNING", "INFO:", "tensorflow/", "absl", "I0000", "W0000"):
        assert noise not in first.stderr


def test_the_log_has_what_the_libraries_wrote(summary: Any) -> None:
    assert "tensorflow" in Path(summary["log"]).read_text()


@pytest.fixture(scope="module")
def again(place: Place, summary: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The same run once more, from another folder."""
    settings = yaml.safe_load((place.folder / "coralline.yaml").read_text())
    settings["data"]["path"], settings["out"] = str(place.folder / "data"), str(place.folder / "out")
    elsewhere = Place(tmp_path_factory.mktemp("elsewhere"))
    (elsewhere.folder / "elsewhere.yaml").write_text(yaml.safe_dump(settings))
    return elsewhere.json("run", "--config", "elsewhere.yaml", "--fail-unless-published")


def test_an_unchanged_second_run_reuses_everything_from_whatever_folder_it_is_called(summary: Any, again: Any) -> None:
    assert sorted(again["reused"]) == sorted(_NODES)
    assert (again["metrics"], again["published"]) == (summary["metrics"], summary["published"])
    assert again["run_id"] != summary["run_id"]


def test_documents_about_a_run_are_as_their_schemas_say(place: Place, summary: Any, valid_document: Any) -> None:
    for arguments in (
        ["list", "--store", "out"],
        *(["show", what, "--store", "out"] for what in ("latest", "execution:1", "artifact:1")),
        ["why", "out/published/latest/model.tflite"],
    ):
        valid_document(place.coralline("lineage", *arguments, "--json").stdout)


def test_a_model_that_was_published_before_counts_as_published_and_one_that_is_refused_does_not(
    place: Place, again: Any
) -> None:
    assert again["served"] is True
    program = (sys.executable, "-c", "from pipeline.cli import main; main()")
    call = ("run", "--config", "coralline.yaml", "--fail-unless-published", "--json")
    strict = place.call(*program, *call, "--set", "evaluate.min_ap50=1.0", "--set", "train.seed=4")
    assert strict.returncode == 3, strict.stderr
    told = json.loads(strict.stdout)
    assert told["served"] is False and told["why_not_served"].startswith("not published: the model is not blessed: ")
    assert f"the model isn't served: {told['why_not_served']}" in strict.stderr


def test_tfx_runs_the_very_same_pipeline(place: Place, summary: Any) -> None:
    runner = Path(__file__).parents[1] / "pipeline" / "local_runner.py"
    tfx = shutil.which("tfx", path=os.path.dirname(sys.executable))
    assert tfx is not None
    created = place.call(tfx, "pipeline", "create", "--engine=local", f"--pipeline-path={runner}")
    assert created.returncode == 0, created.stderr[-2000:]
    done = place.call(tfx, "run", "create", "--engine=local", "--pipeline-name=coralline")
    assert done.returncode == 0, done.stderr[-2000:]
    latest = place.json("lineage", "show", "latest", "--store", "out")
    assert [step["state"] for step in latest["steps"]] == ["CACHED"] * len(_NODES)


def test_why_leads_from_the_published_file_to_data_settings_and_code(place: Place, summary: Any) -> None:
    why = place.json("lineage", "why", "out/published/latest/model.tflite")
    assert why["run"] == summary["run_id"]
    assert why["code"] == summary["code"]
    assert why["data"]["VocExampleGen"]["data"]["path"] == str(place.folder / "data")
    assert why["settings"]["QatTrainer"]["train"]["float_steps"] == 4
    assert {step["node"] for step in why["steps"]} >= {"VocExampleGen", "QatTrainer", "TFLiteExporter", "EdgeTpuPusher"}
    assert all(step["code"]["git_commit"] == summary["code"]["git_commit"] for step in why["steps"] if step["code"])


def test_the_published_file_is_judged_alike_outside_of_the_pipeline(place: Place, summary: Any) -> None:
    figures = place.json("evaluate", "out/published/latest/model.tflite", "--data", "data", "--split", "eval")
    assert figures["AP"] == pytest.approx(summary["metrics"]["int8"]["AP"], abs=1e-6)
    assert figures["images"] == summary["images"]


def test_a_changed_setting_runs_only_what_depends_on_it(place: Place, summary: Any) -> None:
    changed = place.json("run", "--config", "coralline.yaml", "--set", "evaluate.pictures=1")
    assert sorted(set(_NODES) - set(changed["reused"])) == ["EdgeTpuPusher", "Evaluator"]
    assert changed["published"] == summary["published"]


def test_a_training_that_begins_with_the_served_model_is_done_once_and_why_names_both(
    place: Place, summary: Any
) -> None:
    command = ("run", "--config", "coralline.yaml", "--set", "model.warm_start=latest_blessed")
    trained = place.json(*command)
    assert trained["pushed"] and trained["published"] != summary["published"]
    why = place.json("lineage", "why", trained["published"])
    earlier = Path(summary["published"]).name
    assert (why["warm_start"]["version"], why["warm_start"]["pipeline_run"]) == (earlier, summary["run_id"])
    assert why["baseline"]["version"] == earlier
    again = place.json(*command)
    assert sorted(again["reused"]) == sorted([*_NODES, "WarmStartImporter"])


# TFX's own properties of artifacts, and what a run here can't have.
_OF_TFX = {"is_external", "tfx_version", "split_names", "payload_format", "file_format", "version"}
_NOT_HERE = {"host_gpus", "test_records", "test_images", "test_boxes"}


def _recorded_properties(history: RunHistory) -> set[tuple[str, str]]:
    """(where it stands, name) of everything that our runs have recorded beside settings."""
    runs = history.runs()
    executions = [execution for run in runs for execution in run.executions]
    found = {(RUN, name) for run in runs for name in run.properties}
    found |= {(EXECUTION, name) for execution in executions for name in execution.details}
    found |= {(EXECUTION, ERROR_MESSAGE) for execution in executions if ERROR_MESSAGE in execution.settings}
    for kind in OWN_ARTIFACTS:
        artifacts = history.artifacts_of_type(kind)
        found |= {(kind, name) for artifact in artifacts for name in artifact.properties if name not in _OF_TFX}
        found |= {(kind, "version") for artifact in artifacts if "version" in artifact.properties and "." in kind}
    return found


def test_whatever_is_recorded_is_documented_and_whatever_is_documented_is_recorded(place: Place, summary: Any) -> None:
    """Of all runs of this module: every property in the store, against docs/lineage-records.md."""
    program = (sys.executable, "-c", "from pipeline.cli import main; main()")
    failed = place.call(*program, "run", "--config", "coralline.yaml", "--set", "evaluate.slice_by=[no/such/feature]")
    assert failed.returncode == 1
    found = _recorded_properties(coralline.open_lineage(place.folder / "out"))
    names = [name for name in recorded_names() if name not in _NOT_HERE]
    documented = {(where, str(name)) for name in names for where in name.on if where != EVERY_ARTIFACT}
    assert (sorted(found - documented), sorted(documented - found)) == ([], [])


def test_what_went_in_and_what_was_found_can_be_read_without_the_reports(place: Place, summary: Any) -> None:
    history = coralline.open_lineage(place.folder / "out")
    run = history.run(summary["run_id"])
    assert run is not None
    assert shlex.split(run.properties["command_line"]) == ["coralline", "run", "--config", "coralline.yaml", "--json"]
    assert run.properties["config_file"] == str(place.folder / "coralline.yaml")
    assert recorded_value(run.properties, GIVEN_SETTINGS)["train.float_steps"] == 4
    made = {
        a.type: a for step in steps(history, [e.id for e in run.executions]) for of in step.outputs.values() for a in of
    }
    used = recorded_value(made["Model"].properties, RESOLVED_SETTINGS)
    assert (used["train.float_steps"], used["train.batch_size"], used["train.learning_rate"]) == (4, 4, 6e-3)
    assert used["train.evaluate_every"] == {"float": 1, "qat": 1} and used["model.aspect_ratios"]
    assert recorded_value(made["components.TFLiteModel"].properties, RESOLVED_SETTINGS)["export.max_detections"] >= 10
    boxes = recorded_value(made["components.DatasetReport"].properties, CLASS_BOXES)
    files = list(read_data_files(made["components.DatasetReport"].uri))
    assert sorted(boxes) == sorted(CLASSES) and len(files) == 40
    for split in ("train", "eval"):
        counted = sum((Counter(file.labels) for file in files if file.split == split), Counter())
        assert {name: of[split] for name, of in boxes.items()} == {name: counted[name] for name in boxes}
    report = made["components.EvaluationReport"]
    judged = list(read_judged_images(report.uri))
    threshold = judged_side(report.uri).threshold
    assert [image.image for image in judged] == sorted(file.image for file in files if file.split == "eval")
    found = sum(len(image.found(threshold)) for image in judged)
    missed = sum(len(image.missed(threshold)) for image in judged)
    alarms = sum(len(image.false_alarms) for image in judged)
    recorded = tuple(report.properties[name] for name in ("found", "missed", "false_alarms"))
    assert recorded == (found, missed, alarms)
