"""How a local run is recorded, with a pipeline of two components that do next to nothing."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import DirectOptions
from tfx.dsl.component.experimental.annotations import (
    BeamComponentParameter,
    InputArtifact,
    OutputArtifact,
    Parameter,
)
from tfx.dsl.component.experimental.decorators import component
from tfx.orchestration.metadata import sqlite_metadata_connection_config
from tfx.orchestration.pipeline import Pipeline

from components.artifacts import DatasetReport, LabelMap
from coralline.foundation.code_version import code_facts
from coralline.foundation.errors import UserError
from coralline.lineage.recorded_names import MEASURED
from coralline.lineage.recorded_run import Run
from coralline.lineage.run_history import RunHistory
from coralline.lineage.stores.store import open_store
from pipeline.running.local_dag_runner import NodeOutcome, RecordingLocalDagRunner
from pipeline.running.run_facts import surroundings

# TFX reads the annotations of these functions: they have to be types, not strings.


@component
def Maker(label_map: OutputArtifact[LabelMap], content: Parameter[str]):
    Path(label_map.uri, "content").write_text(content)


@component
def Taker(label_map: InputArtifact[LabelMap], report: OutputArtifact[DatasetReport]):
    content = Path(label_map.uri, "content").read_text()
    if content == "wrong":
        raise UserError("a class is unknown", file="a.xml", line=3)
    if content == "interrupted":
        raise KeyboardInterrupt
    if content == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    Path(report.uri, "content").write_text(content)


@component(use_beam=True)
def Beamed(label_map: OutputArtifact[LabelMap], pipeline: BeamComponentParameter[beam.Pipeline] = None):
    workers = pipeline._options.view_as(DirectOptions).direct_num_workers
    Path(label_map.uri, "content").write_text(str(workers))


class Heard:
    """A listener that keeps what it hears."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self.ended: list[tuple[str, NodeOutcome]] = []
        self.failed: list[tuple[str, type[BaseException]]] = []

    def component_begins(self, node_id: str) -> None:
        self.began.append(node_id)

    def component_ended(self, node_id: str, outcome: NodeOutcome, seconds: float) -> None:
        assert seconds >= 0
        self.ended.append((node_id, outcome))

    def component_failed(self, node_id: str, error: BaseException) -> None:
        self.failed.append((node_id, type(error)))


def _run(out: Path, run_id: str, content: str) -> Heard:
    heard = Heard()
    maker = Maker(content=content)
    taker = Taker(label_map=maker.outputs["label_map"])
    pipeline = Pipeline(
        "toy",
        str(out / "artifacts"),
        components=[maker, taker],
        enable_cache=True,
        metadata_connection_config=sqlite_metadata_connection_config(str(out / "metadata.sqlite")),
    )
    RecordingLocalDagRunner(run_id, heard).run(pipeline)
    return heard


def _recorded(out: Path, run_id: str) -> Run:
    run = RunHistory(open_store(str(out))).run(run_id)
    assert run is not None
    return run


def _states(run: Run) -> dict[str, str]:
    return {execution.node: execution.state for execution in run.executions}


def test_records_the_run_under_its_id_with_code_and_machine(tmp_path: Path) -> None:
    _run(tmp_path, "run-1", "right")
    run = _recorded(tmp_path, "run-1")
    assert (run.pipeline, surroundings().items() <= run.properties.items()) == ("toy", True)
    assert run.properties.items() >= code_facts().items()
    assert _states(run) == {"Maker": "COMPLETE", "Taker": "COMPLETE"}


def test_records_what_steps_took_and_how_the_run_ended(tmp_path: Path) -> None:
    for run_id in ("run-1", "run-2"):
        _run(tmp_path, run_id, "right")
    first, second = (_recorded(tmp_path, run_id) for run_id in ("run-1", "run-2"))
    for run in (first, second):
        assert run.properties["outcome"] == "complete"
        assert run.created_ms <= run.properties["ended_ms"] and run.properties["run_seconds"] > 0
    assert all(set(MEASURED) == set(execution.details) for execution in first.executions)
    assert all(not set(MEASURED) & set(execution.settings) for execution in first.executions)
    peaks = [execution.details["step_peak_memory_bytes"] for execution in first.executions]
    assert first.properties["run_peak_memory_bytes"] == max(peaks) > 1 << 20
    # What was reused took nothing.
    assert [execution.details for execution in second.executions] == [{}, {}]
    assert "run_peak_memory_bytes" not in second.properties


def test_tells_what_was_done_and_what_was_reused(tmp_path: Path) -> None:
    first, second = _run(tmp_path, "run-1", "right"), _run(tmp_path, "run-2", "right")
    assert first.began == second.began == ["Maker", "Taker"]
    assert first.ended == [("Maker", NodeOutcome.DONE), ("Taker", NodeOutcome.DONE)]
    assert second.ended == [("Maker", NodeOutcome.REUSED), ("Taker", NodeOutcome.REUSED)]


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [("wrong", UserError, "a.xml:3: a class is unknown"), ("interrupted", KeyboardInterrupt, "KeyboardInterrupt")],
)
def test_a_failed_component_is_recorded_with_its_message(
    tmp_path: Path, content: str, error: type[BaseException], message: str
) -> None:
    with pytest.raises(error):
        _run(tmp_path, "run-1", content)
    run = _recorded(tmp_path, "run-1")
    assert (run.state, _states(run)) == ("FAILED", {"Maker": "COMPLETE", "Taker": "FAILED"})
    assert run.executions[1].settings["error_message"] == message
    assert run.properties["outcome"] == ("interrupted" if content == "interrupted" else "failed")
    assert run.properties["ended_ms"] >= run.created_ms
    assert all(set(MEASURED) == set(execution.details) for execution in run.executions)


_KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from test_local_dag_runner import _run
_run(Path(sys.argv[2]), "run-1", "killed")
"""


def test_a_killed_run_is_recorded_as_failed_by_the_next_one(tmp_path: Path) -> None:
    # Not forked: where a test before this one has used gRPC, its threads would be missing.
    killed = subprocess.run([sys.executable, "-c", _KILLED, Path(__file__).parent, tmp_path], check=False)
    assert killed.returncode == -signal.SIGKILL
    run = _recorded(tmp_path, "run-1")
    assert (run.state, "outcome" in run.properties) == ("RUNNING", False)
    _run(tmp_path, "run-2", "right")
    run = _recorded(tmp_path, "run-1")
    assert (run.properties["outcome"], "ended_ms" in run.properties) == ("killed", False)
    assert (run.state, _states(run)) == ("FAILED", {"Maker": "COMPLETE", "Taker": "FAILED"})
    assert run.executions[1].settings["error_message"] == "the run was killed"
    assert [path.name for path in tmp_path.glob("metadata.sqlite.*")] == ["metadata.sqlite.lock"]


def test_what_a_failed_component_began_is_not_taken_for_done(tmp_path: Path) -> None:
    for run_id in ("run-1", "run-2"):
        with pytest.raises(UserError):
            _run(tmp_path, run_id, "wrong")
    assert _states(_recorded(tmp_path, "run-2")) == {"Maker": "CACHED", "Taker": "FAILED"}


def test_runs_at_the_same_time_share_an_output_folder(tmp_path: Path) -> None:
    problems: list[Any] = []

    def run(number: int) -> None:
        try:
            _run(tmp_path, f"run-{number}", "right")
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    for number in range(3):
        assert _recorded(tmp_path, f"run-{number}").state == "COMPLETE"


def test_flags_of_beam_reach_what_runs_it_and_another_engine_reuses_what_was_made(tmp_path):
    def run(name, *beam_args):
        heard = Heard()
        made = Beamed().with_id("Beamed")
        connection = sqlite_metadata_connection_config(str(tmp_path / "metadata.sqlite"))
        wired = Pipeline("beamed", str(tmp_path / "out"), components=[made], metadata_connection_config=connection,
                         enable_cache=True)  # fmt: skip
        RecordingLocalDagRunner(name, heard, beam_args).run(wired)
        return heard.ended

    args = ("--direct_num_workers=3", "--direct_running_mode=multi_threading", "--sdk_container_image=coralline")
    assert run("first", *args) == [("Beamed", NodeOutcome.DONE)]
    [content] = (tmp_path / "out").rglob("content")
    assert content.read_text() == "3"
    assert run("second") == [("Beamed", NodeOutcome.REUSED)]
