"""How a data set differs from the one of an earlier run."""

from __future__ import annotations

import collections
from collections.abc import Mapping
from typing import Any

from coralline.foundation.progress import counted

Summary = Mapping[str, Any]
"""What is kept of a data set (`summary_of`)."""

FORMAT = 1
"""Of summaries; another number isn't compared with."""

_SHIFTED_SHARE = 0.05
"""Change of a class's share of all boxes, in either direction, that is worth a sentence."""
_CHANGED_SIZE = 0.2
"""Relative change of the median box that is worth one."""


def summary_of(content: Mapping[str, Any], fingerprint: str, time: str) -> dict[str, Any]:
    """What is kept of a data set, to be compared with the next one.

    Args:
      content: of its report.json.
      fingerprint: of its content.
      time: UTC, as in 2026-03-14T10:15:00Z.
    """
    kept = ("path", "images", "boxes", "classes", "splits", "box_sizes")
    problems = collections.Counter(problem["kind"] for problem in content["problems"])
    return {
        "format": FORMAT,
        "time": time,
        "fingerprint": fingerprint,
        **{key: content[key] for key in kept},
        "problems": problems,
    }


def compare_data(before: Summary, now: Summary) -> dict[str, Any]:
    """The differences, for the report.

    Returns:
      `with`: which data set it was; `images`, `boxes`, `median_box_size`: {"before", "now"}; `classes`: {name: shares
      of all boxes, or null on the side that doesn't know the class, before and now}; `new_classes`,
      `vanished_classes`, `new_problems`, `gone_problems`: names; `sentences`: notable changes, for people.
    """
    shares = [_shares(of["classes"]) for of in (before, now)]
    names = sorted({*shares[0], *shares[1]})
    compared = {
        "with": {key: before[key] for key in ("time", "path", "fingerprint")},
        "images": {"before": before["images"], "now": now["images"]},
        "boxes": {"before": before["boxes"], "now": now["boxes"]},
        "median_box_size": {"before": _median(before), "now": _median(now)},
        "classes": {name: {"before": shares[0].get(name), "now": shares[1].get(name)} for name in names},
        "new_classes": [name for name in names if name not in shares[0]],
        "vanished_classes": [name for name in names if name not in shares[1]],
        "new_problems": sorted({*now["problems"]} - {*before["problems"]}),
        "gone_problems": sorted({*before["problems"]} - {*now["problems"]}),
    }
    return {**compared, "sentences": _sentences(compared)}


def _shares(classes: Mapping[str, int]) -> dict[str, float]:
    """Of all boxes, by class; a class of the label map without a box isn't one of the data."""
    total = sum(classes.values())
    return {name: round(count / total, 4) for name, count in classes.items() if count}


def _median(of: Summary) -> float | None:
    return None if of["box_sizes"] is None else float(of["box_sizes"]["median"])


def _sentences(compared: Mapping[str, Any]) -> list[str]:
    sentences = []
    for noun, what in (("image", "images"), ("box", "boxes")):
        before, now = compared[what]["before"], compared[what]["now"]
        if before != now:
            more = "more" if now > before else "fewer"
            sentences.append(f"{counted(abs(now - before), noun)} {more} ({before} before, {now} now)")
    for key, words in _NAMES.items():
        if compared[key]:
            sentences.append(f"{words}: {', '.join(compared[key])}")
    for name, share in compared["classes"].items():
        if None not in share.values() and abs(share["now"] - share["before"]) >= _SHIFTED_SHARE:
            sentences.append(f"the share of {name} went from {share['before']:.0%} to {share['now']:.0%} of the boxes")
    before, now = compared["median_box_size"].values()
    if before and now and abs(now / before - 1) >= _CHANGED_SIZE:
        larger = "larger" if now > before else "smaller"
        sentences.append(f"boxes are {larger}: the median side went from {before:.1%} to {now:.1%} of the image's")
    return sentences


_NAMES = {
    "new_classes": "new classes",
    "vanished_classes": "removed classes",
    "new_problems": "new kinds of problems",
    "gone_problems": "problems no longer found",
}
