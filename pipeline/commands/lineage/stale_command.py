"""`coralline lineage stale`."""

from __future__ import annotations

import click

from pipeline.commands.lineage.store_choice import answer, open_history, store_option
from pipeline.run_options import json_option


@click.command("stale")
@click.option(
    "--read-data", is_flag=True, help="Also read data sets that are large (256 MiB) or at an address, to compare them."
)
@store_option
@json_option
def command(read_data: bool, store: str | None, as_json: bool) -> None:
    """What is served, and whether newer data, newer code or a better run exists.

    Of each place where runs of the store have published: the version that `latest` names there, whether its data set
    has changed since, whether the code here is another one, and which runs have a higher AP on the same images.
    """
    from coralline.lineage.answers.staleness import staleness
    from pipeline.commands.lineage.stale_text import print_staleness

    found = staleness(open_history(store), ask_addresses=True, read_all_data=read_data)
    answer(as_json, "lineage-stale", lambda: found, lambda console: print_staleness(console, found["places"]))
