"""When a local run reuses a push, with a component that stands for all that comes before it."""

import json
import shutil
from pathlib import Path

import pytest
from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.orchestration.metadata import sqlite_metadata_connection_config
from tfx.orchestration.pipeline import Pipeline
from tfx.types import standard_artifacts

from components.artifacts import EvaluationReport, ServedModel, TFLiteModel
from components.edgetpu_pusher.component import EdgeTpuPusher
from components.served_model_importer.component import ServedModelImporter
from coralline.edgetpu.edgetpu_settings import EdgeTpuSettings
from coralline.foundation.errors import UserError
from coralline.publishing import published
from pipeline.running.local_dag_runner import NodeOutcome, RecordingLocalDagRunner

# TFX reads the annotations of this function: they have to be types, not strings.


@component
def Made(content: Parameter[str], tflite_model: OutputArtifact[TFLiteModel]):
    Path(tflite_model.uri, "model.tflite").write_bytes(Path(content).read_bytes())
    Path(tflite_model.uri, "labels.txt").write_text("leaf\nsea\n")
    export = {"input": [32, 32], "preset": "p", "post_processing": {}}
    Path(tflite_model.uri, "export.json").write_text(json.dumps(export))


@component
def Judge(
    tflite_model: InputArtifact[TFLiteModel],
    baseline: InputArtifact[ServedModel],
    between: Parameter[str],
    blessing: OutputArtifact[standard_artifacts.ModelBlessing],
    report: OutputArtifact[EvaluationReport],
):
    """Blesses what isn't smaller than the baseline; `between` is published between blessing and push."""
    content = Path(tflite_model.uri, "model.tflite").read_bytes()
    served = Path(baseline.uri, "model.tflite")
    blessed = not served.exists() or len(content) >= served.stat().st_size
    Path(blessing.uri, "BLESSED" if blessed else "NOT_BLESSED").write_bytes(b"")
    blessing.set_string_custom_property("baseline_content", baseline.get_string_custom_property("content"))
    found = {"at_best_threshold": {"score_threshold": None}, "score_thresholds": {"overall": None, "per_class": {}}}
    Path(report.uri, "report.json").write_text(json.dumps(found))
    Path(report.uri, "report.html").write_text("<html></html>")
    if between:
        published.publish(baseline.get_string_custom_property("destination"), {"model.tflite": between.encode()}, {})


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
    """`run(model="one", ...) -> outcome of the push`; each call is a run in the same output folder."""
    (tmp_path / "one.tflite").write_bytes(quadrant_detector())
    (tmp_path / "other.tflite").write_bytes(quadrant_detector(score_threshold=0.125))
    runs = iter(range(100))

    def _run(compiler_version="", model="one", between="", min_mapped=0.4, push_to=str(tmp_path / "published")):
        made = Made(content=str(tmp_path / f"{model}.tflite"))
        served = ServedModelImporter(tflite_model=made.outputs["tflite_model"], published_at=push_to)
        judged = Judge(
            tflite_model=made.outputs["tflite_model"], baseline=served.outputs["served_model"], between=between
        )
        pusher = EdgeTpuPusher(
            tflite_model=made.outputs["tflite_model"],
            blessing=judged.outputs["blessing"],
            report=judged.outputs["report"],
            edgetpu=EdgeTpuSettings(compiler="off", min_mapped=min_mapped).to_property(),
            push_to=push_to,
            compiler_version=compiler_version,
        )
        pipeline = Pipeline(
            "toy",
            str(tmp_path / "artifacts"),
            components=[made, served, judged, pusher],
            enable_cache=True,
            metadata_connection_config=sqlite_metadata_connection_config(str(tmp_path / "metadata.sqlite")),
        )
        outcomes = Outcomes()
        RecordingLocalDagRunner(f"run-{next(runs)}", outcomes).run(pipeline)
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


def test_a_place_that_cannot_be_read_ends_the_run_and_makes_no_push_outdated(run, unsteady_store):
    place = "unsteady://bucket/reuse"
    assert run(push_to=place) == NodeOutcome.DONE
    unsteady_store.fail(2)
    assert run(push_to=place) == NodeOutcome.REUSED
    unsteady_store.fail(10_000)
    with pytest.raises(UserError, match="the published versions can't be read"):
        run(push_to=place)
    unsteady_store.fail(0)
    assert run(push_to=place) == NodeOutcome.REUSED
    assert len(published.versions(place)) == 1


def served(tmp_path):
    return (tmp_path / "published/latest/model.tflite").read_bytes()


def test_a_model_blessed_before_anything_was_published_is_judged_again_before_it_replaces_a_better_one(run, tmp_path):
    run(min_mapped=1.0)  # blessed, against nothing; refused by the gate
    assert not (tmp_path / "published").exists()
    better = tmp_path / "one.tflite"
    published.publish(str(tmp_path / "published"), {"model.tflite": better.read_bytes() + b"better"}, {})
    run(min_mapped=0.4)  # the gate would let it pass now
    assert served(tmp_path).endswith(b"better")


def test_what_is_published_between_blessing_and_push_stays_and_the_next_run_judges_again(run, tmp_path):
    run(between="x" * 10**6)
    assert served(tmp_path) == b"x" * 10**6
    run()
    assert served(tmp_path) == b"x" * 10**6
    published.publish(str(tmp_path / "published"), {"model.tflite": b"worse"}, {})
    run()
    assert served(tmp_path) == (tmp_path / "one.tflite").read_bytes()


def test_what_is_served_anew_for_a_while_leaves_no_refusal_in_the_cache(run, tmp_path):
    place = str(tmp_path / "published")
    first = published.publish(place, {"model.tflite": b"first"}, {})
    run(between="second")
    assert served(tmp_path) == b"second"
    published.roll_back(place, to=first)
    run(between="second")  # as it was before: blessing and refusal are in the cache
    assert served(tmp_path) == (tmp_path / "one.tflite").read_bytes()
