"""`coralline lineage show`."""

from __future__ import annotations

import os
import re
from typing import Any

import click

from coralline.foundation.errors import UserError
from pipeline.commands.lineage.list_command import run_as_dict
from pipeline.commands.lineage.store_choice import answer, open_history, store_option
from pipeline.run_options import json_option


@click.command("show")
@click.argument("what")
@store_option
@json_option
def command(what: str, store: str | None, as_json: bool) -> None:
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
            answer(
                as_json,
                "lineage-execution",
                lambda: lineage_steps.step_as_dict(step),
                lambda c: lineage_text.print_execution(c, history, found[0]),
            )
            return
        artifact = found[0]
    elif run := history.run(what):
        made = lineage_steps.steps(history, [e.id for e in run.executions])
        answer(
            as_json,
            "lineage-run",
            lambda: run_as_dict(run) | {"steps": [lineage_steps.step_as_dict(s) for s in made]},
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
    answer(
        as_json,
        "lineage-artifact",
        lambda: {
            "artifact": lineage_steps.artifact_as_dict(artifact),
            "came_from": [lineage_steps.step_as_dict(s) for s in lineage_steps.came_from(history, artifact)],
            "came_of_it": [lineage_steps.step_as_dict(s) for s in lineage_steps.came_of(history, artifact)],
        },
        lambda c: lineage_text.print_artifact(c, history, artifact),
    )
