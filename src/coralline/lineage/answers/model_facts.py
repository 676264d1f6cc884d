"""What is recorded of how good a run's model is: AP by class, and what it finds and misses in each image."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from coralline.foundation.errors import UserError
from coralline.lineage.answers.artifact_files import ELSEWHERE, NOT_RECORDED, is_elsewhere, read_json, without_file
from coralline.lineage.answers.outcome import artifacts_made
from coralline.lineage.judged_images import found_by_one
from coralline.lineage.lineage_steps import LineageStep
from coralline.lineage.recorded_names import CLASS_AP, EVALUATION_REPORT, recorded_value

_REPORT = "report.json"
_NOT_JUDGED = "its model wasn't judged"
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
    recorded = recorded_value(report.properties, CLASS_AP)
    if not isinstance(recorded, Mapping):
        content = read_json(report, _REPORT)
        if isinstance(content, str):
            return ClassScores(None, content)
        recorded = next((of.get("per_class") for name in _JUDGED if isinstance(of := content.get(name), Mapping)), None)
    if not isinstance(recorded, Mapping):
        return ClassScores(None, NOT_RECORDED)
    return ClassScores({str(name): _figure(value) for name, value in recorded.items()}, None)


def finding_differences(
    one: Sequence[LineageStep], other: Sequence[LineageStep]
) -> tuple[dict[str, list[dict[str, Any]]] | None, str | None]:
    """The objects that only one of two models finds, each at its own score threshold, or None and why.

    Returns:
      {"only_one_finds", "only_other_finds"}, each [{"image", "label", "box": ymin, xmin, ymax, xmax as shares of the
      upright image, "score": with which it's found}], of the images that judged both.
    """
    reports = [next(artifacts_made(made, EVALUATION_REPORT), None) for made in (one, other)]
    first, second = reports
    if first is None or second is None:
        return None, _NOT_JUDGED
    found: dict[str, list[dict[str, Any]]] = {"only_one_finds": [], "only_other_finds": []}
    if first.id == second.id:
        return found, None  # one run reused what the other found
    if is_elsewhere(first) or is_elsewhere(second):
        return None, ELSEWHERE
    try:
        for of in found_by_one(first.uri, second.uri):
            entry = {"image": of.image, "label": of.label, "box": list(of.ymin_xmin_ymax_xmax), "score": of.score}
            found["only_one_finds" if of.by_first else "only_other_finds"].append(entry)
    except FileNotFoundError:
        return None, without_file(first, second)
    except UserError as error:
        return None, error.what
    return found, None


def _figure(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and value == value else None
