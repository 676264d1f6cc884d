"""Lineage on a terminal."""

from __future__ import annotations

import datetime
import json
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.tree import Tree

from coralline.lineage.answers.outcome import recorded_in_words
from coralline.lineage.answers.trace import explain_artifact
from coralline.lineage.lineage_steps import LineageStep, came_from, came_of, steps
from coralline.lineage.run_history import Artifact, Execution, Run, RunHistory
from coralline.publishing.serving_record import Move

_STATE_STYLES = {"COMPLETE": "green", "CACHED": "cyan", "FAILED": "bold red", "CANCELED": "yellow", "RUNNING": "yellow"}
_STATE_WORDS = {"CACHED": "reused", "SKIPPED": "skipped"}


def print_runs(console: Console, runs: list[Run]) -> None:
    """One line a run, the newest first."""
    if not runs:
        console.print("No runs are recorded in this store.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("run", "pipeline", "began", "took", "state", "code", "reused"):
        table.add_column(column, no_wrap=column == "run")
    for run in runs:
        states = [e.state for e in run.executions]
        table.add_row(
            run.run_id,
            run.pipeline,
            _time(run.created_ms),
            _seconds(run.seconds),
            _state(run.state),
            str(run.properties.get("git_commit", ""))[:8],
            f"{states.count('CACHED')} of {len(states)}",
        )
    console.print(table)


def print_run(console: Console, history: RunHistory, run: Run) -> None:
    """A run: its components in order, with what each took and made."""
    console.print(
        f"[bold]run {escape(run.run_id)}[/]  {escape(run.pipeline)}  {_time(run.created_ms)}  {_state(run.state)}"
    )
    _print_properties(console, run.properties)
    for step in steps(history, [e.id for e in run.executions]):
        console.print()
        _print_step(console, step)


def print_execution(console: Console, history: RunHistory, execution: Execution) -> None:
    """An execution: its settings, what went in and what came out."""
    (step,) = steps(history, [execution.id])
    _print_step(console, step)
    console.print(f"  run       {escape(execution.run_id)}\n  began     {_time(execution.created_ms)}")
    _print_settings(console, execution.settings)
    if execution.details:
        console.print("  noted by Kubeflow")
        _print_settings(console, execution.details, indent=4)


def print_artifact(console: Console, history: RunHistory, artifact: Artifact) -> None:
    """An artifact: what it holds, what it was made from and what used it."""
    console.print(f"{_title(artifact)}  {artifact.state}  {_time(artifact.created_ms)}")
    console.print(f"  {escape(artifact.uri)}", soft_wrap=True)
    _print_properties(console, artifact.properties)
    console.print()
    before = came_from(history, artifact)
    tree = Tree("[bold]made from[/]" if before else "[bold]made from[/]  unknown: no execution in this store made it")
    _grow_back(tree, artifact, {a.id: s for s in before for made in s.outputs.values() for a in made}, set())
    console.print(tree)
    after = came_of(history, artifact)
    tree = Tree("[bold]used by[/]" if after else "[bold]used by[/]  nothing yet")
    _grow_on(tree, artifact, after, set())
    console.print(tree)


def print_explanation(console: Console, history: RunHistory, artifact: Artifact) -> None:
    """From a published file back to data, settings and code."""
    why = explain_artifact(history, artifact)
    console.print(_title(artifact))
    for name in ("pushed_destination", "pushed_version"):
        if name in artifact.properties:
            console.print(f"  {name:<20}{escape(str(artifact.properties[name]))}", soft_wrap=True)
    if why["served"] is not None:
        served = _served(why["served"], artifact.properties["pushed_version"])
        console.print(f"  {'served now':<20}{escape(served)}", soft_wrap=True)
    if why["recorded"]:
        console.print(f"  {'verdict':<20}{escape(recorded_in_words(why['recorded']))}", soft_wrap=True)
    console.print(f"  {'run':<20}{escape(str(why['run'] or 'unknown'))}")
    for name, value in why["code"].items():
        console.print(f"  {name:<20}{escape(str(value))}")
    console.print("\n[bold]data[/]")
    for node, known in why["data"].items():
        console.print(f"  {escape(node)}")
        _print_settings(console, known, indent=4)
    for title, known in (("warm start", why["warm_start"]), ("baseline", why["baseline"])):
        if known is not None:
            console.print(f"\n[bold]{title}[/]")
            _print_settings(console, {name: value for name, value in known.items() if value != ""})
    console.print("\n[bold]settings[/]")
    for node, settings in why["settings"].items():
        if node not in why["data"]:
            console.print(f"  {escape(node)}")
            _print_settings(console, settings, indent=4)
    console.print()
    tree = Tree("[bold]steps[/]")
    before = came_from(history, artifact)
    _grow_back(tree, artifact, {a.id: s for s in before for made in s.outputs.values() for a in made}, set())
    console.print(tree)


def _served(served: dict[str, Any], version: str) -> str:
    if served["now"]:
        return "yes"
    last = Move(**served["moves"][-1]) if served["moves"] else None
    ended = f", {last.words}" if last and last.before == version else ""
    return f"no{ended}; `latest` is {served['latest'] or 'nothing'}"


def _print_step(console: Console, step: LineageStep) -> None:
    execution = step.execution
    state, took = _state(execution.state), _seconds(execution.seconds)
    console.print(f"[bold]{escape(execution.node)}[/]  execution {execution.id}  {state}  {took}")
    if execution.failure:
        console.print(f"  [red]{escape(execution.failure)}[/]")
    for word, named in (("took", step.inputs), ("made", step.outputs)):
        for name, artifacts in named.items():
            for artifact in artifacts:
                console.print(
                    f"  {word}  {escape(name)}: {_title(artifact)}  [dim]{escape(artifact.uri)}[/]", soft_wrap=True
                )


def _print_properties(console: Console, properties: dict[str, Any]) -> None:
    for name, value in properties.items():
        console.print(f"  [dim]{escape(name)}[/] {escape(_short(value))}", soft_wrap=True)


def _print_settings(console: Console, settings: dict[str, Any], indent: int = 2) -> None:
    for name, value in settings.items():
        inner = {f"{name}.{k}": v for k, v in value.items()} if isinstance(value, dict) and value else {name: value}
        for key, item in inner.items():
            console.print(" " * indent + f"[dim]{escape(key)}[/] {escape(_short(item))}", soft_wrap=True)


def _grow_back(tree: Tree, artifact: Artifact, makers: dict[int, LineageStep], seen: set[int]) -> None:
    step = makers.get(artifact.id)
    if step is None:
        return
    branch = tree.add(_step_line(step, step.execution.id in seen))
    if step.execution.id in seen:
        return
    seen.add(step.execution.id)
    for name, artifacts in step.inputs.items():
        for taken in artifacts:
            _grow_back(branch.add(f"{escape(name)}: {_title(taken)}"), taken, makers, seen)


def _grow_on(tree: Tree, artifact: Artifact, after: list[LineageStep], seen: set[int]) -> None:
    for step in after:
        if not any(taken.id == artifact.id for artifacts in step.inputs.values() for taken in artifacts):
            continue
        branch = tree.add(_step_line(step, step.execution.id in seen))
        if step.execution.id in seen:
            continue
        seen.add(step.execution.id)
        for name, artifacts in step.outputs.items():
            for made in artifacts:
                _grow_on(branch.add(f"{escape(name)}: {_title(made)}"), made, after, seen)


def _step_line(step: LineageStep, seen: bool) -> str:
    execution = step.execution
    return f"[bold]{escape(execution.node)}[/] execution {execution.id}, run {escape(execution.run_id)}" + (
        " [dim](above)[/]" if seen else ""
    )


def _title(artifact: Artifact) -> str:
    return f"[cyan]{escape(artifact.type)}[/] artifact {artifact.id}"


def _state(state: str) -> str:
    return f"[{_STATE_STYLES.get(state, 'default')}]{_STATE_WORDS.get(state, state.lower())}[/]"


def _time(milliseconds: int) -> str:
    return datetime.datetime.fromtimestamp(milliseconds / 1000).strftime("%Y-%m-%d %H:%M")


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 200 else text[:200] + " ..."
