"""What changed in data, code and settings since an earlier run: the one before, or the one whose model was served."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from coralline.lineage.answers.data_facts import data_changes, data_facts, same_data
from coralline.lineage.answers.run_difference import differing_code, setting_differences
from coralline.lineage.answers.setting_facts import LEFT_OPEN, resolved_settings, settings_given, without_data_place
from coralline.lineage.lineage_steps import LineageStep, steps_of
from coralline.lineage.recorded_names import EXAMPLES
from coralline.lineage.recorded_run import Run
from coralline.lineage.run_history import RunHistory

_LOOKED_BACK = 50
"""How many runs are looked at to find one that has read data: a row of failed ones may lie between."""


@dataclasses.dataclass(frozen=True)
class ChangesSince:
    """What changed from an earlier run to a later one.

    Attributes:
      run: the earlier run.
      data_changed: None if it isn't recorded.
      data: a sentence each.
      code, settings: what differs, as `run_difference` has it: `one` is the earlier run's.
    """

    run: str
    data_changed: bool | None
    data: list[str]
    code: list[dict[str, Any]]
    settings: list[dict[str, Any]]


def changes_since(
    history: RunHistory, before: Run, line: Sequence[LineageStep], code: Mapping[str, Any]
) -> ChangesSince:
    """What changed from an earlier run to what these steps are.

    Args:
      history: the store.
      before: the earlier run.
      line: the steps that an artifact came from.
      code: the code that made it.
    """
    made = steps_of(history, before.executions)
    old, new = data_facts(made), data_facts(line)
    same = same_data(old, new)
    nodes = {step.execution.node for step in line}
    return ChangesSince(
        run=before.run_id,
        data_changed=None if same is None else not same,
        data=data_changes(old, new),
        code=differing_code(before.properties, code),
        settings=setting_differences([step for step in made if step.execution.node in nodes], line),
    )


def run_before(history: RunHistory, run: Run) -> Run | None:
    """The last run of the same pipeline before this one that has read data."""
    for earlier in itertools.islice(history.runs_before(run), _LOOKED_BACK):
        made = steps_of(history, [e for e in earlier.executions if e.state in ("COMPLETE", "CACHED")])
        if any(artifact.type == EXAMPLES for step in made for of in step.outputs.values() for artifact in of):
            return earlier
    return None


def changed_settings(line: Sequence[LineageStep]) -> list[dict[str, Any]]:
    """What was set and differs from the defaults: [{"nodes", "name", "given", "used"}].

    `used` is the value that was used, where it's recorded and was left open; else it's `given`.
    """
    resolved = {name: value for flat in resolved_settings(line).values() for name, value in flat.items()}
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for node, flat in without_data_place(settings_given(line)).items():
        for name, value in flat.items():
            used = resolved.get(name, value) if value in (None, "auto") else value
            entry = found.setdefault((name, repr(value)), {"nodes": [], "name": name, "given": value, "used": used})
            entry["nodes"].append(node)
    return list(found.values())


def chosen_settings(line: Sequence[LineageStep]) -> list[dict[str, Any]]:
    """What was left open and then chosen from the preset or the data: [{"node", "name", "used"}]."""
    given = {name for flat in settings_given(line).values() for name, value in flat.items() if value is not None}
    return [
        {"node": node, "name": name, "used": value}
        for node, flat in resolved_settings(line).items()
        for name, value in flat.items()
        if name in LEFT_OPEN and name not in given and value is not None
    ]
