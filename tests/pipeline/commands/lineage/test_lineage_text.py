"""How lineage reads on a terminal of 80 and 120 columns, and in a pipe."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from ml_metadata.proto import metadata_store_pb2 as pb
from rich.console import Console

from coralline.lineage.answers.impact import impact
from coralline.lineage.answers.recorded_file import artifacts_meant
from coralline.lineage.answers.run_difference import run_difference
from coralline.lineage.answers.run_table import run_rows
from coralline.lineage.answers.staleness import staleness
from coralline.lineage.answers.trace import explain_artifact
from coralline.lineage.run_history import open_lineage
from pipeline.commands.lineage.command import command
from pipeline.commands.lineage.diff_text import print_difference
from pipeline.commands.lineage.impact_text import print_impact
from pipeline.commands.lineage.lineage_words import short_time, took
from pipeline.commands.lineage.list_text import print_artifacts, print_runs
from pipeline.commands.lineage.stale_text import print_staleness
from pipeline.commands.lineage.why_text import print_why
from tests.coralline.lineage.answers.conftest import FIRST, SECOND, differing  # noqa: F401
from tests.coralline.lineage.conftest import out, store_writer  # noqa: F401

_HOSTILE = "a[bold red]b[/]\x1b[2J\nforged line\u202e"


def _on_a_terminal(width: int, show: Callable[[Console], None]) -> str:
    stream = io.StringIO()
    show(Console(file=stream, force_terminal=True, width=width, color_system=None, highlight=False))
    return stream.getvalue()


def _piped(*arguments: Any) -> str:
    result = CliRunner().invoke(command, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


@pytest.mark.parametrize("width", [80, 120])
def test_every_answer_fits_the_terminal(differing: Path, width: int) -> None:  # noqa: F811
    history = open_lineage(differing)
    first, second = history.run(FIRST), history.run(SECOND)
    assert first and second
    pushed = history.artifacts_of_type("PushedModel")[1]
    answers: list[Callable[[Console], None]] = [
        lambda c: print_runs(c, run_rows(history), 0, more=True),
        lambda c: print_artifacts(c, history.newest_artifacts(5), 0, more=True),
        lambda c: print_why(c, explain_artifact(history, pushed), "published/latest"),
        lambda c: print_difference(c, run_difference(history, first, second)),
        lambda c: print_impact(c, impact(history, artifacts_meant(history, "/data/yard"))),
        lambda c: print_staleness(c, staleness(history)["places"]),
    ]
    for answer in answers:
        text = _on_a_terminal(width, answer)
        assert max(map(len, text.splitlines())) <= width, text


def test_why_is_one_screen_with_what_was_used(differing: Path) -> None:  # noqa: F811
    text = _piped("why", differing / "published/latest/model.tflite")
    assert len(text.splitlines()) <= 24
    for told in (
        "served       yes",
        "train.batch_size 8 (run before: 4)",
        "train.float_steps 500",
        "3 images, 6 boxes (2 train, 1 eval)",
        "since the run before (20260301-080000-1111): 1 image more (2 before, 3 now)",
        "git aaaa1111 -> bbbb2222",
        "latest_blessed: ",
        "v01 of run 20260301-080000-1111",
    ):
        assert told in text, text
    assert "null" not in text
    assert "VocExampleGen" in _piped("why", differing / "published/latest", "--all")


def test_a_pipe_gets_whole_lines(differing: Path) -> None:  # noqa: F811
    lines = _piped("list", "--store", differing).splitlines()
    assert len(lines) == 4 and str(differing / "published/v02") + " (served)" in lines[2]
    assert [line for line in lines if line != line.rstrip()] == []


def test_columns_that_no_run_has_something_for_are_left_out(store_writer: Any, tmp_path: Path) -> None:  # noqa: F811
    store_writer.execute("penguin-1", "Trainer", pb.Execution.COMPLETE, {}, {})
    assert _piped("list", "--store", tmp_path).splitlines()[0].split() == ["run", "began", "took", "result"]


def test_names_can_neither_style_nor_forge_anything(store_writer: Any, tmp_path: Path) -> None:  # noqa: F811
    model = store_writer.artifact("Model", f"/m/{_HOSTILE}", note=_HOSTILE, long="x" * 1_000_000)
    store_writer.execute(_HOSTILE, "Trainer", pb.Execution.FAILED, {}, {"model": model}, error_message=_HOSTILE)
    history = open_lineage(tmp_path)
    texts = [
        _piped("list", "--store", tmp_path),
        _piped("show", "artifact:1", "--store", tmp_path),
        _piped("show", "latest", "--store", tmp_path),
        _piped("show", "execution:1", "--store", tmp_path),
        _piped("impact", "artifact:1", "--store", tmp_path),
        _piped("diff", "latest", "latest", "--store", tmp_path),
        _on_a_terminal(80, lambda c: print_runs(c, run_rows(history), 0, more=False)),
    ]
    for text in texts:
        assert "\x1b" not in text and "\u202e" not in text and len(text) < 20_000
        assert "[bold red]" in text or "Model" in text
    assert not any(line.startswith("forged line") for text in texts[:2] for line in text.splitlines())


def test_a_failure_is_one_line_in_the_table_and_whole_in_show(store_writer: Any, tmp_path: Path) -> None:  # noqa: F811
    told = "the loss is no number\n  found: nan at step 120\n  fix: lower train.learning_rate"
    store_writer.execute("r1", "QatTrainer", pb.Execution.FAILED, {}, {}, error_message=told)
    listed = _piped("list", "--store", tmp_path)
    assert "QatTrainer: the loss is no number" in listed and "nan at step" not in listed
    assert "fix: lower train.learning_rate" in _piped("show", "latest", "--store", tmp_path)


def test_artifacts_are_listed_by_type_and_page_by_page(differing: Path, valid_document: Any) -> None:  # noqa: F811
    assert "components.TFLiteModel" in _piped("list", "types", "--store", differing).splitlines()
    by_short_name = valid_document(_piped("list", "artifacts", "--type", "tflitemodel", "--store", differing, "--json"))
    assert len(by_short_name["artifacts"]) == 3
    pages = [
        valid_document(_piped("list", "artifacts", "--limit", 2, "--skip", skip, "--store", differing, "--json"))
        for skip in (0, 2)
    ]
    ids = [artifact["id"] for page in pages for artifact in page["artifacts"]]
    assert ids == sorted(ids, reverse=True) and len(set(ids)) == 4


@pytest.mark.parametrize(
    "arguments",
    [
        *(("list",), ("list", "types"), ("show", "latest"), ("why", "artifact:9"), ("stale",)),
        *(("diff",), ("diff", FIRST, "served"), ("impact", "/data/yard"), ("impact", "artifact:1")),
    ],
)
def test_what_is_printed_for_programs_is_as_its_schema_says(
    differing: Path,  # noqa: F811
    valid_document: Any,
    arguments: tuple[str, ...],
) -> None:
    valid_document(_piped(*arguments, "--store", differing, "--json"))


def test_durations_and_times_read_well() -> None:
    assert [took(s) for s in (0, 8.24, 59.96, 129, 3725)] == ["0.0 s", "8.2 s", "1 min 0 s", "2 min 9 s", "1 h 2 min"]
    assert ":" in short_time(time.time() * 1000) and short_time(86_400_000.0).endswith(" 1970")


def test_a_circle_in_the_records_ends(store_writer: Any, tmp_path: Path) -> None:  # noqa: F811
    hen, egg = (store_writer.artifact(name, f"/farm/{name}") for name in ("Hen", "Egg"))
    store_writer.execute("r1", "Lays", pb.Execution.COMPLETE, {"hen": hen}, {"egg": egg})
    store_writer.execute("r1", "Hatches", pb.Execution.COMPLETE, {"egg": egg}, {"hen": hen})
    assert "(above)" in _piped("show", f"artifact:{hen.id}", "--store", tmp_path)
    assert "Egg" in _piped("impact", f"artifact:{hen.id}", "--store", tmp_path)
    assert "run r1" in _piped("why", f"artifact:{hen.id}", "--store", tmp_path)
