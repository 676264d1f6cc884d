"""`coralline lineage list`."""

from __future__ import annotations

import dataclasses
from typing import Any

import click

from pipeline.commands.lineage.store_choice import answer, open_history, store_option
from pipeline.run_options import json_option


@click.command("list")
@store_option
@json_option
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many runs, the newest first."
)
def command(store: str | None, as_json: bool, limit: int) -> None:
    """List the runs that the store knows."""
    from pipeline.commands.lineage.lineage_text import print_runs

    runs = open_history(store).runs(limit)
    answer(as_json, "lineage-list", lambda: {"runs": [run_as_dict(run) for run in runs]}, lambda c: print_runs(c, runs))


def run_as_dict(run: Any) -> dict[str, Any]:
    """A run as JSON has it."""
    return dataclasses.asdict(run) | {"state": run.state, "seconds": run.seconds}
