"""`coralline lineage why`."""

from __future__ import annotations

import shlex

import click

from pipeline.commands.lineage.store_choice import answer, open_history, store_option
from pipeline.run_options import json_option


@click.command("why")
@click.argument("published")
@click.option("--all", "everything", is_flag=True, help="Show everything that is recorded, every setting and step.")
@store_option
@json_option
def command(published: str, everything: bool, store: str | None, as_json: bool) -> None:
    """Why a file is served: its data, settings, code, warm start, baseline and verdict.

    PUBLISHED is a file or folder in a publishing folder, such as yard/published/latest/model.tflite, or a copy of one:
    a model is known by its content, wherever it is and whatever it's called; or `artifact:N`.
    """
    from coralline.lineage.answers.recorded_file import artifact_meant
    from coralline.lineage.answers.trace import explain_artifact
    from coralline.lineage.stores.store import store_above

    history = open_history(store or store_above(published))
    artifact = artifact_meant(history, published)
    why = explain_artifact(history, artifact)
    if everything:
        from pipeline.commands.lineage.show_text import print_explanation

        answer(as_json, "lineage-why", lambda: why, lambda console: print_explanation(console, history, artifact, why))
        return
    from pipeline.commands.lineage.why_text import print_why

    answer(as_json, "lineage-why", lambda: why, lambda console: print_why(console, why, shlex.quote(published)))
