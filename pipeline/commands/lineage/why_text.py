"""Why a file is served, on one screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console

from coralline.foundation.progress import counted
from coralline.publishing.serving_record import Move
from pipeline.commands.lineage.lineage_words import (
    STATE_STYLES,
    address_shown,
    commit_shown,
    figure_shown,
    local_time,
    one_line,
    setting_shown,
    took,
    utc_as_local,
)
from pipeline.commands.lineage.text_layout import TextLayout

_NOT_RECORDED = ("not recorded", "dim")
_CODE_WORDS = {"coralline_version": "Coralline", "git_commit": "git", "code_sha256": "code", "lock_sha256": "lock"}
_CLASSES_SHOWN, _FIGURES = 8, ("AP", "AP50", "AP75")


def print_why(console: Console, why: Mapping[str, Any], question: str) -> None:
    """Where a file came from: the run, its data and what changed in it, settings, code, baseline, verdict."""
    layout = TextLayout(console)
    _print_file(layout, why)
    _print_verdict(layout, why["recorded"])
    _print_baseline(layout, why["baseline"])
    _print_data(layout, why)
    _print_settings(layout, why)
    _print_warm_start(layout, why["warm_start"])
    _print_code(layout, why)
    if not layout.piped:
        layout.line((f"everything that is recorded: coralline lineage why {question} --all", "dim"))


def _print_file(layout: TextLayout, why: Mapping[str, Any]) -> None:
    artifact, row = why["artifact"], why["made_by"]
    published = why["recorded"].get("published")
    layout.field(
        "file of",
        (one_line(artifact["type"]), "cyan"),
        f" artifact:{artifact['id']}, ",
        address_shown(published or artifact["uri"]),
    )
    if why["served"] is not None:
        layout.field("served", *_served(why["served"], str(artifact["properties"].get("pushed_version"))))
    if row is None:
        layout.field("made by", ("no run of this store", "dim"))
        return
    older = {step["run"] for step in why["steps"]} - {row["run_id"]}
    reused = f"; steps reused from {', '.join(sorted(older))}" if older else ""
    layout.field(
        "made by",
        "run ",
        (address_shown(row["run_id"]), "bold"),
        f", {local_time(row['began_ms'])}, took {took(row['seconds'])}{reused}",
    )


def _served(served: Mapping[str, Any], version: str) -> Iterator[str | tuple[str, str]]:
    moves = [Move(**move) for move in served["moves"]]
    if served["now"]:
        since = next((move for move in reversed(moves) if move.after == version), None)
        yield ("yes", "green")
        yield f", since {utc_as_local(since.time)}" if since else ""
        return
    last = moves[-1] if moves else None
    yield ("no", "yellow")
    yield f", {one_line(last.words)}" if last and last.before == version else ""
    yield f"; `latest` is {address_shown(served['latest'] or 'nothing')}"


def _print_verdict(layout: TextLayout, recorded: Mapping[str, Any]) -> None:
    figures = ", ".join(f"{name} {figure_shown(recorded[name])}" for name in _FIGURES if name in recorded)
    on = f" on {recorded['images']} {one_line(recorded.get('split', ''))} images" if "images" in recorded else ""
    if "blessed" not in recorded:
        layout.field("verdict", figures + on if figures else _NOT_RECORDED)
        return
    verdict = "blessed" if recorded["blessed"] else "not blessed"
    layout.field("verdict", (verdict, STATE_STYLES[verdict]), f"; {figures}{on}" if figures else "")
    for reason in recorded.get("reasons", []):
        layout.field("", one_line(reason))


def _print_baseline(layout: TextLayout, baseline: Mapping[str, Any] | None) -> None:
    if baseline is None:
        layout.field("baseline", _NOT_RECORDED)
    elif not baseline.get("version"):
        layout.field("baseline", "none: nothing was served yet")
    else:
        of = f" of run {address_shown(baseline['pipeline_run'])}" if baseline.get("pipeline_run") else ""
        damage = f"; damaged: {one_line(baseline['damage'])}" if baseline.get("damage") else ""
        layout.field("baseline", address_shown(str(baseline["version"])), of, damage)


def _print_data(layout: TextLayout, why: Mapping[str, Any]) -> None:
    data = why["data_set"]
    if data is None:
        layout.field("data", _NOT_RECORDED)
        return
    layout.field("data", address_shown(data["path"] or "its place is not recorded"), *_fingerprint(data["fingerprint"]))
    counts = [
        counted(data[name], noun) for name, noun in (("images", "image"), ("boxes", "box")) if data[name] is not None
    ]
    splits = ", ".join(f"{count} {one_line(split)}" for split, count in data["splits"].items())
    if counts or splits:
        layout.field("", ", ".join(counts), f" ({splits})" if counts and splits else splits)
    if data["classes"]:
        layout.field("", "boxes by class: ", classes_shown(data["classes"]))
    elif data["why_not"] and counts:
        layout.field("", (f"classes: {data['why_not']}", "dim"))
    for words, since in (("the run before", why["since_run_before"]), ("the baseline's run", why["since_baseline"])):
        if since is not None and not (words != "the run before" and since == why["since_run_before"]):
            layout.field("", f"since {words} ({address_shown(since['run'])}): ", _changes(since))


def _fingerprint(fingerprint: str | None) -> tuple[tuple[str, str], ...]:
    return ((f"  {one_line(fingerprint[:12])}", "dim"),) if fingerprint else ()


def classes_shown(classes: Mapping[str, int]) -> str:
    """`cat 120, dog 230`; of many, the most frequent ones."""
    ordered = sorted(classes.items(), key=lambda pair: -pair[1]) if len(classes) > _CLASSES_SHOWN else classes.items()
    named = [f"{one_line(name)} {count}" for name, count in ordered]
    more = len(named) - _CLASSES_SHOWN
    return ", ".join(named[:_CLASSES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _changes(since: Mapping[str, Any]) -> str:
    if since["data_changed"] is False:
        return "the same data"
    if since["data"]:
        return "; ".join(one_line(sentence) for sentence in since["data"])
    return "changed" if since["data_changed"] else "what changed is not recorded"


def _print_settings(layout: TextLayout, why: Mapping[str, Any]) -> None:
    changed, chosen = why["changed_settings"], why["chosen_settings"]
    before = why["since_run_before"]
    was = {entry["name"]: entry["one"] for entry in before["settings"]} if before else {}
    label = "settings"
    if not changed and not chosen:
        layout.field(label, "all at their defaults" if why["settings"] else _NOT_RECORDED)
        label = ""
    sections = any("." in entry["name"] for entry in changed)
    shown = [_setting(entry, was) for entry in changed]
    preset = (why["made_by"] or {}).get("preset")
    if preset and not any(entry["name"] == "model.preset" for entry in changed):
        shown.insert(0, f"model.preset {one_line(preset)} (the default)")
    for line in _packed(shown, layout.width):
        layout.field(label, line)
        label = ""
    if changed and sections and chosen:
        layout.field("", ("left open, and chosen for this run:", "dim"))
    elif chosen:
        layout.field(label, ("left open, and chosen for this run:", "dim"))
    for line in _packed([f"{one_line(e['name'])} {setting_shown(e['used'])}" for e in chosen], layout.width):
        layout.field("", line)


def _setting(entry: Mapping[str, Any], was: Mapping[str, Any]) -> str:
    name, used = entry["name"], entry["used"]
    before = was.get(name)
    return f"{one_line(name)} {setting_shown(used)}" + (
        f" (run before: {setting_shown(before)})" if before is not None and before != used else ""
    )


def _packed(items: Sequence[str], width: int) -> Iterator[str]:
    """Several to a line, none broken over two if it can be helped."""
    room, line = min(width, 120) - 13, ""
    for item in items:
        if line and len(line) + len(item) + 2 > room:
            yield line
            line = ""
        line = f"{line}, {item}" if line else item
    if line:
        yield line


def _print_warm_start(layout: TextLayout, begun: Mapping[str, Any] | None) -> None:
    if begun is None:
        layout.field("warm start", "none, or not recorded")
        return
    source, path = str(begun.get("source", "")), str(begun.get("path", ""))
    if not path:
        layout.field("warm start", f"{one_line(source)}: none yet")
        return
    of = f", of run {address_shown(str(begun['pipeline_run']))}" if begun.get("pipeline_run") else ""
    named = "" if source == path else f"{one_line(source)}: "
    layout.field("warm start", named, address_shown(path), of)


def _print_code(layout: TextLayout, why: Mapping[str, Any]) -> None:
    code, before = why["code"], why["since_run_before"]
    layout.field("code", *(code_shown(code) if code else [_NOT_RECORDED]))
    if before is not None and code:
        layout.field("", "since the run before: ", code_changes_shown(before["code"]))


def code_shown(code: Mapping[str, Any]) -> list[str]:
    """`Coralline 0.1.0, git fac59501+changes, lock 8a6cfaf8`."""
    known = {
        "Coralline": str(code.get("coralline_version", "")),
        "git": commit_shown(str(code.get("git_commit", ""))),
        "lock": str(code.get("lock_sha256", ""))[:8],
    }
    return [", ".join(f"{name} {one_line(value)}" for name, value in known.items() if value)]


def code_changes_shown(differences: Sequence[Mapping[str, Any]]) -> str:
    """What differs, in words; `the same code` if nothing does."""
    pairs = code_pairs(differences)
    return ", ".join(f"{name} {one} -> {other}" for name, one, other in pairs) or "the same code"


def code_pairs(differences: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """[what, one, other] of what differs, short enough to read."""
    return [
        [_CODE_WORDS[entry["name"]], _short(entry["name"], entry["one"]), _short(entry["name"], entry["other"])]
        for entry in differences
        if entry["name"] in _CODE_WORDS
    ]


def _short(name: str, value: str | None) -> str:
    if value is None:
        return "not recorded"
    if name == "git_commit":
        return commit_shown(value)
    return one_line(value if name == "coralline_version" else value[:8])
