"""`coralline lineage impact`."""

from __future__ import annotations

import click

from pipeline.commands.lineage.store_choice import answer, open_history, store_option
from pipeline.run_options import json_option


@click.command("impact")
@click.argument("what")
@store_option
@json_option
def command(what: str, store: str | None, as_json: bool) -> None:
    """What came of something: every run, artifact and published model that depends on it.

    WHAT is `artifact:N`, the path or address of an artifact, the folder or address of a data set, the fingerprint of
    one (or how it begins), or a published file. "Which published models saw this data?" is `impact DATA`.
    """
    from coralline.lineage.answers.impact import impact
    from coralline.lineage.answers.recorded_file import artifacts_meant
    from coralline.lineage.stores.store import store_above
    from pipeline.commands.lineage.impact_text import print_impact

    history = open_history(store or (store_above(what) if "://" not in what and "\0" not in what else None))
    found = impact(history, artifacts_meant(history, what))
    answer(as_json, "lineage-impact", lambda: found, lambda console: print_impact(console, found))
