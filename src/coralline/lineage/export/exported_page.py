"""A run or an artifact as one self-contained page, with its graph; and the model card as a page."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from coralline.foundation.printable import encodable, printable, without_secrets
from coralline.foundation.report_page.rendering import render
from coralline.lineage.answers.outcome import recorded_in_words, recorded_outcome
from coralline.lineage.answers.run_table import run_row
from coralline.lineage.export.card_sections import CardSection, CardTable
from coralline.lineage.export.exported_graph import ExportSubject, exported_graph, state_in_words
from coralline.lineage.export.graph_picture import graph_picture
from coralline.lineage.lineage_steps import LineageStep
from coralline.lineage.recorded_run import Artifact, Run
from coralline.lineage.run_history import RunHistory
from coralline.lineage.stores.dialects import BOOKKEEPING

_TEMPLATE = Path(__file__).with_name("exported_page.html.j2")
_LONGEST = 2000  # characters of a property


def exported_page(history: RunHistory, subject: ExportSubject, limit: int) -> str:
    """The page of a subject; `limit`: how many nodes of its graph are drawn."""
    graph = exported_graph(subject, limit)
    sections = [] if subject.run is None else [_of_run(history, subject.run, subject.steps)]
    if subject.artifact is not None:
        sections.append(_of_artifact(subject.artifact))
    sections += [_steps(subject.steps), _artifacts(subject.artifacts())]
    sections += [_of_step(step) for step in subject.steps if step.execution.settings or step.execution.failure]
    return _rendered(subject.title, "Lineage from ML Metadata", sections, graph_picture(graph), graph.note)


def card_page(title: str, sections: Sequence[CardSection]) -> str:
    """The model card as a page."""
    return _rendered(title, "Model card", sections, None, None)


def _rendered(title: str, subtitle: str, sections: Sequence[CardSection], picture: Any, note: str | None) -> str:
    shown = printable(title)
    values = {"title": shown, "subtitle": subtitle, "sections": sections, "picture": picture, "note": note}
    return encodable(render(_TEMPLATE, {}, **values))


def _of_run(history: RunHistory, run: Run, made: list[LineageStep]) -> CardSection:
    row = run_row(history, run, made)
    known = {
        "pipeline": row.pipeline,
        "began": _time(row.began_ms),
        "took": f"{row.seconds:.1f} s",
        "state": row.state.lower(),
        "failure": row.failure,
        "outcome": recorded_in_words(recorded_outcome(made)),
        "data": row.data,
        "preset": row.preset,
        "reused": f"{row.reused} of {row.steps} steps",
        **{str(name): value for name, value in run.properties.items()},
    }
    return CardSection("Run", facts=_facts(known))


def _of_artifact(artifact: Artifact) -> CardSection:
    known = {
        "type": artifact.type,
        "address": artifact.uri,
        "state": artifact.state.lower().replace("_", " "),
        "made": _time(artifact.created_ms),
        **{str(name): value for name, value in artifact.properties.items() if name not in BOOKKEEPING},
    }
    return CardSection("Artifact", facts=_facts(known))


def _steps(made: list[LineageStep]) -> CardSection:
    rows: list[tuple[str, ...]] = [
        (
            printable(step.execution.node),
            str(step.execution.id),
            printable(step.execution.run_id),
            state_in_words(step.execution),
            _numbers(step.inputs),
            _numbers(step.outputs),
        )
        for step in made
    ]
    return CardSection("Steps", tables=[CardTable(("step", "execution", "run", "state", "took", "made"), rows)])


def _artifacts(artifacts: list[Artifact]) -> CardSection:
    rows: list[tuple[str, ...]] = [
        (str(a.id), printable(a.type), a.state.lower().replace("_", " "), _text(a.uri), _time(a.created_ms))
        for a in artifacts
    ]
    return CardSection("Artifacts", tables=[CardTable(("artifact", "type", "state", "address", "made"), rows)])


def _of_step(step: LineageStep) -> CardSection:
    known = {"failure": step.execution.failure, **step.execution.settings}
    title = printable(f"{step.execution.node}, execution {step.execution.id}")
    return CardSection(title, facts=_facts(known))


def _numbers(named: dict[str, list[Artifact]]) -> str:
    return printable(", ".join(f"{name} {artifact.id}" for name, found in named.items() for artifact in found))


def _facts(known: dict[str, Any]) -> list[tuple[str, str]]:
    return [(printable(name), _text(value)) for name, value in known.items() if value not in (None, "")]


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    shown = printable(without_secrets(text[: _LONGEST + 1]))
    return shown if len(text) <= _LONGEST else f"{shown[:_LONGEST]}…"


def _time(milliseconds: int) -> str:
    if not milliseconds:
        return "not recorded"
    moment = datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.timezone.utc)
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
