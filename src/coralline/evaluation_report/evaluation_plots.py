"""The plots of the page: precision, recall and F1 of classes, and what a score is worth."""

from __future__ import annotations

from typing import Any

from coralline.evaluation_report.drawn_plot import LINE, SERIES, SOFT, Canvas, PlotGroup, styled
from coralline.foundation.progress import counted
from coralline.scoring.class_curves import Calibration, ClassCurve
from coralline.scoring.score_threshold import ScoreThreshold

_TICKS = {0: "0", 0.25: ".25", 0.5: ".5", 0.75: ".75", 1: "1"}
_POINTS = 120


class ClassPlots:
    """Precision over recall, and F1 over the score: one class after the other on the same axes."""

    def __init__(self) -> None:
        self._over_recall, self._over_score = Canvas("precision over recall"), Canvas("F1 over the score")
        with styled():
            for canvas in (self._over_recall, self._over_score):
                _from_0_to_1(canvas.axes)

    def plot(self, number: int, name: str, curve: ClassCurve, best: ScoreThreshold | None) -> PlotGroup:
        """The plots of a class.

        Args:
          number: no other class of the page has it.
          name: the class's.
          curve: of the class.
          best: its best threshold.
        """
        curve, by_recall, by_score = curve.thinned(_POINTS), self._over_recall, self._over_score
        with styled():
            by_recall.axes.step(curve.recall, curve.precision, color=SERIES[0], where="pre")
            by_score.axes.step(curve.scores, curve.f1, color=SERIES[1], where="pre")
            if best is not None:
                at = best.counts
                by_recall.axes.plot([at.recall or 0.0], [at.precision or 0.0], "o", color=SERIES[0], markersize=5)
                by_score.axes.plot([best.score], [at.f1], "o", color=SERIES[1], markersize=5)
                by_score.axes.axvline(best.score, color=SOFT, linewidth=1, linestyle=":")
        told = (
            f"{name}: precision over recall. {_recall_told(curve, best)}",
            f"{name}: F1 over the score. {_f1_told(curve, best)}",
        )
        drawn = by_recall.drawn(f"class{number}-recall", told[0]), by_score.drawn(f"class{number}-f1", told[1])
        for canvas in (by_recall, by_score):
            canvas.wipe()
        return PlotGroup(name, drawn)


def plot_calibration(calibration: Calibration) -> PlotGroup:
    """The share of right detections over their score, and how many there are of each."""
    from matplotlib.ticker import MaxNLocator, ScalarFormatter

    shares, counts = Canvas("share that is right, over the score"), Canvas("detections, over the score")
    filled = [of for of in calibration.bins if of.count]
    places, width = [of.low for of in filled], 0.92 * (calibration.bins[0].high - calibration.bins[0].low)
    with styled():
        shares.axes.bar(places, [of.share_right or 0.0 for of in filled], width, align="edge", color=SERIES[0])
        shares.axes.plot([0, 1], [0, 1], color=SOFT, linewidth=1, linestyle=":")
        _from_0_to_1(shares.axes)
        counts.axes.bar(places, [of.count for of in filled], width, align="edge", color=SERIES[2])
        _from_0_to_1(counts.axes)
        counts.axes.set_ylim(0, 1.05 * max(of.count for of in filled))
        counts.axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        counts.axes.yaxis.set_major_formatter(ScalarFormatter())
        counts.axes.grid(axis="x", color=LINE, alpha=0)
    told = "; ".join(
        f"from {of.low:.1f} to {of.high:.1f} {of.share_right:.0%} of {counted(of.count, 'detection')}"
        for of in filled
        if of.share_right is not None
    )
    number = "; ".join(f"from {of.low:.1f} to {of.high:.1f} {of.count}" for of in filled)
    return PlotGroup(
        "Scores and what they are worth",
        (
            shares.drawn("calibration-share", f"Share of detections that are right, by score: {told}."),
            counts.drawn("calibration-count", f"Number of detections, by score: {number}."),
        ),
    )


def _from_0_to_1(axes: Any) -> None:
    axes.set_xlim(-0.01, 1.02)
    axes.set_ylim(0, 1.03)
    axes.set_xticks(list(_TICKS), _TICKS.values())
    axes.set_yticks(list(_TICKS), _TICKS.values())


def _recall_told(curve: ClassCurve, best: ScoreThreshold | None) -> str:
    told = f"Recall reaches {float(curve.recall.max()):.2f}"
    if best is None or best.counts.precision is None or best.counts.recall is None:
        return f"{told}."
    return f"{told}; at the best threshold precision is {best.counts.precision:.2f}, recall {best.counts.recall:.2f}."


def _f1_told(curve: ClassCurve, best: ScoreThreshold | None) -> str:
    if best is None:
        return f"It is {float(curve.f1.max()):.2f} at most."
    return f"It is best, {best.counts.f1:.2f}, from score {best.score:.3f} on."
