"""What is recorded of how good a run's model is: AP by class, and what it finds and misses in each image."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

from coralline.lineage.answers.artifact_files import read_json
from coralline.lineage.answers.outcome import artifacts_made
from coralline.lineage.lineage_steps import LineageStep
from coralline.lineage.recorded_names import EVALUATION_REPORT
from coralline.lineage.run_history import Artifact

_REPORT = "report.json"
_NOT_RECORDED, _NOT_JUDGED = "not recorded by that version", "its model wasn't judged"
# The models that report.json may be about, in the order of its writer.
_JUDGED = ("int8", "judged")


@dataclasses.dataclass(frozen=True)
class ClassScores:
    """AP of each class of a model; None of a class without ground truth. `why_not` says why there are none."""

    by_class: dict[str, float | None] | None
    why_not: str | None


def class_scores(made: Sequence[LineageStep]) -> ClassScores:
    """Of the file that ships, as these steps have judged it."""
    report = next(artifacts_made(made, EVALUATION_REPORT), None)
    if report is None:
        return ClassScores(None, _NOT_JUDGED)
    recorded = recorded_object(report, "class_AP")
    if recorded is None:
        content = read_json(report, _REPORT)
        if isinstance(content, str):
            return ClassScores(None, content)
        recorded = next((of.get("per_class") for name in _JUDGED if isinstance(of := content.get(name), Mapping)), None)
    if not isinstance(recorded, Mapping):
        return ClassScores(None, _NOT_RECORDED)
    return ClassScores({str(name): _figure(value) for name, value in recorded.items()}, None)


def finding_differences(
    one: Sequence[LineageStep], other: Sequence[LineageStep]
) -> tuple[dict[str, list[dict[str, Any]]] | None, str | None]:
    """The objects that only one of two models finds: {"only_one_finds", "only_other_finds"}, or None and why."""
    reports = [next(artifacts_made(made, EVALUATION_REPORT), None) for made in (one, other)]
    if None in reports:
        return None, _NOT_JUDGED
    if reports[0] == reports[1]:
        return {"only_one_finds": [], "only_other_finds": []}, None  # one reused what the other found
    return None, _NOT_RECORDED


def recorded_object(artifact: Artifact, name: str) -> dict[str, Any] | None:
    """A property that holds a JSON object; None if it's absent or something else."""
    value = artifact.properties.get(name)
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, dict) else None


def _figure(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and value == value else None
