"""What differs between two runs: settings, data, code, AP by class, and the images that only one of them gets right."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from coralline.lineage.answers.data_facts import data_changes, data_facts, file_differences, same_data
from coralline.lineage.answers.model_facts import class_scores, finding_differences
from coralline.lineage.answers.run_table import run_row
from coralline.lineage.answers.setting_facts import LEFT_OPEN, resolved_settings, settings_given
from coralline.lineage.lineage_steps import LineageStep, steps_of
from coralline.lineage.recorded_names import CODE_FROM, CODE_SHA256, CODE_VERSION, GIT_COMMIT, GIT_DIRTY
from coralline.lineage.recorded_run import Run
from coralline.lineage.run_history import RunHistory

_OF_THE_FILES = (GIT_COMMIT, GIT_DIRTY, CODE_FROM)
"""What says where the code's files are from."""


def run_difference(history: RunHistory, one: Run, other: Run) -> dict[str, Any]:
    """What differs, ready for JSON; `one` is what `other` is compared with.

    Returns:
      `one`, `other`: each a `RunRow`.
      `settings`: [{"node", "name", "one", "other"}] of the settings that differ, as they were used where that is
        recorded; null: the default, or nothing.
      `data`: {"changed": None if it isn't recorded, "sentences", "classes": [{"name", "one", "other"}] boxes of each
        class, "files": {"added", "removed", "changed"} or None, "why_not", "one", "other": each a `DataFacts`}.
      `code`: [{"name", "one", "other"}] of what differs.
      `classes`: [{"name", "one", "other"}] AP of each class; `classes_why_not` says why there are none.
      `images`: {"only_one_finds", "only_other_finds"}: [{"image", "label", "box", "score"}], or None; `images_why_not`.
    """
    steps = [steps_of(history, run.executions) for run in (one, other)]
    scores = [class_scores(made) for made in steps]
    images, images_why_not = finding_differences(*steps)
    return {
        "one": dataclasses.asdict(run_row(history, one, steps[0])),
        "other": dataclasses.asdict(run_row(history, other, steps[1])),
        "settings": setting_differences(*steps),
        "data": _data(*steps),
        "code": differing_code(one.properties, other.properties),
        "classes": _by_name(scores[0].by_class, scores[1].by_class),
        "classes_why_not": _why_not([(one, scores[0].why_not), (other, scores[1].why_not)]),
        "images": images,
        "images_why_not": images_why_not,
    }


def setting_differences(one: Sequence[LineageStep], other: Sequence[LineageStep]) -> list[dict[str, Any]]:
    """The settings that differ, as used where that's recorded: [{"node", "name", "one", "other"}]."""
    used = [_used(made) for made in (one, other)]
    recorded = [resolved_settings(made) for made in (one, other)]

    def value(side: int, node: str, name: str) -> Any:
        """What was given or chosen, else the default if the run recorded it."""
        found = used[side].get((node, name))
        return recorded[side].get(node, {}).get(name) if found is None else found

    pairs = (
        (node, name, value(0, node, name), value(1, node, name)) for node, name in dict.fromkeys([*used[0], *used[1]])
    )
    return [{"node": node, "name": name, "one": a, "other": b} for node, name, a, b in pairs if a != b]


def _used(made: Sequence[LineageStep]) -> dict[tuple[str, str], Any]:
    """By node and name: what was given, and what was chosen for the settings that were left open."""
    used = {(node, name): value for node, flat in settings_given(made).items() for name, value in flat.items()}
    for node, flat in resolved_settings(made).items():
        for name, value in flat.items():
            if (node, name) in used or name in LEFT_OPEN:
                used[node, name] = value if used.get((node, name)) is None else used[node, name]
    return _once(used)


def _once(used: Mapping[tuple[str, str], Any]) -> dict[tuple[str, str], Any]:
    """A setting that several steps were given alike is one: the last step's, which is the one that it's for."""
    last = {name: node for node, name in used}
    return {
        (node, name): value
        for (node, name), value in used.items()
        if node == last[name] or value != used[last[name], name]
    }


def differing_code(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What differs of two code versions: [{"name", "one", "other"}]; None of a name that one didn't record.

    The same files are the same code, whatever the commit.
    """
    same_files = one.get(CODE_SHA256) is not None and one.get(CODE_SHA256) == other.get(CODE_SHA256)
    return [
        {"name": str(name), "one": _text(one.get(name)), "other": _text(other.get(name))}
        for name in CODE_VERSION
        if one.get(name) != other.get(name) and not (same_files and name in _OF_THE_FILES)
    ]


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _data(made: Sequence[LineageStep], by_other: Sequence[LineageStep]) -> dict[str, Any]:
    one, other = data_facts(made), data_facts(by_other)
    files, why_not = file_differences(made, by_other)
    if one is None or other is None:
        why_not = "one of the runs read no data"
    return {
        "changed": None if (same := same_data(one, other)) is None else not same,
        "sentences": data_changes(one, other),
        "classes": _by_name(one.classes if one else None, other.classes if other else None),
        "files": files,
        "why_not": why_not,
        "one": dataclasses.asdict(one) if one else None,
        "other": dataclasses.asdict(other) if other else None,
    }


def _by_name(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    names = dict.fromkeys([*(one or {}), *(other or {})])
    return [{"name": name, "one": (one or {}).get(name), "other": (other or {}).get(name)} for name in names]


def _why_not(reasons: Sequence[tuple[Run, str | None]]) -> str | None:
    told = [f"{run.run_id}: {why}" for run, why in reasons if why]
    return "; ".join(told) or None
