"""Stores whose content nobody should have written: shown as far as it goes, with gaps marked, in one message else."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from ml_metadata.proto import metadata_store_pb2 as pb

from coralline.foundation.errors import UserError
from coralline.lineage import lineage_steps
from coralline.lineage.answers.run_table import run_rows
from coralline.lineage.answers.trace import explain_artifact
from coralline.lineage.run_history import RunHistory, open_lineage
from coralline.lineage.stores.store import open_store
from pipeline.commands.lineage.command import command

_NASTY = "\x1b[31m<script>alert(1)</script>\n[red]a\tb\r\u202e\u2028'\"\\%_"
_COMPLETE = pb.Execution.COMPLETE


def _call(*arguments: Any) -> str:
    result = CliRunner().invoke(command, [str(a) for a in arguments])
    assert result.exception is None or isinstance(result.exception, UserError | SystemExit), result.exception
    return result.output


@pytest.fixture
def nasty(store_writer, tmp_path: Path) -> Path:
    """Names, addresses, messages and properties with markup and control characters, and a megabyte of text."""
    data = store_writer.artifact("Examples", f"/data/{_NASTY}", note=_NASTY, **{_NASTY: "x" * (1 << 20)})
    model = store_writer.artifact("Model" + _NASTY, "../../etc/passwd", reasons=_NASTY)
    report = store_writer.artifact("components.EvaluationReport", "", AP="not a number", images="many", split=_NASTY)
    settings = {
        "data": json.dumps({"path": _NASTY}),
        "train": "{" * 10_000,
        "model": "[" * 100_000,
        _NASTY: "y" * (1 << 20),
    }
    store_writer.execute(f"run {_NASTY}", f"Gen{_NASTY}", _COMPLETE, {}, {_NASTY: data}, **settings)
    failing = {"error_message": _NASTY * 10_000}
    outputs = {"model": model, "report": report}
    store_writer.execute(f"run {_NASTY}", "Trainer", pb.Execution.FAILED, {"data": data}, outputs, **failing)
    return tmp_path


def test_markup_and_control_characters_never_reach_a_terminal(nasty: Path) -> None:
    run = open_lineage(nasty).runs()[0].run_id
    for arguments in (("list",), ("show", run), ("show", "latest"), ("show", "artifact:1"), ("show", "execution:1")):
        text = _call(*arguments, "--store", nasty)
        assert text and not set(text) & set("\x1b\r\u202e\u2028"), arguments
        assert len(text) < 200_000
        shown = json.loads(_call(*arguments, "--store", nasty, "--json"))
        assert shown
    assert run == f"run {_NASTY}"


def test_settings_that_are_not_what_they_seem_are_shown_as_text(nasty: Path) -> None:
    (row,) = run_rows(open_lineage(nasty))
    assert (row.state, row.data, row.figures, row.preset) == ("FAILED", _NASTY, {}, None)
    assert open_lineage(nasty).executions([1])[0].settings["train"] == "{" * 10_000


@pytest.mark.parametrize(
    "what", ["artifact:0", "artifact:999999999999999999", "execution:-1", "a'; DROP TABLE Type", ""]
)
def test_ids_that_do_not_exist_are_told(nasty: Path, what: str) -> None:
    result = CliRunner().invoke(command, ["show", what, "--store", str(nasty)])
    assert isinstance(result.exception, UserError | SystemExit)


def test_a_cycle_ends(store_writer, tmp_path: Path) -> None:
    first, second = store_writer.artifact("Model", "/one"), store_writer.artifact("Model", "/two")
    store_writer.execute("run", "A", _COMPLETE, {}, {"two": second})
    store_writer.execute("run", "B", _COMPLETE, {"two": second}, {"one": first})
    with contextlib.closing(sqlite3.connect(tmp_path / "metadata.sqlite")) as database, database:
        database.execute(f"INSERT INTO Event(artifact_id, execution_id, type) VALUES ({first.id}, 1, 3)")
        database.execute(f"INSERT INTO Event(artifact_id, execution_id, type) VALUES ({first.id}, 2, 3)")
    history = open_lineage(tmp_path)
    artifact = history.artifacts([first.id])[0]
    assert [step.execution.node for step in lineage_steps.came_from(history, artifact)] == ["A", "B"]
    assert [step.execution.node for step in lineage_steps.came_of(history, artifact)] == ["A", "B"]
    assert explain_artifact(history, artifact)["run"] == "run"
    for arguments in (("show", f"artifact:{first.id}"), ("show", "run"), ("impact", f"artifact:{first.id}")):
        assert _call(*arguments, "--store", tmp_path)


def test_what_was_deleted_from_the_store_is_marked_as_missing(out: Path) -> None:
    with contextlib.closing(sqlite3.connect(out / "metadata.sqlite")) as database, database:
        database.execute("DELETE FROM Artifact WHERE id = 2")  # the label map
        database.execute("DELETE FROM Execution WHERE id = 1")  # what made the examples; its properties are left
    history = open_lineage(out)
    (model,) = history.artifacts_of_type("Model")
    assert [(s.execution.id, s.execution.node) for s in lineage_steps.came_from(history, model)] == [
        (1, "missing from the store"),
        (2, "QatTrainer"),
    ]
    shown = json.loads(_call("show", "execution:2", "--store", out, "--json"))
    assert [a["type"] for a in shown["inputs"]["label_map"]] == ["missing from the store"]
    assert "missing from the store" in _call("show", "execution:2", "--store", out)
    assert run_rows(history) and _call("why", out / "published/v1", "--store", out)


def test_artifacts_without_their_files_and_executions_without_a_run_are_shown(store_writer, tmp_path: Path) -> None:
    gone = store_writer.artifact("Model", str(tmp_path / "gone"))
    store_writer.store.put_artifacts([gone])
    kind = store_writer.store.put_execution_type(pb.ExecutionType(name="Lone"))
    store_writer.store.put_executions([pb.Execution(type_id=kind)])
    for arguments in (("show", "artifact:1"), ("show", "execution:1"), ("list",), ("why", tmp_path / "gone")):
        assert _call(*arguments, "--store", tmp_path)


def test_a_list_of_runs_needs_few_questions(store_writer, tmp_path: Path) -> None:
    for number in range(30):
        for node in ("Gen", "Trainer", "Pusher"):
            store_writer.execute(f"run-{number}", node, _COMPLETE, {}, {})
    store, asked = open_store(tmp_path), []
    answer = store._store._call

    def asking(name: str, *arguments: Any) -> Any:
        asked.append(name)
        return answer(name, *arguments)

    store._store._call = asking
    assert {row.steps for row in run_rows(RunHistory(store), 20)} == {3}
    assert len(asked) <= 20 + 10  # one a run, and some for all of them


def test_a_run_of_thousands_of_executions_is_read(store_writer, tmp_path: Path) -> None:
    kind = store_writer.store.put_execution_type(pb.ExecutionType(name="Tuner"))
    run = store_writer.context("pipeline_run", "long")
    ids = store_writer.store.put_executions([pb.Execution(type_id=kind, last_known_state=_COMPLETE)] * 3000)
    store_writer.store.put_attributions_and_associations(
        [], [pb.Association(execution_id=execution, context_id=run.id) for execution in ids]
    )
    (row,) = run_rows(open_lineage(tmp_path))
    assert (row.steps, row.state) == (3000, "COMPLETE")
