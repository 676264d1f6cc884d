"""Rows of the page's tables, as templates take them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from coralline.evaluation_report.detector_analysis import DetectorAnalysis
from coralline.evaluation_report.page_words import KINDS
from coralline.scoring.coco import Figures
from coralline.scoring.confusion import BACKGROUND_NAME, ConfusionMatrix
from coralline.scoring.detection_matching import Counts, total
from coralline.scoring.error_kinds import ErrorAnalysis
from coralline.scoring.intervals import FigureIntervals, Interval

MOST_IN_CONFUSION = 12


@dataclasses.dataclass(frozen=True)
class ClassLine:
    """A class, or all of them: images and boxes, figures, its best threshold, and counts at the page's first one."""

    name: str
    images: int | str
    boxes: int
    ap: float | None
    interval: Interval | None
    ap50: float | None
    best: float | None
    at: Counts
    is_sum: bool = False


def class_lines(figures: Figures, intervals: FigureIntervals | None, analysis: DetectorAnalysis) -> list[ClassLine]:
    """One for each class, then one for all if there are several."""
    at, best = analysis.counts[analysis.start], analysis.thresholds
    lines = [
        ClassLine(
            name,
            figures.class_counts[name].images if name in figures.class_counts else "",
            counts.boxes,
            figures.per_class.get(name),
            intervals.per_class.get(name) if intervals else None,
            figures.per_class_ap50.get(name),
            own.score if (own := best.per_class.get(name)) else None,
            counts,
        )
        for name, counts in at.items()
    ]
    if len(lines) > 1:
        everything, overall = total(at), best.overall
        interval = intervals.ap if intervals else None
        score = overall.score if overall else None
        lines.append(
            ClassLine("all", "", everything.boxes, figures.ap, interval, figures.ap50, score, everything, is_sum=True)
        )
    return lines


@dataclasses.dataclass(frozen=True)
class ErrorLine:
    """A kind of error: what it is, how many there are, and the AP50 that they cost."""

    kind: str
    meaning: str
    count: int
    cost: float


def error_lines(errors: ErrorAnalysis | None) -> list[ErrorLine]:
    """One for each kind; none if there is no error at all."""
    if errors is None or not any(errors.counts.values()):
        return []
    return [ErrorLine(kind, meaning, errors.counts[kind], errors.costs[kind]) for kind, meaning in KINDS.items()]


@dataclasses.dataclass(frozen=True)
class ConfusionCell:
    """How many, their share of the row from 0 to 1, and "right", "wrong" or "" for nothing."""

    count: int
    share: float
    kind: str


@dataclasses.dataclass(frozen=True)
class ConfusionLine:
    """What the objects of a class were detected as."""

    name: str
    cells: list[ConfusionCell]


@dataclasses.dataclass(frozen=True)
class ConfusionTable:
    """A confusion matrix of few enough classes to be read.

    Attributes:
      names: of the columns. rows: in the same order.
      threshold: detections of at least this score count.
      summed: how many classes are summed up in one.
    """

    names: list[str]
    rows: list[ConfusionLine]
    threshold: float
    summed: int


def confusion_table(matrix: ConfusionMatrix | None, most: int = MOST_IN_CONFUSION) -> ConfusionTable | None:
    """The classes with the most boxes, then all others together, then background; None without a matrix."""
    if matrix is None:
        return None
    classes = len(matrix.class_names)
    shown = list(range(classes))
    if classes > most:
        boxes = matrix.counts[:classes].sum(axis=1)
        shown = sorted(most_boxes_first(boxes.tolist())[: most - 1])
    groups = [[place] for place in shown] + [[place for place in range(classes) if place not in shown], [classes]]
    names = [matrix.class_names[place] for place in shown] + [f"{classes - len(shown)} others", BACKGROUND_NAME]
    if len(shown) == classes:
        del groups[-2], names[-2]
    counts = np.array([[matrix.counts[np.ix_(row, column)].sum() for column in groups] for row in groups])
    rows = []
    for place, name in enumerate(names):
        whole = max(1, int(counts[place].sum()))
        cells = [
            ConfusionCell(int(count), count / whole, "right" if place == column else "wrong" if count else "")
            for column, count in enumerate(counts[place])
        ]
        rows.append(ConfusionLine(name, cells))
    return ConfusionTable(names, rows, matrix.threshold, classes - len(shown))


def most_boxes_first(boxes: Sequence[int]) -> list[int]:
    """Places of classes, those with the most boxes first."""
    return sorted(range(len(boxes)), key=lambda place: (-boxes[place], place))
