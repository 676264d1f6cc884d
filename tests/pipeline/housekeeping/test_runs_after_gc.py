"""Runs with TFX's launcher before and after gc: what was deleted is made again, what stayed is reused."""

from pathlib import Path

from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.orchestration.metadata import sqlite_metadata_connection_config
from tfx.orchestration.pipeline import Pipeline

from components.artifacts import DatasetReport, LabelMap
from coralline.lineage.run_history import open_lineage
from pipeline.housekeeping.deletion import delete
from pipeline.housekeeping.deletion_plan import Choice
from pipeline.running.local_dag_runner import RecordingLocalDagRunner
from pipeline.running.out_folder import OutFolder

# TFX reads the annotations of these functions: they have to be types, not strings.


@component
def Reader(label_map: OutputArtifact[LabelMap], content: Parameter[str]):
    Path(label_map.uri, "content").write_text(content)


@component
def Trainer(label_map: InputArtifact[LabelMap], report: OutputArtifact[DatasetReport], steps: Parameter[int]):
    Path(report.uri, "content").write_text(Path(label_map.uri, "content").read_text() * steps)


def _run(out: Path, run_id: str, steps: int) -> dict[str, str]:
    reader = Reader(content="cat ")
    trainer = Trainer(label_map=reader.outputs["label_map"], steps=steps)
    connection = sqlite_metadata_connection_config(str(out / "metadata.sqlite"))
    pipeline = Pipeline(
        "toy", str(out / "artifacts"), components=[reader, trainer], enable_cache=True,
        metadata_connection_config=connection,
    )  # fmt: skip
    RecordingLocalDagRunner(run_id).run(pipeline)
    run = open_lineage(out).run(run_id)
    assert run is not None
    return {execution.node: execution.state for execution in run.executions}


def test_what_was_deleted_is_made_again_and_what_stayed_is_reused(tmp_path: Path) -> None:
    assert _run(tmp_path, "run-1", steps=1) == {"Reader": "COMPLETE", "Trainer": "COMPLETE"}
    assert _run(tmp_path, "run-2", steps=2) == {"Reader": "CACHED", "Trainer": "COMPLETE"}
    done = delete(OutFolder(tmp_path), Choice(keep_last=1, keep_published=True))
    assert [removal.type for removal in done.removed if removal.artifact] == ["components.DatasetReport"]
    assert _run(tmp_path, "run-3", steps=2) == {"Reader": "CACHED", "Trainer": "CACHED"}
    assert _run(tmp_path, "run-4", steps=1) == {"Reader": "CACHED", "Trainer": "COMPLETE"}
    made = [Path(a.uri, "content") for a in open_lineage(tmp_path).artifacts_of_type("components.DatasetReport")]
    assert [path.read_text() for path in made if path.exists()] == ["cat ", "cat cat "]


def test_killed_between_mark_and_deletion_the_next_run_makes_it_again(tmp_path: Path) -> None:
    from pipeline.housekeeping.artifact_states import ArtifactStates

    _run(tmp_path, "run-1", steps=1)
    (report,) = open_lineage(tmp_path).artifacts_of_type("components.DatasetReport")
    ArtifactStates(tmp_path / "metadata.sqlite").mark([report.id])
    assert _run(tmp_path, "run-2", steps=1) == {"Reader": "CACHED", "Trainer": "COMPLETE"}
