"""`coralline lineage why`."""

from __future__ import annotations

import click

from pipeline.commands.lineage.store_choice import answer, open_history, store_option
from pipeline.run_options import json_option


@click.command("why")
@click.argument("published")
@store_option
@json_option
def command(published: str, store: str | None, as_json: bool) -> None:
    """From a published file or folder back to its data, settings and code version."""
    from coralline.lineage.answers import trace
    from coralline.lineage.stores.store import store_above
    from pipeline.commands.lineage import lineage_text

    history = open_history(store or store_above(published))
    artifact = trace.published(history, published)
    answer(
        as_json,
        "lineage-why",
        lambda: trace.explain_artifact(history, artifact),
        lambda c: lineage_text.print_explanation(c, history, artifact),
    )
