"""`coralline lineage diff`."""

from __future__ import annotations

import click

from pipeline.commands.lineage.store_choice import answer, open_history, store_option
from pipeline.run_options import json_option


@click.command("diff")
@click.argument("one", default="previous")
@click.argument("other", default="latest")
@store_option
@json_option
def command(one: str, other: str, store: str | None, as_json: bool) -> None:
    """What differs between two runs: settings, data, code, AP by class, and the images that only one gets right.

    ONE is compared with, OTHER is the newer one as a rule: a run's id or how that begins, `latest`, `previous`,
    `latest~2`, or `served`. Without arguments: the last two runs.
    """
    from coralline.lineage.answers.run_choice import find_run
    from coralline.lineage.answers.run_difference import run_difference
    from pipeline.commands.lineage.diff_text import print_difference

    history = open_history(store)
    difference = run_difference(history, find_run(history, one), find_run(history, other))
    answer(as_json, "lineage-diff", lambda: difference, lambda console: print_difference(console, difference))
