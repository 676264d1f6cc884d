"""From which scores on detections are shown, and who says so."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from coralline.tflite.suggested_scores import suggested_beside

_DEFAULT = 0.3
_NAMED = 5
"""So many classes are told with their scores; of more, the range."""


@dataclasses.dataclass(frozen=True)
class ShownScores:
    """The scores, with where they are from.

    Attributes:
      score: for every class that has none of its own.
      per_class: {label: its score}.
      source: "option", "manifest" or "default".
      why: the source, in words.
    """

    score: float
    per_class: dict[str, float]
    source: str
    why: str

    @property
    def least(self) -> float | dict[str, float]:
        """The argument `min_score` of detectors."""
        return self.per_class or self.score

    @property
    def sentence(self) -> str:
        """As in `scores from 0.412 (leaf), 0.3 (sea): manifest.json`."""
        told = f"{self.score:g}"
        different = set(self.per_class.values())
        if len(different) == 1:
            told = f"{different.pop():g}"
        elif len(different) > 1 and len(self.per_class) <= _NAMED:
            told = ", ".join(f"{score:g} ({label})" for label, score in self.per_class.items())
        elif different:
            told = f"{min(different):g} to {max(different):g}, by class"
        return f"scores from {told}: {self.why}"

    def as_json(self) -> dict[str, Any]:
        """`{"source", "score", "per_class"}`."""
        return {"source": self.source, "score": self.score, "per_class": self.per_class}


def shown_scores(model: str, labels: Sequence[str] | None, threshold: float | None) -> ShownScores:
    """The given threshold, else what the evaluation of a published model suggests, else 0.3.

    Args:
      model: path of the file.
      labels: names of its classes.
      threshold: what `--threshold` says.
    """
    if threshold is not None:
        return ShownScores(threshold, {}, "option", "--threshold")
    suggested = suggested_beside(model)
    if suggested.overall is None:
        return ShownScores(_DEFAULT, {}, "default", f"the default, as {suggested.why_none}")
    why = "manifest.json beside the model, from its evaluation"
    return ShownScores(suggested.overall, suggested.by_label(labels or []), "manifest", why)
