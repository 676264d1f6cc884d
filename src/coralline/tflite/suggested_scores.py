"""From which scores on the detections of a published model are best shown: what its evaluation found.

manifest.json, which lies beside the model's file in a published version, has them: `score_thresholds`, and in older
versions `score_threshold` alone.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable
from os import PathLike, fspath
from typing import Any

from coralline.foundation import storage
from coralline.publishing import bundle


@dataclasses.dataclass(frozen=True)
class SuggestedScores:
    """What is suggested for a file.

    Attributes:
      overall: the score for a class that has none of its own; None: nothing is suggested.
      per_class: {label: its score}.
      why_none: why nothing is suggested, in words; empty if something is.
    """

    overall: float | None
    per_class: dict[str, float] = dataclasses.field(default_factory=dict)
    why_none: str = ""

    def by_label(self, labels: Iterable[str]) -> dict[str, float]:
        """The score for each of these labels; empty if nothing is suggested."""
        return {} if self.overall is None else {label: self.per_class.get(label, self.overall) for label in labels}


def suggested_beside(model: str | PathLike[str]) -> SuggestedScores:
    """What the manifest beside a file suggests, if it is the file's own (by SHA-256). Raises OSError for the file."""
    name = bundle.MANIFEST
    try:
        manifest = bundle.read_manifest(storage.read_bytes(storage.in_same_folder(fspath(model), name)))
    except OSError:
        return SuggestedScores(None, why_none=f"no {name} lies beside the model")
    except ValueError:
        return SuggestedScores(None, why_none=f"the {name} beside the model isn't one of a published version")
    if hashlib.sha256(storage.read_bytes(fspath(model))).hexdigest() not in manifest["files"].values():
        return SuggestedScores(None, why_none=f"the {name} beside the model is of another file")
    overall, per_class = _scores(manifest)
    if overall is None:
        return SuggestedScores(None, why_none=f"{name} suggests none: the evaluation found nothing")
    return SuggestedScores(overall, per_class)


def _scores(manifest: dict[str, Any]) -> tuple[float | None, dict[str, float]]:
    found = manifest.get("score_thresholds")
    if not isinstance(found, dict):
        return _score(manifest.get("score_threshold")), {}
    classes = found.get("per_class")
    each = {name: _score_of(of) for name, of in classes.items()} if isinstance(classes, dict) else {}
    return _score_of(found.get("overall")), {name: score for name, score in each.items() if score is not None}


def _score_of(entry: object) -> float | None:
    return _score(entry.get("score")) if isinstance(entry, dict) else None


def _score(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value <= 1 else None  # type: ignore[arg-type,operator]
