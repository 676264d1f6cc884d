"""Two runs side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from coralline.lineage.answers.data_facts import BOXES_BY_CLASS
from pipeline.commands.lineage.lineage_words import (
    STATE_STYLES,
    address_shown,
    figure_shown,
    local_time,
    one_line,
    setting_shown,
    state_word,
    took,
)
from pipeline.commands.lineage.text_layout import TextLayout
from pipeline.commands.lineage.why_text import code_pairs

_FIGURES = ("AP", "AP50", "AP75")
_CLASSES_SHOWN, _FILES_SHOWN, _IMAGES_SHOWN, _LONGEST_CELL = 20, 8, 8, 60
_NOTICEABLE = 0.0005
"""Differences of AP below it aren't seen in three digits."""


def print_difference(console: Console, difference: Mapping[str, Any]) -> None:
    """The two runs in two columns, then what differs, part by part; what is the same is one line."""
    layout = TextLayout(console)
    one, other = difference["one"], difference["other"]
    layout.columns(_heads(one, other), header=("", address_shown(one["run_id"]), address_shown(other["run_id"])))
    if one["run_id"] == other["run_id"]:
        layout.line("This is one and the same run.")
        return
    _print_settings(layout, difference["settings"])
    _print_data(layout, difference["data"])
    code = code_pairs(difference["code"])
    known = one["code"] or other["code"]
    _title(layout, "code", "" if code else "the same" if known else "not recorded")
    layout.columns(code, indent=2)
    _print_classes(layout, difference)
    _print_images(layout, difference)


def _heads(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[list[Text]]:
    rows: list[list[Text]] = [
        _row("began", local_time(one["began_ms"]), local_time(other["began_ms"])),
        _row("took", took(one["seconds"]), took(other["seconds"])),
        [Text("result"), _result(one), _result(other)],
    ]
    for name in _FIGURES:
        before, now = one["figures"].get(name), other["figures"].get(name)
        if before is not None or now is not None:
            rows.append([Text(name), Text(figure_shown(before)), _changed_figure(before, now)])
    if one["images"] is not None or other["images"] is not None:
        rows.append(_row("judged on", _judged_on(one), _judged_on(other)))
    for row, run in zip(rows[2][1:], (one, other), strict=True):
        if run["failure"]:
            row.append(f" {one_line(run['failure'].splitlines()[0], _LONGEST_CELL)}", "red")
    if one["published"] or other["published"]:
        rows.append(_row("published", *(_version(run["published"]) for run in (one, other))))
    return rows


def _row(*cells: str) -> list[Text]:
    return [Text(cell) for cell in cells]


def _result(run: Mapping[str, Any]) -> Text:
    word = run["verdict"] if run["state"] == "COMPLETE" and run["verdict"] else None
    return Text(word or state_word(run["state"]), STATE_STYLES.get(word or run["state"], ""))


def _judged_on(run: Mapping[str, Any]) -> str:
    return "-" if run["images"] is None else f"{run['images']} {one_line(run['split'] or '')} images"


def _version(published: str | None) -> str:
    return address_shown(published.rstrip("/").rpartition("/")[2]) if published else "-"


def _changed_figure(before: float | None, now: float | None) -> Text:
    text = Text(figure_shown(now))
    if before is not None and now is not None and abs(now - before) >= _NOTICEABLE:
        text.append(f" ({now - before:+.3f})", "green" if now > before else "red")
    return text


def _title(layout: TextLayout, title: str, told: str = "") -> None:
    layout.line("")
    layout.line((title, "bold"), f": {told}" if told else "")


def _print_settings(layout: TextLayout, settings: Sequence[Mapping[str, Any]]) -> None:
    _title(layout, "settings", "" if settings else "the same")
    several: dict[str, set[str]] = {}
    for entry in settings:
        several.setdefault(entry["name"], set()).add(entry["node"])
    rows = []
    for entry in settings:
        node = f" ({one_line(entry['node'])})" if len(several[entry["name"]]) > 1 else ""
        rows.append([Text(one_line(entry["name"]) + node), *_cells(entry, "default")])
    layout.columns(rows, indent=2)


def _cells(entry: Mapping[str, Any], absent: str) -> list[Text]:
    values = (entry["one"], entry["other"])
    return [Text(absent, "dim") if v is None else Text(one_line(setting_shown(v), _LONGEST_CELL)) for v in values]


def _print_data(layout: TextLayout, data: Mapping[str, Any]) -> None:
    same = {True: "", False: "the same", None: "whether it's the same is not recorded"}[data["changed"]]
    if data["one"] is None and data["other"] is None:
        same = "none was read"
    _title(layout, "data", same)
    if not data["changed"]:
        return
    # The table below has the classes.
    for sentence in (sentence for sentence in data["sentences"] if not sentence.startswith(BOXES_BY_CLASS)):
        layout.line(one_line(sentence, 1000), indent=2)
    changed = [entry for entry in data["classes"] if entry["one"] != entry["other"]]
    rows = [
        _row(one_line(e["name"]), *("-" if e[side] is None else str(e[side]) for side in ("one", "other")))
        for e in changed
    ]
    if rows:
        layout.columns(rows[:_CLASSES_SHOWN], header=("boxes of class", "one", "other"), indent=2)
        _more(layout, len(rows) - _CLASSES_SHOWN, "classes")
    if data["files"] is None:
        layout.line((f"files: {one_line(data['why_not'] or 'not recorded')}", "dim"), indent=2)
        return
    for word in ("added", "removed", "changed"):
        names = data["files"][word]
        if names:
            more = f" and {len(names) - _FILES_SHOWN} more" if len(names) > _FILES_SHOWN else ""
            files = ", ".join(one_line(name) for name in names[:_FILES_SHOWN])
            layout.line(f"{len(names)} {'file' if len(names) == 1 else 'files'} {word}: {files}{more}", indent=2)


def _more(layout: TextLayout, count: int, what: str) -> None:
    if count > 0:
        layout.line((f"and {count} more {what}: --json has all", "dim"), indent=2)


def _print_classes(layout: TextLayout, difference: Mapping[str, Any]) -> None:
    classes = difference["classes"]
    moved = [e for e in classes if e["one"] is None or e["other"] is None or abs(e["other"] - e["one"]) >= _NOTICEABLE]
    moved = [e for e in moved if (e["one"], e["other"]) != (None, None)]
    if not classes:
        _title(layout, "AP by class", one_line(difference["classes_why_not"] or "none", 500))
        return
    _title(layout, "AP by class", "" if moved else "the same")
    moved.sort(key=lambda e: -abs((e["other"] or 0.0) - (e["one"] or 0.0)))
    rows = [
        [Text(one_line(e["name"])), Text(figure_shown(e["one"])), _changed_figure(e["one"], e["other"])] for e in moved
    ]
    layout.columns(rows[:_CLASSES_SHOWN], indent=2)
    _more(layout, len(moved) - _CLASSES_SHOWN, "classes")
    if difference["classes_why_not"]:
        layout.line((one_line(difference["classes_why_not"], 500), "dim"), indent=2)


def _print_images(layout: TextLayout, difference: Mapping[str, Any]) -> None:
    images = difference["images"]
    if images is None:
        _title(layout, "images", one_line(difference["images_why_not"] or "not recorded", 500))
        return
    both = [(images["only_one_finds"], difference["one"]), (images["only_other_finds"], difference["other"])]
    _title(layout, "images", "" if any(found for found, _ in both) else "both find the same objects")
    for found, run in both:
        if not found:
            continue
        noun = "object" if len(found) == 1 else "objects"
        layout.line(f"{len(found)} {noun} that only {address_shown(run['run_id'])} finds", indent=2)
        by_image: dict[str, list[str]] = {}
        for entry in found:
            by_image.setdefault(entry["image"], []).append(one_line(entry["label"]))
        rows = [_row(one_line(image), ", ".join(labels)) for image, labels in by_image.items()]
        layout.columns(rows[:_IMAGES_SHOWN], indent=4)
        _more(layout, len(rows) - _IMAGES_SHOWN, "images")
