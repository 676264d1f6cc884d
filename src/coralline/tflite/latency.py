"""How long a detector takes for one image: the runtime alone, without reading, fitting and drawing pictures."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from coralline.foundation.progress import counted
from coralline.tflite.detector import BaseDetector

_WARM_UP_RUNS = 3
_ENOUGH_RUNS = 20 + _WARM_UP_RUNS
_ENOUGH_SECONDS = 1.0


@dataclasses.dataclass(frozen=True)
class Latency:
    """Of one run of the model.

    Attributes:
      median_ms, p90_ms: milliseconds.
      runs: how many were timed; the first ones, which warm up, are left out if there are enough.
      threads: of the runtime, on the CPU.
      delegate: its library, or None.
    """

    median_ms: float
    p90_ms: float
    runs: int
    threads: int
    delegate: str | None

    @classmethod
    def of(cls, detector: BaseDetector, since: int = 0) -> Latency:
        """Of all that a detector, which has run, has done so far; the first `since` runs aside."""
        seconds = np.asarray(detector.run_seconds[since:])
        timed = 1000 * seconds[min(_WARM_UP_RUNS, len(seconds) // 4) :]
        median, p90 = (round(float(value), 4) for value in np.percentile(timed, [50, 90]))
        return cls(median, p90, len(timed), detector.threads, detector.delegate)

    def as_json(self) -> dict[str, Any]:
        """median_ms, p90_ms, runs, threads, delegate."""
        return dataclasses.asdict(self)

    def __str__(self) -> str:
        how = f"{counted(self.runs, 'run')}, " + counted(self.threads, "thread")
        delegate = "" if self.delegate is None else f", delegate {self.delegate}"
        return f"median {self.median_ms:.2f} ms, p90 {self.p90_ms:.2f} ms ({how}{delegate})"


def run_enough(detector: BaseDetector) -> None:
    """Runs a detector on its last image again, until its latency means something or a second is spent."""
    while len(detector.run_seconds) < _ENOUGH_RUNS and sum(detector.run_seconds) < _ENOUGH_SECONDS:
        detector.again()


def measure_alone(detector: BaseDetector) -> Latency:
    """Of a few runs on its last image, or a second of them, while nothing else that this process does takes time."""
    before = len(detector.run_seconds)
    while len(detector.run_seconds) - before < _ENOUGH_RUNS and sum(detector.run_seconds[before:]) < _ENOUGH_SECONDS:
        detector.again()
    return Latency.of(detector, before)
