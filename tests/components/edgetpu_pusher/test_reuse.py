"""When a local run reuses a push, with a component that stands for all that comes before it."""

import json
import shutil
from pathlib import Path

import pytest
from tfx.dsl.component.experimental.annotations import OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.orchestration.metadata import sqlite_metadata_connection_config
from tfx.orchestration.pipeline import Pipeline
from tfx.types import standard_artifacts

from components.artifacts import EvaluationReport, TFLiteModel
from components.edgetpu_pusher.component import EdgeTpuPusher
from coralline.edgetpu.edgetpu_settings import EdgeTpuSettings
from coralline.publishing import published
from pipeline.running.local_dag_runner import NodeOutcome, RecordingLocalDagRunner

# TFX reads the annotations of this function: they have to be types, not strings.


@component
def Judged(
    content: Parameter[str],
    tflite_model: OutputArtifact[TFLiteModel],
    blessing: OutputArtifact[standard_artifacts.ModelBlessing],
    report: OutputArtifact[EvaluationReport],
):
    Path(tflite_model.uri, "model.tflite").write_bytes(Path(content).read_bytes())
    Path(tflite_model.uri, "labels.txt").write_text("leaf\nsea\n")
    export = {"input": [32, 32], "preset": "p", "post_processing": {}}
    Path(tflite_model.uri, "export.json").write_text(json.dumps(export))
    Path(report.uri, "report.json").write_text('{"at_best_threshold": {"score_threshold": 0.5}}')
    Path(report.uri, "report.html").write_text("<html></html>")
    Path(blessing.uri, "BLESSED").write_bytes(b"")


class Outcomes:
    """A listener that keeps how components ended."""

    def __init__(self):
        self.of = {}

    def component_begins(self, node_id):
        pass

    def component_ended(self, node_id, outcome, seconds):
        self.of[node_id] = outcome

    def component_failed(self, node_id, error):
        pass


@pytest.fixture
def run(tmp_path, quadrant_detector):
    """`run(compiler_version="", model="one") -> outcome of the push`; each call is a run in the same output folder."""
    (tmp_path / "one.tflite").write_bytes(quadrant_detector())
    (tmp_path / "other.tflite").write_bytes(quadrant_detector(score_threshold=0.125))
    runs = iter(range(100))

    def _run(compiler_version="", model="one"):
        judged = Judged(content=str(tmp_path / f"{model}.tflite"))
        pusher = EdgeTpuPusher(
            tflite_model=judged.outputs["tflite_model"],
            blessing=judged.outputs["blessing"],
            report=judged.outputs["report"],
            edgetpu=EdgeTpuSettings(compiler="off", min_mapped=0.4).to_property(),
            push_to=str(tmp_path / "published"),
            compiler_version=compiler_version,
        )
        pipeline = Pipeline(
            "toy",
            str(tmp_path / "artifacts"),
            components=[judged, pusher],
            enable_cache=True,
            metadata_connection_config=sqlite_metadata_connection_config(str(tmp_path / "metadata.sqlite")),
        )
        outcomes = Outcomes()
        RecordingLocalDagRunner(f"run-{next(runs)}", outcomes).run(pipeline)
        assert (tmp_path / "published/latest/model.tflite").is_file()
        return outcomes.of["EdgeTpuPusher"]

    return _run


def test_a_push_is_reused_while_its_publication_stands(run):
    assert [run(), run()] == [NodeOutcome.DONE, NodeOutcome.REUSED]


@pytest.mark.parametrize("gone", ["", "latest", "latest/model.tflite"])
def test_a_deleted_publication_is_pushed_again(run, tmp_path, gone):
    run()
    path = tmp_path / "published" / gone
    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    assert [run(), run()] == [NodeOutcome.DONE, NodeOutcome.REUSED]


def test_a_push_whose_report_was_deleted_is_done_again(run, tmp_path):
    run()
    for report in (tmp_path / "artifacts/EdgeTpuPusher/pushed_model").glob("*/report"):
        shutil.rmtree(report)
    assert [run(), run()] == [NodeOutcome.DONE, NodeOutcome.REUSED]


def test_after_a_rollback_runs_leave_what_is_served_until_the_model_is_served_again(run, tmp_path):
    place = str(tmp_path / "published")
    run(model="other")
    first = published.latest_bundle(place)
    run()
    second = published.latest_bundle(place)
    assert first != second
    published.roll_back(place)
    # Nothing has changed, and then a reason to push the same model again.
    assert [run(), run("16.0"), run("16.0")] == [NodeOutcome.REUSED, NodeOutcome.DONE, NodeOutcome.DONE]
    assert published.latest_bundle(place) == first
    published.roll_back(place, to=Path(second).name)
    assert [run("16.0"), run("16.0")] == [NodeOutcome.DONE, NodeOutcome.REUSED]
    assert published.latest_bundle(place) == second


def test_another_compiler_pushes_anew(run):
    assert [run(), run("16.0"), run("16.0")] == [NodeOutcome.DONE, NodeOutcome.DONE, NodeOutcome.REUSED]
