"""A run, an execution or an artifact with all that is recorded of it, and all that is behind a published file."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from coralline.foundation.printable import printable_lines, without_secrets
from coralline.lineage.answers.outcome import recorded_in_words
from coralline.lineage.deleted_files import deletion_in_words
from coralline.lineage.lineage_steps import LineageStep, came_from, came_of
from coralline.lineage.recorded_run import Artifact, Execution, Run
from coralline.lineage.run_history import RunHistory
from coralline.publishing.serving_record import Move
from pipeline.commands.lineage.lineage_words import address_shown, local_time, one_line, state_text, state_word, took
from pipeline.commands.lineage.text_layout import TextLayout

_DEEPEST = 100
"""How many steps one below the other a tree shows."""
_LONGEST_FAILURE, _LONGEST_SHOWN = 20_000, 2000
_SETTING = 20


def print_run(console: Console, run: Run, made: list[LineageStep]) -> None:
    """A run: its components in order, with what each took and made."""
    layout = TextLayout(console)
    layout.line(
        (f"run {address_shown(run.run_id)}", "bold"),
        f"  {one_line(run.pipeline)}  {local_time(run.created_ms)}  ",
        state_text(run.state),
        f"  {took(run.seconds)}",
    )
    _print_properties(layout, run.properties)
    for step in made:
        layout.line("")
        _print_step(layout, step)


def print_execution(console: Console, step: LineageStep) -> None:
    """An execution: its settings, what went in and what came out."""
    layout, execution = TextLayout(console), step.execution
    _print_step(layout, step)
    layout.line(f"  run       {address_shown(execution.run_id)}")
    layout.line(f"  began     {local_time(execution.created_ms)}")
    _print_settings(layout, _without_failure(execution))
    if execution.details:
        layout.line("  noted beside them")
        _print_settings(layout, execution.details, indent=4)


def print_artifact(console: Console, history: RunHistory, artifact: Artifact) -> None:
    """An artifact: what it holds, what it was made from and what used it."""
    layout = TextLayout(console)
    layout.line(_title(artifact), f"  {_state_of(artifact)}  {local_time(artifact.created_ms)}")
    layout.line("  ", address_shown(artifact.uri))
    _print_properties(layout, artifact.properties)
    layout.line("")
    before = came_from(history, artifact)
    tree = Tree(Text.assemble(("made from", "bold"), "" if before else "  unknown: no execution in this store made it"))
    _grow(tree, artifact, _back(before), set())
    console.print(tree)
    after = came_of(history, artifact)
    tree = Tree(Text.assemble(("used by", "bold"), "" if after else "  nothing yet"))
    _grow(tree, artifact, _on(after), set())
    console.print(tree)


def print_explanation(console: Console, history: RunHistory, artifact: Artifact, why: Mapping[str, Any]) -> None:
    """From a published file back to data, settings and code: everything that is recorded."""
    layout = TextLayout(console)
    layout.line(_title(artifact))
    for name in ("pushed_destination", "pushed_version"):
        if name in artifact.properties:
            _pair(layout, name, address_shown(str(artifact.properties[name])))
    if why["served"] is not None:
        _pair(layout, "served now", one_line(_served(why["served"], str(artifact.properties.get("pushed_version")))))
    if why["recorded"]:
        _pair(layout, "verdict", one_line(recorded_in_words(why["recorded"]), 2000))
    _pair(layout, "run", address_shown(str(why["run"] or "unknown")))
    for name, value in why["code"].items():
        _pair(layout, name, one_line(str(value)))
    layout.line("")
    layout.line(("data", "bold"))
    for node, known in why["data"].items():
        layout.line("  ", one_line(node))
        _print_settings(layout, known, indent=4)
    for title, known in (("warm start", why["warm_start"]), ("baseline", why["baseline"])):
        if known is not None:
            layout.line("")
            layout.line((title, "bold"))
            _print_settings(layout, {name: value for name, value in known.items() if value != ""})
    layout.line("")
    layout.line(("settings", "bold"))
    for node, settings in why["settings"].items():
        if node not in why["data"]:
            layout.line("  ", one_line(node))
            _print_settings(layout, settings, indent=4)
    layout.line("")
    tree = Tree(Text("steps", "bold"))
    _grow(tree, artifact, _back(came_from(history, artifact)), set())
    console.print(tree)


def _makers_by_artifact(line: Sequence[LineageStep]) -> dict[int, LineageStep]:
    """The step that made each artifact: the first one, later ones reused it."""
    makers: dict[int, LineageStep] = {}
    for step in line:
        for made in step.outputs.values():
            for artifact in made:
                makers.setdefault(artifact.id, step)
    return makers


def _pair(layout: TextLayout, name: str, value: str) -> None:
    layout.line(f"  {one_line(name):<{_SETTING}}", value)


def _served(served: Mapping[str, Any], version: str) -> str:
    if served["now"]:
        return "yes"
    last = Move(**served["moves"][-1]) if served["moves"] else None
    ended = f", {last.words}" if last and last.before == version else ""
    return f"no{ended}; `latest` is {served['latest'] or 'nothing'}"


def _print_step(layout: TextLayout, step: LineageStep) -> None:
    execution = step.execution
    layout.line(
        (one_line(execution.node), "bold"),
        f"  execution:{execution.id}  ",
        state_text(execution.state),
        f"  {took(execution.seconds)}",
    )
    if execution.failure:
        for line in printable_lines(without_secrets(execution.failure[:_LONGEST_FAILURE])).split("\n"):
            layout.line((line, "red"), indent=2)
    for word, named in (("took", step.inputs), ("made", step.outputs)):
        for name, artifacts in named.items():
            for artifact in artifacts:
                gone = "" if artifact.state in ("LIVE", "UNKNOWN") else f"  {_state_of(artifact)}"
                place = f"  {address_shown(artifact.uri)}"
                layout.line(f"{word}  {one_line(name)}: ", _title(artifact), (place, "dim"), (gone, "yellow"), indent=2)


def _without_failure(execution: Execution) -> dict[str, Any]:
    return {name: value for name, value in execution.settings.items() if value != execution.failure}


def _print_properties(layout: TextLayout, properties: Mapping[str, Any]) -> None:
    for name, value in properties.items():
        layout.line((one_line(name), "dim"), f" {one_line(value, _LONGEST_SHOWN)}", indent=2)


def _print_settings(layout: TextLayout, settings: Mapping[str, Any], indent: int = 2) -> None:
    for name, value in settings.items():
        inner = {f"{name}.{k}": v for k, v in value.items()} if isinstance(value, dict) and value else {name: value}
        for key, item in inner.items():
            layout.line((one_line(key), "dim"), f" {one_line(item, _LONGEST_SHOWN)}", indent=indent)


@dataclasses.dataclass(frozen=True)
class _Way:
    """A direction in which a tree grows from an artifact.

    Attributes:
      steps: by an artifact's number, the steps next to it.
      beyond: the artifacts on the other side of a step, by name.
      cut_off: what stands where it grows no further.
    """

    steps: Mapping[int, Sequence[LineageStep]]
    beyond: Callable[[LineageStep], Mapping[str, Sequence[Artifact]]]
    cut_off: str


def _back(before: Sequence[LineageStep]) -> _Way:
    """To what an artifact was made from."""
    makers = {number: [step] for number, step in _makers_by_artifact(before).items()}
    return _Way(makers, lambda step: step.inputs, "... older ones: coralline lineage show of one of these")


def _on(after: Sequence[LineageStep]) -> _Way:
    """To what used it."""
    takers: dict[int, list[LineageStep]] = {}
    for step in after:
        for number in dict.fromkeys(taken.id for artifacts in step.inputs.values() for taken in artifacts):
            takers.setdefault(number, []).append(step)
    return _Way(takers, lambda step: step.outputs, "... newer ones: coralline lineage impact tells all")


def _grow(tree: Tree, artifact: Artifact, way: _Way, seen: set[int], depth: int = 0) -> None:
    for step in way.steps.get(artifact.id, ()):
        branch = tree.add(_step_line(step, step.execution.id in seen))
        if step.execution.id in seen:
            continue
        seen.add(step.execution.id)
        if depth == _DEEPEST:
            branch.add(Text(way.cut_off, "dim"))
            continue
        for name, artifacts in way.beyond(step).items():
            for found in artifacts:
                _grow(branch.add(Text.assemble(f"{one_line(name)}: ", _title(found))), found, way, seen, depth + 1)


def _step_line(step: LineageStep, seen: bool) -> Text:
    execution = step.execution
    return Text.assemble(
        (one_line(execution.node), "bold"),
        f" execution:{execution.id}, run {address_shown(execution.run_id)}",
        (" (above)", "dim") if seen else "",
    )


def _state_of(artifact: Artifact) -> str:
    """What became of its files, or ML Metadata's state."""
    return deletion_in_words([artifact]) or state_word(artifact.state)


def _title(artifact: Artifact) -> Text:
    return Text.assemble((one_line(artifact.type), "cyan"), f" artifact:{artifact.id}")
