"""`coralline lineage list|show|why`: ML Metadata in the terminal."""

from __future__ import annotations

import dataclasses
import os
import re
from typing import Any

import click

from coralline.foundation.errors import UserError
from pipeline import machine_output
from pipeline.run_options import json_option

store_option = click.option(
    "--store",
    envvar="CORALLINE_STORE",
    help="A SQLite file, the output folder of a run, grpc://host:port (the service of Kubeflow's ML Metadata),"
    " mysql://user:password@host/database or postgresql://... [default: the output folder that is here]",
)
"""Adds --store, as `store`."""


@click.group()
def command() -> None:
    """Browse ML Metadata: runs, artifacts, and where a published model came from."""


@command.command("list")
@store_option
@json_option
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many runs, the newest first."
)
def list_runs(store: str | None, as_json: bool, limit: int) -> None:
    """List the runs that the store knows."""
    runs = open_history(store).runs(limit)
    if as_json:
        machine_output.print_document("lineage-list", {"runs": [_run_as_dict(run) for run in runs]})
    else:
        from pipeline.commands.lineage.lineage_text import print_runs

        print_runs(_console(), runs)


@command.command()
@click.argument("what")
@store_option
@json_option
def show(what: str, store: str | None, as_json: bool) -> None:
    """Show one run, execution or artifact, with what it was made from and what used it.

    WHAT is a run's id (or how it begins, or `latest`), `execution:N`, `artifact:N`, or the address of an artifact.
    """
    from coralline.lineage import lineage_steps
    from coralline.lineage.answers import trace
    from pipeline.commands.lineage import lineage_text

    history = open_history(store)
    kind, _, number = what.partition(":")
    if kind in ("execution", "artifact") and re.fullmatch(r"\d{1,18}", number):
        found: list[Any] = getattr(history, f"{kind}s")([int(number)])
        if not found:
            raise UserError(
                f"the store has no {kind} {number}", fix="`coralline lineage list` and `show RUN` tell which there are"
            )
        if kind == "execution":
            (step,) = lineage_steps.steps(history, [found[0].id])
            _answer(
                as_json,
                "lineage-execution",
                lambda: lineage_steps.step_as_dict(step),
                lambda c: lineage_text.print_execution(c, history, found[0]),
            )
            return
        artifact = found[0]
    elif run := history.run(what):
        made = lineage_steps.steps(history, [e.id for e in run.executions])
        _answer(
            as_json,
            "lineage-run",
            lambda: _run_as_dict(run) | {"steps": [lineage_steps.step_as_dict(s) for s in made]},
            lambda c: lineage_text.print_run(c, history, run),
        )
        return
    elif "/" in what or os.path.exists(what):
        artifact = trace.published(history, what)
    else:
        raise UserError(
            f"the store has no run `{what}`",
            expected="a run's id, `latest`, `execution:N`, `artifact:N`, or an artifact's address",
            fix="`coralline lineage list` tells which runs there are",
        )
    _answer(
        as_json,
        "lineage-artifact",
        lambda: {
            "artifact": lineage_steps.artifact_as_dict(artifact),
            "came_from": [lineage_steps.step_as_dict(s) for s in lineage_steps.came_from(history, artifact)],
            "came_of_it": [lineage_steps.step_as_dict(s) for s in lineage_steps.came_of(history, artifact)],
        },
        lambda c: lineage_text.print_artifact(c, history, artifact),
    )


@command.command("why")
@click.argument("published")
@store_option
@json_option
def why_published(published: str, store: str | None, as_json: bool) -> None:
    """From a published file or folder back to its data, settings and code version."""
    from coralline.lineage.answers import trace
    from coralline.lineage.stores.store import store_above
    from pipeline.commands.lineage import lineage_text

    history = open_history(store or store_above(published))
    artifact = trace.published(history, published)
    _answer(
        as_json,
        "lineage-why",
        lambda: trace.explain_artifact(history, artifact),
        lambda c: lineage_text.print_explanation(c, history, artifact),
    )


def open_history(address: str | None) -> Any:
    """The runs that a store knows (a `RunHistory`); None: that of the output folder that is here.

    Raises:
      UserError: there is no store, or it can't be read.
    """
    from coralline.lineage.run_history import open_lineage

    return open_lineage(address or _default_store())


def _default_store() -> str:
    """The output folder of `run` or `demo` in the working directory."""
    for folder in (".", "coralline-out", "coralline-demo"):
        if os.path.isfile(os.path.join(folder, "metadata.sqlite")):
            return folder
    raise UserError(
        "no store of ML Metadata was named, and there is none here",
        expected="metadata.sqlite here, in coralline-out or in coralline-demo",
        fix="name an output folder or a store with --store",
    )


def _answer(as_json: bool, name: str, data: Any, show_on: Any) -> None:
    if as_json:
        machine_output.print_document(name, data())
    else:
        show_on(_console())


def _console() -> Any:
    from rich.console import Console

    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=200)


def _run_as_dict(run: Any) -> dict[str, Any]:
    return dataclasses.asdict(run) | {"state": run.state, "seconds": run.seconds}
