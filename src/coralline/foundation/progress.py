"""Progress of long work: components report here; whoever runs them decides how it is shown."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from typing import Protocol

from absl import logging

from coralline.foundation.printable import printable, without_secrets


@dataclasses.dataclass(frozen=True)
class TrainingStep:
    """The state of a training after a step.

    `losses` maps a loss's name to its mean since the last report; `images_per_s` is measured over the same span;
    `seconds_left` is an estimate for the phase. Both are None while they aren't known: the first steps include what
    TensorFlow needs to compile them. `ap` is what the last evaluation gave, and `best_ap` the best one of the phase.
    """

    phase: str
    step: int
    total: int
    losses: dict[str, float]
    images_per_s: float | None
    seconds_left: float | None
    ap: float | None = None
    best_ap: float | None = None

    def figures(self, left: Callable[[float], str]) -> str:
        """Losses and speed in one line; `left` writes a time in seconds."""
        parts = [f"{name} {value:.3f}" for name, value in self.losses.items()]
        if self.ap is not None and self.best_ap is not None:
            parts.append(f"AP {self.ap:.3f}" + f" (best {self.best_ap:.3f})" * (self.ap < self.best_ap))
        if self.images_per_s is not None:
            parts.append(f"{self.images_per_s:.0f} images/s")
        if self.seconds_left is not None:
            parts.append(f"{left(self.seconds_left)} left")
        return "  ".join(parts)


class Sink(Protocol):
    """What shows progress: the console of a local run, or the log of a container."""

    def training(self, step: TrainingStep) -> None:
        """Training has come this far."""

    def note(self, text: str) -> None:
        """One sentence that the user should see."""


class LogSink:
    """The default: one log line per report, for a cluster's log viewer."""

    def training(self, step: TrainingStep) -> None:
        logging.info("%s %d/%d  %s", step.phase, step.step, step.total, step.figures(lambda s: f"{s:.0f} s"))

    def note(self, text: str) -> None:
        logging.info("%s", text)


class LineSink(LogSink):
    """For commands that people wait for: a note is a line on standard error."""

    def note(self, text: str) -> None:
        print(printable(text), file=sys.stderr, flush=True)


def counted(number: int, noun: str) -> str:
    """ "1 image", "2 images", "3 boxes", for notes."""
    ending = "es" if noun.endswith(("s", "x")) else "s"
    return f"{number} {noun}{ending * (number != 1)}"


_sink: Sink = LogSink()


def set_sink(sink: Sink) -> None:
    """Sends progress there from now on."""
    global _sink
    _sink = sink


def training(step: TrainingStep) -> None:
    """Reports that training has come this far."""
    _sink.training(step)


def note(text: str) -> None:
    """Reports one sentence that the user should see, without the passwords of addresses in it."""
    _sink.note(without_secrets(text))
