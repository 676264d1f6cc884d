"""Stores that no run of ours wrote: TFX's penguin example and TFX of 2019 (plain_tfx/), Kubeflow Pipelines 1."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from ml_metadata.proto import metadata_store_pb2 as pb

from coralline.lineage.answers.outcome import recorded_in_words, recorded_outcome
from coralline.lineage.answers.run_table import RunRow, run_rows
from coralline.lineage.lineage_steps import LineageStep, came_from, came_of, steps_of
from coralline.lineage.run_history import RunHistory, open_lineage
from pipeline.commands.lineage.command import command

_RECORDED = Path(__file__).with_name("plain_tfx")
_HOME = "/home/ada/penguin"


def _store(folder: Path, name: str) -> str:
    with contextlib.closing(sqlite3.connect(folder / "metadata.sqlite")) as database:
        database.executescript((_RECORDED / f"{name}.sql").read_text())
    return str(folder)


@pytest.fixture
def penguin(tmp_path_factory: pytest.TempPathFactory) -> str:
    return _store(tmp_path_factory.mktemp("penguin"), "penguin")


@pytest.fixture
def older(tmp_path_factory: pytest.TempPathFactory) -> str:
    return _store(tmp_path_factory.mktemp("older"), "older_tfx")


def _oldest_first(history: RunHistory) -> list[RunRow]:
    return run_rows(history)[::-1]


def _steps(history: RunHistory, row: RunRow) -> dict[str, LineageStep]:
    run = history.run(row.run_id)
    assert run is not None
    return {step.execution.node: step for step in steps_of(history, run.executions)}


def _call(*arguments: str) -> str:
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_each_run_is_told_by_what_became_of_it(penguin: str) -> None:
    rows = _oldest_first(open_lineage(penguin))
    assert [(row.state, row.verdict, row.reused, row.steps) for row in rows] == [
        ("COMPLETE", "blessed", 0, 9),  # a resolver that found nothing fails no run
        ("COMPLETE", "blessed", 3, 9),
        ("COMPLETE", "not blessed", 0, 11),
        ("FAILED", None, 3, 6),  # the blessing that a resolver found is another run's
        ("RUNNING", None, 0, 5),
    ]
    assert [row.pipeline for row in rows] == ["penguin_local_keras"] * 4 + ["penguin_stopped"]
    assert [row.published for row in rows[:2]] == [f"{_HOME}/serving_model/{version}" for version in _versions(penguin)]
    assert {row.published for row in rows[2:]} == {None}
    assert [row.data for row in rows[1:3]] == [f"{_HOME}/data/labelled", f"{_HOME}/spans/labelled"]
    assert {(*row.figures, row.preset, row.images, *row.code, row.served) for row in rows} == {(None, None, None)}
    assert rows[3].failure == "Transform: TFX recorded no reason: it is in the log of the run"


def _versions(store: str) -> list[str]:
    pushed = open_lineage(store).artifacts_of_type("PushedModel")
    return [str(artifact.properties["pushed_version"]) for artifact in reversed(pushed)]


def test_resolvers_took_what_they_found_and_made_nothing(penguin: str) -> None:
    history = open_lineage(penguin)
    rows = _oldest_first(history)
    first, second = (_steps(history, row) for row in rows[:2])
    assert first["transform_cache_resolver"].execution.state == "SKIPPED"
    assert first["latest_blessed_model_resolver"].inputs == {}
    (model,) = second["latest_blessed_model_resolver"].inputs["model"]
    assert model == first["Trainer"].outputs["model"][0] == second["Evaluator"].inputs["baseline_model"][0]
    assert second["latest_blessed_model_resolver"].outputs == {}
    assert [step.execution.node for step in came_from(history, model)][-1] == "Trainer"


def test_dynamic_settings_and_spans_are_those_of_the_run(penguin: str) -> None:
    history = open_lineage(penguin)
    spans = _steps(history, _oldest_first(history)[2])
    generated = spans["CsvExampleGen"].execution.settings
    assert generated["range_config"] == {"static_range": {"start_span_number": 2, "end_span_number": 2}}
    assert [a.type for a in spans["CsvExampleGen"].inputs["_RangeConfigGenerator.range_config"]] == ["String"]
    assert spans["CsvExampleGen"].outputs["examples"][0].properties["span"] == 2
    assert spans["ImportSchemaGen"].execution.settings["schema_file"] == f"{_HOME}/schema/schema.pbtxt"
    assert "Pusher" not in spans


def test_why_finds_the_pushed_model_by_its_path(penguin: str) -> None:
    version = _versions(penguin)[1]
    why = json.loads(_call("why", f"{_HOME}/serving_model/{version}", "--store", penguin, "--json"))
    assert why["artifact"]["type"] == "PushedModel"
    assert why["settings"]["Trainer"]["train_args"] == {"num_steps": 100}
    assert why["recorded"] == {"blessed": True, "reasons": [], "published": f"{_HOME}/serving_model/{version}"}
    assert f"{_HOME}/data/labelled" in _call("why", f"{_HOME}/serving_model/{version}", "--store", penguin)


def test_every_answer_has_words_for_it(penguin: str, older: str) -> None:
    for store in (penguin, older):
        history = open_lineage(store)
        for row in run_rows(history):
            assert row.run_id in _call("show", row.run_id, "--store", store)
            assert recorded_in_words(recorded_outcome(list(_steps(history, row).values())))
        assert "Model" in _call("list", "artifacts", "--type", "Model", "--store", store)
        first, second = (row.run_id for row in _oldest_first(history)[:2])
        assert _call("diff", first, second, "--store", store)
        (examples, *_) = history.artifacts_of_type("Examples")[::-1]
        assert "serving_model" in _call("impact", f"artifact:{examples.id}", "--store", store)
        assert _call("stale", "--store", store)


def test_a_store_of_2019_shows_states_steps_and_what_was_pushed(older: str) -> None:
    history = open_lineage(older)
    first, second = _oldest_first(history)
    assert (first.run_id, first.pipeline) == ("chicago_taxi.2020-01-01T12:00:00.000000", "chicago_taxi")
    assert [(row.state, row.verdict, row.reused, row.steps) for row in (first, second)] == [
        ("COMPLETE", "blessed", 0, 5),
        ("RUNNING", None, 1, 2),
    ]
    assert first.published == "/home/ada/taxi/serving_model/1577880000" and first.began_ms == 0
    trainer = _steps(history, first)["Trainer"]
    assert trainer.execution.settings == {"train_args": {"num_steps": 10000}}
    assert [a.type for a in trainer.inputs["examples"]] == ["Examples"]
    assert [step.execution.node for step in came_of(history, trainer.outputs["model"][0])] == ["Evaluator", "Pusher"]
    assert "not recorded" in _call("list", "--store", older)


def test_kubeflow_pipelines_1_shows_pods_of_which_no_state_is_known(tfx_writer, tmp_path: Path) -> None:
    writer = tfx_writer(tmp_path / "metadata.sqlite")
    _write_as_metadata_writer(writer.store)
    history = open_lineage(tmp_path)
    (row,) = run_rows(history)
    assert (row.run_id, row.state, row.steps, row.verdict) == ("taxi-x7k2p", "UNKNOWN", 2, None)
    steps = _steps(history, row)
    assert list(steps) == ["Chicago Taxi Trips dataset", "Xgboost train"]
    assert steps["Xgboost train"].execution.settings == {"input:num_iterations": 200}
    assert steps["Xgboost train"].execution.details == {"kfp_pod_name": "taxi-x7k2p-2"}
    assert [a.type for a in steps["Xgboost train"].outputs["model"]] == ["XGBoostModel"]
    assert "unknown" in _call("list", "--store", str(tmp_path))
    assert "Xgboost train" in _call("show", "taxi-x7k2p", "--store", str(tmp_path))


def _write_as_metadata_writer(store: Any) -> None:
    """As `backend/metadata_writer/src/metadata_helpers.py` of kubeflow/pipelines 1.8 does."""
    text = dict.fromkeys(("pipeline_name", "run_id"), pb.STRING)
    kind = store.put_context_type(pb.ContextType(name="KfpRun", properties=text))
    run = "taxi-x7k2p"
    context = pb.Context(type_id=kind, name=run, properties=_values(pipeline_name=run, run_id=run))
    (context.id,) = store.put_contexts([context])
    artifact: pb.Artifact | None = None
    for number, (task, output, made) in enumerate(
        (("Chicago Taxi Trips dataset", "table", "CSV"), ("Xgboost train", "model", "XGBoostModel")), 1
    ):
        kind = store.put_execution_type(
            pb.ExecutionType(name=f"components.{task}@sha256=ab12", properties=text | {"component_id": pb.STRING})
        )
        execution = pb.Execution(
            type_id=kind,
            properties=_values(pipeline_name=run, run_id=run, component_id=task),
            custom_properties=_values(kfp_pod_name=f"{run}-{number}", **{"input:num_iterations": 200}),
        )
        pairs = [(artifact, _event(pb.Event.INPUT, "training_data"))] if artifact else []
        kind = store.put_artifact_type(pb.ArtifactType(name=made, properties=text | {"name": pb.STRING}))
        artifact = pb.Artifact(type_id=kind, uri=f"minio://mlpipeline/{run}/{output}", properties=_values(name=output))
        _, (*_, artifact.id), _ = store.put_execution(
            execution, [*pairs, (artifact, _event(pb.Event.OUTPUT, output))], [context]
        )


def _values(**values: str | int) -> dict[str, pb.Value]:
    return {
        name: pb.Value(int_value=value) if isinstance(value, int) else pb.Value(string_value=value)
        for name, value in values.items()
    }


def _event(kind: int, name: str) -> pb.Event:
    return pb.Event(type=kind, path=pb.Event.Path(steps=[pb.Event.Path.Step(key=name)]))
