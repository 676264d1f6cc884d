"""How a training went, as numbers to draw, and the plot of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from coralline.evaluation_report.drawn_plot import INK, SERIES, SOFT, Canvas, PlotGroup, styled

Points = Sequence[tuple[int, float]]
"""(step, value), by step."""

_MOST_POINTS = 400


@dataclasses.dataclass(frozen=True)
class PhaseCurves:
    """One phase of a training.

    Attributes:
      name: "float" or "quantization-aware".
      loss: of training batches. ap, ap50: of the images that chose the checkpoint, 0 to 1.
      kept_step: the step whose checkpoint was kept; None if that isn't known.
    """

    name: str
    loss: Points
    ap: Points
    ap50: Points
    kept_step: int | None = None


def plot_training(phases: Sequence[PhaseCurves]) -> list[PlotGroup]:
    """Loss and AP of each phase that has a point."""
    return [_plot_phase(place, phase) for place, phase in enumerate(phases) if phase.loss or phase.ap]


def curves_as_json(phases: Sequence[PhaseCurves]) -> list[dict[str, Any]]:
    """For report.json: `[{"name", "loss", "ap", "ap50", "kept_step"}]`, curves as [step, value]."""
    return [
        {
            "name": phase.name,
            "loss": [list(point) for point in thinned(phase.loss)],
            "ap": [list(point) for point in phase.ap],
            "ap50": [list(point) for point in phase.ap50],
            "kept_step": phase.kept_step,
        }
        for phase in phases
    ]


def thinned(points: Points, most: int = _MOST_POINTS) -> Points:
    """At most so many of the points, evenly chosen, first and last among them."""
    if len(points) <= most:
        return points
    return [points[round(place * (len(points) - 1) / (most - 1))] for place in range(most)]


def _plot_phase(place: int, phase: PhaseCurves) -> PlotGroup:
    loss, ap = Canvas("loss over steps"), Canvas("AP, AP50 (dashes) over steps")
    with styled():
        if phase.loss:
            loss.axes.plot(*zip(*thinned(phase.loss), strict=True), color=SERIES[0])
            loss.axes.set_ylim(bottom=0)
        for points, colour, line in ((phase.ap50, SERIES[1], "--"), (phase.ap, SERIES[0], "-")):
            if points:
                ap.axes.plot(*zip(*points, strict=True), color=colour, linestyle=line, marker="o", markersize=2.5)
        ap.axes.set_ylim(0, 1)
        for canvas in (loss, ap):
            _mark(canvas.axes, phase)
    return PlotGroup(
        f"{phase.name} phase",
        (
            loss.drawn(f"phase{place}-loss", f"Loss of the {phase.name} phase: {_loss_told(phase)}"),
            ap.drawn(f"phase{place}-ap", f"AP while the {phase.name} phase trained: {_ap_told(phase)}"),
        ),
    )


def _mark(axes: Any, phase: PhaseCurves) -> None:
    axes.locator_params(axis="x", nbins=4, integer=True)
    if phase.kept_step is not None:
        axes.axvline(phase.kept_step, color=SOFT, linewidth=1, linestyle=":")
        axes.annotate(
            "kept", (phase.kept_step, 1), xycoords=("data", "axes fraction"), xytext=(2, -8),
            textcoords="offset points", color=INK, fontsize=7.5,
        )  # fmt: skip


def _loss_told(phase: PhaseCurves) -> str:
    if not phase.loss:
        return "not recorded."
    return f"from {phase.loss[0][1]:.3g} to {phase.loss[-1][1]:.3g} in {phase.loss[-1][0]} steps."


def _ap_told(phase: PhaseCurves) -> str:
    kept = "" if phase.kept_step is None else f"; the checkpoint of step {phase.kept_step} was kept"
    if not phase.ap:
        return f"not recorded{kept}."
    return f"at most {max(value for _, value in phase.ap):.3f}, at the end {phase.ap[-1][1]:.3f}{kept}."
