"""What is served and how old it is, for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console

from pipeline.commands.lineage.lineage_words import address_shown, figure_shown, one_line, utc_as_local
from pipeline.commands.lineage.text_layout import TextLayout
from pipeline.commands.lineage.why_text import code_changes_shown

_VERDICTS = {
    True: ("stale", "bold yellow"),
    False: ("up to date", "bold green"),
    None: ("can't be told", "dim"),
}


def print_staleness(console: Console, places: Sequence[Mapping[str, Any]]) -> None:
    """Place by place."""
    layout = TextLayout(console)
    if not places:
        layout.line("No run in this store has published a model.")
    for number, place in enumerate(places):
        if number:
            layout.line("")
        layout.field("place", address_shown(place["destination"]))
        if place["version"] is None:
            layout.field("served", (one_line(place["why_not"] or "nothing"), "dim"))
            continue
        since = f", since {utc_as_local(place['since'])}" if place["since"] else ""
        layout.field("served", (address_shown(place["version"]), "bold"), since)
        if place["run"] is None:
            layout.field("made by", (one_line(place["why_not"] or "not recorded"), "dim"))
        else:
            _print_run(layout, place["run"])
        if place["data"] is not None:
            layout.field("data", *_data(place["data"]))
            layout.field("code", *_code(place["code"]))
            _print_better(layout, place)
            layout.field("so it is", _VERDICTS[place["stale"]])


def _print_run(layout: TextLayout, run: Mapping[str, Any]) -> None:
    ap = f", AP {figure_shown(run['figures']['AP'])}" if "AP" in run["figures"] else ""
    on = f" on {run['images']} {one_line(run['split'] or '')} images" if ap and run["images"] is not None else ""
    layout.field("made by", f"run {address_shown(run['run_id'])}{ap}{on}")


def _data(data: Mapping[str, Any]) -> list[str | tuple[str, str]]:
    path = address_shown(data["path"] or "")
    newer = f"; run {address_shown(data['newer_run'])} has read a newer state of it" if data["newer_run"] else ""
    if data["now"] is None:
        return [f"{path}: " if path else "", (one_line(data["why_not"] or "not recorded"), "dim"), newer]
    if data["changed"]:
        return [f"{path}: ", ("has changed", "yellow"), " since the model saw it", newer]
    return [f"{path}: unchanged"]


def _code(code: Mapping[str, Any]) -> list[str | tuple[str, str]]:
    if code["changed"] is None:
        return [(one_line(code["why_not"] or "not recorded"), "dim")]
    if not code["changed"]:
        return ["unchanged"]
    return [("other code here", "yellow"), f": {code_changes_shown(code['differences'])}"]


def _print_better(layout: TextLayout, place: Mapping[str, Any]) -> None:
    if place["better_why_not"]:
        layout.field("better runs", (one_line(place["better_why_not"]), "dim"))
        return
    if not place["better"]:
        layout.field("better runs", "none on the same images")
    for number, run in enumerate(place["better"]):
        layout.field(
            "" if number else "better runs",
            (address_shown(run["run_id"]), "yellow"),
            f", AP {figure_shown(run['figures']['AP'])}, {run['verdict'] or 'not judged'}",
        )
