"""`coralline lineage list`."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import click

from coralline.foundation.errors import UserError
from pipeline.commands.lineage.store_choice import answer, open_history, store_option
from pipeline.run_options import json_option

if TYPE_CHECKING:
    from coralline.lineage.answers.run_table import RunRow
    from coralline.lineage.recorded_run import Run
    from coralline.lineage.run_history import RunHistory


@click.command("list")
@click.argument("what", type=click.Choice(["runs", "artifacts", "types"]), default="runs")
@click.option("--type", "artifact_type", help="Artifacts of this type only, such as PushedModel.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=20, show_default=True, help="How many at most.")
@click.option("--skip", type=click.IntRange(0, 10_000_000), default=0, help="Leave out so many of the newest.")
@store_option
@json_option
def command(what: str, artifact_type: str | None, limit: int, skip: int, store: str | None, as_json: bool) -> None:
    """List runs, artifacts or the types of artifacts, the newest first.

    A run's line says when it began, how long it took, what became of it, its AP, its preset and data set, and where its
    model was published.
    """
    if artifact_type and what == "types":
        raise click.UsageError("--type goes with `list artifacts`")
    history = open_history(store)
    if what == "types":
        _list_types(history, as_json)
    elif what == "artifacts" or artifact_type:
        _list_artifacts(history, artifact_type, limit, skip, as_json)
    else:
        _list_runs(history, limit, skip, as_json)


def run_as_dict(run: Run, row: RunRow) -> dict[str, Any]:
    """A run as JSON has it: with its executions, and its line of the table."""
    known = {"state": run.state, "seconds": run.seconds, "summary": dataclasses.asdict(row)}
    return dataclasses.asdict(run) | known


def _list_runs(history: RunHistory, limit: int, skip: int, as_json: bool) -> None:
    from coralline.lineage.answers.run_table import rows_of
    from pipeline.commands.lineage.list_text import print_runs

    runs = history.runs(limit + 1, skip)  # one more, to know whether there are older ones
    more, runs = len(runs) > limit, runs[:limit]
    rows = rows_of(history, runs)
    answer(
        as_json,
        "lineage-list",
        lambda: {"runs": [run_as_dict(run, row) for run, row in zip(runs, rows, strict=True)]},
        lambda console: print_runs(console, rows, skip, more),
    )


def _list_artifacts(history: RunHistory, artifact_type: str | None, limit: int, skip: int, as_json: bool) -> None:
    from coralline.lineage import lineage_steps
    from pipeline.commands.lineage.list_text import print_artifacts

    known = history.artifact_types()
    if artifact_type is not None and artifact_type not in known:
        # `LabelMap` for `components.LabelMap`
        named = [name for name in known if name.rpartition(".")[2].lower() == artifact_type.lower()]
        if len(named) != 1:
            raise UserError(
                f"the store has no artifacts of the type {artifact_type}",
                expected=", ".join(known) or "a type of artifacts; the store knows none",
                fix="`coralline lineage list types` tells which there are",
            )
        (artifact_type,) = named
    artifacts = history.newest_artifacts(limit + 1, skip, artifact_type)
    more, artifacts = len(artifacts) > limit, artifacts[:limit]
    answer(
        as_json,
        "lineage-artifacts",
        lambda: {"artifacts": [lineage_steps.artifact_as_dict(artifact) for artifact in artifacts]},
        lambda console: print_artifacts(console, artifacts, skip, more),
    )


def _list_types(history: RunHistory, as_json: bool) -> None:
    from pipeline.commands.lineage.list_text import print_types

    types = history.artifact_types()
    answer(as_json, "lineage-types", lambda: {"types": types}, lambda console: print_types(console, types))
