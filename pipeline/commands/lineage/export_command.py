"""`coralline lineage export`."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from coralline.foundation.errors import UserError
from coralline.foundation.json_text import as_json_text
from pipeline import machine_output
from pipeline.commands.lineage.list_command import run_as_dict
from pipeline.commands.lineage.store_choice import open_history, store_option
from pipeline.run_options import json_option

if TYPE_CHECKING:
    from coralline.lineage.export.exported_graph import ExportSubject
    from coralline.lineage.run_history import RunHistory

_NUMBERED = re.compile(r"(execution|artifact):(\d{1,18})")
_FORMATS = ("openlineage", "dot", "mermaid", "json", "html", "model-card")


@click.command("export")
@click.argument("what")
@store_option
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMATS),
    help="OpenLineage events, one a line; the graph for Graphviz or Mermaid; JSON; a page; or the model card of a"
    " published model, Markdown, or a page if --out ends with .html.",
)
@click.option("--out", type=click.Path(dir_okay=False), help="The file to write [default: standard output].")
@click.option(
    "--limit",
    type=click.IntRange(1, 5000),
    default=200,
    show_default=True,
    help="How many nodes of the graph dot, mermaid, json and html have; those farthest away are left out.",
)
@click.option("--namespace", default="coralline", show_default=True, help="openlineage: of the jobs.")
@click.option("--repository", help="openlineage: the address of the code's Git repository.")
@json_option
def command(
    what: str,
    store: str | None,
    form: str | None,
    out: str | None,
    limit: int,
    namespace: str,
    repository: str | None,
    as_json: bool,
) -> None:
    """Write a run or an artifact, with the steps around it, in the form of another program.

    WHAT is as for `lineage show`. --json is the same as --format json.
    """
    if form is None and not as_json:
        raise click.UsageError(f"give a --format: {', '.join(_FORMATS)}")
    if as_json and form not in (None, "json"):
        raise click.UsageError("--json is --format json: give one of them")
    history = open_history(store)
    subject = _subject(history, what)
    as_page = out is not None and out.lower().endswith((".html", ".htm"))
    writers: dict[str, Callable[[], str]] = {
        "openlineage": lambda: _openlineage(history, subject, namespace, repository),
        "dot": lambda: _graph_text("dot_text", subject, limit),
        "mermaid": lambda: _graph_text("mermaid_text", subject, limit),
        "json": lambda: as_json_text(machine_output.named("lineage-export", _as_dict(history, subject, limit))) + "\n",
        "html": lambda: _page(history, subject, limit),
        "model-card": lambda: _model_card(history, subject, as_page),
    }
    _write(writers[form or "json"](), out)


def _subject(history: RunHistory, what: str) -> ExportSubject:
    from coralline.lineage.answers.recorded_file import recorded_artifact
    from coralline.lineage.answers.run_choice import find_run
    from coralline.lineage.export.exported_graph import ExportSubject

    if numbered := _NUMBERED.fullmatch(what):
        kind, number = numbered[1], int(numbered[2])
        if kind == "execution" and (executions := history.executions([number])):
            return ExportSubject.of_execution(history, executions[0])
        if kind == "artifact" and (artifacts := history.artifacts([number])):
            return ExportSubject.of_artifact(history, artifacts[0])
        raise UserError(
            f"the store has no {kind} {number}", fix="`coralline lineage list` and `show RUN` tell which there are"
        )
    if ("/" in what or os.path.exists(what)) and history.run(what) is None:
        return ExportSubject.of_artifact(history, recorded_artifact(history, what))
    return ExportSubject.of_run(history, find_run(history, what))


def _openlineage(history: RunHistory, subject: ExportSubject, namespace: str, repository: str | None) -> str:
    from coralline.foundation.printable import encodable
    from coralline.lineage.export.openlineage_events import openlineage_events

    events = openlineage_events(history, subject, namespace, repository)
    return "".join(encodable(json.dumps(event, ensure_ascii=False)) + "\n" for event in events)


def _graph_text(form: str, subject: ExportSubject, limit: int) -> str:
    from coralline.lineage.export import graph_text
    from coralline.lineage.export.exported_graph import exported_graph

    text: str = getattr(graph_text, form)(exported_graph(subject, limit))
    return text


def _page(history: RunHistory, subject: ExportSubject, limit: int) -> str:
    from coralline.lineage.export.exported_page import exported_page

    return exported_page(history, subject, limit)


def _model_card(history: RunHistory, subject: ExportSubject, as_page: bool) -> str:
    from coralline.foundation.printable import encodable
    from coralline.lineage.export import model_card
    from coralline.lineage.export.card_facts import card_facts
    from coralline.lineage.export.exported_page import card_page

    facts = card_facts(history, subject)
    if as_page:
        return card_page(model_card.card_title(facts), model_card.card_sections(facts))
    return encodable(model_card.card_markdown(facts))


def _as_dict(history: RunHistory, subject: ExportSubject, limit: int) -> dict[str, Any]:
    from coralline.lineage.answers.run_table import run_row
    from coralline.lineage.export.exported_graph import exported_graph
    from coralline.lineage.lineage_steps import artifact_as_dict, step_as_dict

    graph, run = exported_graph(subject, limit), subject.run
    return {
        "title": subject.title,
        "run": run_as_dict(run, run_row(history, run, subject.steps)) if run is not None else None,
        "artifact": artifact_as_dict(subject.artifact) if subject.artifact is not None else None,
        "steps": [step_as_dict(step) for step in subject.steps],
        "artifacts": [artifact_as_dict(artifact) for artifact in subject.artifacts()],
        "graph": {
            "nodes": [dataclasses.asdict(node) for node in graph.nodes],
            "edges": [dataclasses.asdict(edge) for edge in graph.edges],
            "left_out": graph.left_out,
        },
    }


def _write(text: str, out: str | None) -> None:
    if out is None:
        click.echo(text, nl=False)
        return
    target = Path(os.path.expanduser(out))
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        aside.write_text(text, encoding="utf-8")
        aside.replace(target)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise UserError("the file can't be written", file=target, found=error, fix="name another with --out") from error
