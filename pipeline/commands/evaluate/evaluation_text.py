"""What `coralline evaluate` prints for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from coralline.foundation.printable import printable, shortened
from coralline.foundation.progress import counted

if TYPE_CHECKING:
    from coralline.scoring.evaluate_file import EvaluationResult
    from coralline.scoring.intervals import Interval
    from coralline.scoring.model_comparison import FigureDifference, ModelComparison
    from coralline.scoring.score_threshold import ScoreThresholds

_FIGURES = {
    "ap": ("AP", "IoU .50:.95"),
    "ap50": ("AP50", ""),
    "ap75": ("AP75", ""),
    "ap_small": ("AP small", "up to 32 x 32 pixels"),
    "ap_medium": ("AP medium", "up to 96 x 96 pixels"),
    "ap_large": ("AP large", "larger"),
    "ar100": ("AR", "up to 100 detections an image"),
}
_MOST_NAME = 40


def as_text(result: EvaluationResult) -> str:
    """Which images, the figures with their intervals, the classes, the best threshold, and what it all tells."""
    lines = [f"{counted(len(result.ground_truths), 'image')}: {printable(result.scored)}"]
    if result.left_out:
        lines.append(f"left out of the data: {result.left_out} (`coralline check` says why)")
    lines += _columns(_figures(result))
    lines += ["", *_columns([("class", "AP", "95 % interval", "AP50", "boxes", "images"), *_classes(result)])]
    lines += ["", *_threshold(result.thresholds)]
    if result.figures.ap is not None:
        lines += ["", result.reach]
    if result.against is not None:
        lines += ["", *_against(result.against)]
    return "\n".join(lines)


def _figures(result: EvaluationResult) -> list[tuple[str, ...]]:
    return [
        (title, _figure(getattr(result.figures, name)), _interval(getattr(result.intervals, name)), hint)
        for name, (title, hint) in _FIGURES.items()
    ]


def _classes(result: EvaluationResult) -> list[tuple[str, ...]]:
    figures, intervals = result.figures, result.intervals.per_class if result.intervals else {}
    return [
        (
            _name(name),
            _figure(ap),
            _interval(intervals.get(name)),
            _figure(figures.per_class_ap50[name]),
            str(figures.class_counts[name].boxes),
            str(figures.class_counts[name].images),
        )
        for name, ap in figures.per_class.items()
    ]


def _threshold(thresholds: ScoreThresholds | None) -> list[str]:
    if thresholds is None or (overall := thresholds.overall) is None:
        return ["best score threshold: none, nothing is found at any"]
    counts = overall.counts
    lines = [
        f"best score threshold: {overall.score:g} (F1 {counts.f1:.3f}): {counts.found} of "
        f"{counted(counts.boxes, 'box')} found, {counted(counts.false, 'false alarm')}"
    ]
    own = {name: of for name, of in thresholds.per_class.items() if of is not None}
    if len(thresholds.per_class) > 1:
        each = ", ".join(f"{_name(name)} {of.score:g}" for name, of in own.items())
        lines.append(f"  of each class by itself: {each}")
    return lines


def _against(against: ModelComparison) -> list[str]:
    classes = "" if against.all_classes else f", classes that both know: {', '.join(map(_name, against.class_names))}"
    rows = [
        (title, of) for name, (title, _) in _FIGURES.items() if (of := against.differences[name]).change is not None
    ]
    rows += [(_name(name), of) for name, of in against.per_class.items()]
    head = ("", "change", "95 % interval", "")
    table = [head, *((name, *_change(of)) for name, of in rows)]
    said = f"compared with {printable(against.model)}, on the same images{classes}:"
    return [said, *_columns(table), against.sentence]


def _change(of: FigureDifference) -> tuple[str, str, str]:
    change = "-" if of.change is None else f"{of.change:+.3f}"
    interval = "" if of.interval is None else f"{of.interval.low:+.3f} to {of.interval.high:+.3f}"
    return change, interval, of.verdict


def _columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Texts under each other, each column as wide as its widest text."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _interval(interval: Interval | None) -> str:
    return "" if interval is None else f"{interval.low:.3f} to {interval.high:.3f}"


def _name(name: str) -> str:
    return printable(shortened(name, _MOST_NAME))
