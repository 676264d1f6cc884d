"""`coralline lineage show`."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import click

from coralline.foundation.errors import UserError
from pipeline.commands.lineage.list_command import run_as_dict
from pipeline.commands.lineage.store_choice import answer, open_history, store_option
from pipeline.run_options import json_option

if TYPE_CHECKING:
    from coralline.lineage.recorded_run import Artifact, Run
    from coralline.lineage.run_history import RunHistory

_NUMBERED = re.compile(r"(execution|artifact):(\d{1,18})")


@click.command("show")
@click.argument("what")
@store_option
@json_option
def command(what: str, store: str | None, as_json: bool) -> None:
    """Show one run, execution or artifact, with what it was made from and what used it.

    WHAT is a run (its id or how that begins, `latest`, `previous`, `latest~2`, `served`), `execution:N`, `artifact:N`,
    or the path or address of an artifact or of one of its files.
    """
    from coralline.lineage.answers.recorded_file import recorded_artifact
    from coralline.lineage.answers.run_choice import EXPECTED, find_run

    history = open_history(store)
    if numbered := _NUMBERED.fullmatch(what):
        if numbered[1] == "execution":
            _show_execution(history, int(numbered[2]), as_json)
            return
        (artifact,) = history.artifacts([int(numbered[2])]) or (None,)
        if artifact is None:
            raise _nothing("artifact", numbered[2])
        _show_artifact(history, artifact, as_json)
    elif ("/" in what or os.path.exists(what)) and history.run(what) is None:
        _show_artifact(history, recorded_artifact(history, what), as_json)
    else:
        try:
            run = find_run(history, what)
        except UserError as error:
            more = f"{EXPECTED}, `execution:N`, `artifact:N`, or an artifact's address"
            error.expected = more if error.expected == EXPECTED else error.expected
            raise UserError(**error.fields()) from error  # type: ignore[arg-type]
        _show_run(history, run, as_json)


def _nothing(kind: str, number: str) -> UserError:
    return UserError(
        f"the store has no {kind} {number}", fix="`coralline lineage list` and `show RUN` tell which there are"
    )


def _show_run(history: RunHistory, run: Run, as_json: bool) -> None:
    from coralline.lineage import lineage_steps
    from coralline.lineage.answers.run_table import run_row
    from pipeline.commands.lineage.show_text import print_run

    made = lineage_steps.steps_of(history, run.executions)
    answer(
        as_json,
        "lineage-run",
        lambda: (
            run_as_dict(run, run_row(history, run, made)) | {"steps": [lineage_steps.step_as_dict(s) for s in made]}
        ),
        lambda console: print_run(console, run, made),
    )


def _show_execution(history: RunHistory, number: int, as_json: bool) -> None:
    from coralline.lineage import lineage_steps
    from pipeline.commands.lineage.show_text import print_execution

    found = lineage_steps.steps_of(history, history.executions([number]))
    if not found:
        raise _nothing("execution", str(number))
    answer(
        as_json,
        "lineage-execution",
        lambda: lineage_steps.step_as_dict(found[0]),
        lambda console: print_execution(console, found[0]),
    )


def _show_artifact(history: RunHistory, artifact: Artifact, as_json: bool) -> None:
    from coralline.lineage import lineage_steps
    from pipeline.commands.lineage.show_text import print_artifact

    answer(
        as_json,
        "lineage-artifact",
        lambda: {
            "artifact": lineage_steps.artifact_as_dict(artifact),
            "came_from": [lineage_steps.step_as_dict(s) for s in lineage_steps.came_from(history, artifact)],
            "came_of_it": [lineage_steps.step_as_dict(s) for s in lineage_steps.came_of(history, artifact)],
        },
        lambda console: print_artifact(console, history, artifact),
    )
