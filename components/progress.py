"""How long work tells what it does: components report here, whoever runs them decides where it is shown."""

from __future__ import annotations

import dataclasses
from typing import Protocol

from absl import logging


@dataclasses.dataclass(frozen=True)
class TrainingStep:
    """Where training stands after a step.

    `losses` maps a loss's name to its mean since the last report; `images_per_s` is measured over the same span;
    `seconds_left` is an estimate for the phase.
    """

    phase: str
    step: int
    total: int
    losses: dict[str, float]
    images_per_s: float
    seconds_left: float


class Sink(Protocol):
    """What shows progress: the console of a local run, or the log of a container."""

    def training(self, step: TrainingStep) -> None:
        """Training has come this far."""

    def note(self, text: str) -> None:
        """One sentence that the user should see."""


class LogSink:
    """The default: one log line a report, as a cluster's log viewer wants it."""

    def training(self, step: TrainingStep) -> None:
        losses = "  ".join(f"{name} {value:.4f}" for name, value in step.losses.items())
        logging.info(
            "%s %d/%d  %s  %.1f images/s  %.0f s left",
            step.phase, step.step, step.total, losses, step.images_per_s, step.seconds_left,
        )  # fmt: skip

    def note(self, text: str) -> None:
        logging.info("%s", text)


_sink: Sink = LogSink()


def set_sink(sink: Sink) -> None:
    """From now on, progress goes there."""
    global _sink
    _sink = sink


def training(step: TrainingStep) -> None:
    """Reports that training has come this far."""
    _sink.training(step)


def note(text: str) -> None:
    """Reports one sentence that the user should see."""
    _sink.note(text)
