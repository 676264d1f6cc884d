"""The AP50 that kinds of errors cost: the curve with the errors of one kind put right, less the curve as it is.

As tidecv computes it (1.0.1, quantify.py `fix_errors`, ap.py `get_ap`), down to the order of equal scores: as they came
in the curve as it is; where errors are put right, first what was an error, then what was right.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

_RECALL_POINTS = np.array([point / 100 for point in range(101)])


class Outcomes:
    """Detections that are right or wrong, in the order in which they come, and boxes.

    Args:
      classes: how many there are.
    """

    def __init__(self, classes: int):
        self.classes = classes
        self.boxes = np.zeros(classes, np.int64)
        self.missed = np.zeros(classes, np.int64)
        self.fully_missed = np.zeros(classes, np.int64)
        self._rows: list[tuple[int, float, bool, str, int]] = []

    @property
    def empty(self) -> bool:
        """Nothing was there and nothing found."""
        return not self._rows and not self.boxes.any()

    def add(self, class_id: int, score: float, right: bool, kind: str, becomes: int | None) -> None:
        """A detection; `becomes` is the class for which it is right once errors of its kind are put right."""
        self._rows.append((class_id, score, right, kind, -1 if becomes is None else becomes))

    def add_boxes(self, class_ids: Sequence[int]) -> None:
        """Boxes that count."""
        self.boxes += np.bincount(np.array(class_ids, np.int64), minlength=self.classes)

    def add_missed(self, class_id: int, *, fully: bool) -> None:
        """A box without a detection; `fully`: putting no detection right would find it."""
        self.missed[class_id] += 1
        self.fully_missed[class_id] += fully

    def columns(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Class, score, right, kind and what it becomes, each [n]."""
        class_ids, scores, right, kinds, becomes = zip(*self._rows, strict=True) if self._rows else ([],) * 5
        return (
            np.array(class_ids, np.int64),
            np.array(scores, np.float64),
            np.array(right, bool),
            np.array(kinds, object),
            np.array(becomes, np.int64),
        )


def cost_of_kinds(outcomes: Outcomes, kinds: Iterable[str], missed: str) -> tuple[dict[str, float], float, float]:
    """AP50 (0 to 1) that each kind costs, that wrong detections cost, and that boxes not found cost.

    Args:
      outcomes: of all images.
      kinds: as given to `Outcomes.add`.
      missed: the kind whose boxes are taken away instead.
    """
    classes, scores, right, kind_of, becomes = outcomes.columns()
    now = _mean_ap(classes, scores, right, outcomes.boxes)
    order = np.argsort(right, kind="stable")
    classes, scores, right, kind_of, becomes = (of[order] for of in (classes, scores, right, kind_of, becomes))
    costs = {}
    for kind in kinds:
        if kind == missed:
            fixed = _mean_ap(classes, scores, right, outcomes.boxes - outcomes.fully_missed)
        else:
            chosen = kind_of == kind
            kept = ~chosen | (becomes >= 0)
            put_right = np.where(chosen & kept, becomes, classes)
            fixed = _mean_ap(put_right[kept], scores[kept], (right | chosen)[kept], outcomes.boxes)
        costs[kind] = max(fixed - now, 0.0)
    false_positive = _mean_ap(classes, right.astype(np.float64), right, outcomes.boxes) - now
    false_negative = _mean_ap(classes, scores, right, outcomes.boxes - outcomes.missed) - now
    return costs, false_positive, false_negative


def _mean_ap(classes: np.ndarray, scores: np.ndarray, right: np.ndarray, boxes: np.ndarray) -> float:
    shown = np.bincount(classes, minlength=len(boxes))
    there = np.flatnonzero((shown > 0) | (boxes > 0))
    aps = [_ap(scores[classes == of], right[classes == of], int(boxes[of])) for of in there]
    return sum(aps) / len(aps) if aps else 0.0


def _ap(scores: Sequence[float] | np.ndarray, right: np.ndarray, boxes: int) -> float:
    if not boxes or not len(right):
        return 0.0
    right = right[np.argsort(-np.asarray(scores), kind="stable")]
    found = np.cumsum(right)
    precision = np.maximum.accumulate((found / np.arange(1, len(found) + 1))[::-1])[::-1]
    places = np.searchsorted(found / boxes, _RECALL_POINTS, side="left")
    return float(precision[places[places < len(precision)]].sum() / len(_RECALL_POINTS))
