"""Which of a phase's checkpoints is kept: the best by its score, not just the last."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from coralline.detector.training.distribution import Placement
from coralline.foundation import storage

_RECORD = "scores.json"
_MARGIN_OF_HALF = 2**0.5
"""Half as many boxes: chance differs by so much more (`Evaluation.noise`)."""


class Selection:
    """The best of what a phase has come by, on disk, so that a resumed run knows of it.

    Args:
      folder: of its files.
      checkpoint: of everything that is part of the best; written and read whole.
      placement: who writes.
      margin: scores closer than this differ by chance. Of those so close to the highest, the last counts as the best:
        it has trained longest, and the highest of many that differ by chance alone isn't better.

    Attributes:
      scores: {step: score}, of the runs before this one too.
      of_halves: {step: the scores on each half of the images}, where these are cross-checked.
    """

    def __init__(self, folder: str, checkpoint: tf.train.Checkpoint, placement: Placement, margin: float):
        self._folder, self._checkpoint, self._placement, self._margin = folder, checkpoint, placement, margin
        self.scores: dict[int, float] = {}
        self.of_halves: dict[int, tuple[float, ...]] = {}
        if storage.exists(f"{folder}/{_RECORD}"):
            for step, score, *of_halves in json.loads(storage.read_bytes(f"{folder}/{_RECORD}")):
                self.scores[step], self.of_halves[step] = score, tuple(of_halves)

    @property
    def best(self) -> int | None:
        """The last step whose score is no further than the margin from the highest."""
        return _best(self.scores, self._margin) if self.scores else None

    @property
    def optimism(self) -> float | None:
        """By how much too good the choice makes a half of the images look that chooses and is scored itself.

        The mean, over the two halves, of the score of its own choice less that of the other half's choice: a two-fold
        cross-check. Of all images it is less: the more choose, the less does chance. None if they aren't cross-checked.
        """
        halves = list(zip(*self.of_halves.values(), strict=True))
        if len(halves) != 2:
            return None
        scores = [dict(zip(self.of_halves, half, strict=True)) for half in halves]
        first, second = (_best(of_half, self._margin * _MARGIN_OF_HALF) for of_half in scores)
        return ((scores[0][first] - scores[0][second]) + (scores[1][second] - scores[1][first])) / 2

    def take(self, step: int, score: float, of_halves: tuple[float, ...] = ()) -> None:
        """Notes the score that the model has now, and keeps the model if it's the best.

        Args:
          step: of the phase.
          score: on all images.
          of_halves: on each half of them, if they are cross-checked.
        """
        previous = self.best
        self.scores[step], self.of_halves[step] = score, of_halves
        if self.best == step:
            self._checkpoint.write(f"{self._placement.own(self._folder)}/step-{step}")
        if self._placement.chief:
            self._write_record()
        if self.best == step and previous not in (None, step):
            self._drop(f"step-{previous}.")
        self._placement.barrier()  # Nobody reads what isn't written yet.

    def stalled(self, evaluations: int | None) -> bool:
        """Whether the last `evaluations` scores brought no improvement; never if that is None."""
        if evaluations is None or not self.scores:
            return False
        highest = max(self.scores, key=lambda step: (self.scores[step], step))
        return sum(step > highest for step in self.scores) >= evaluations

    def restore(self) -> None:
        """Makes the model the best one; leaves it unchanged if there is none."""
        if self.best is not None:
            self._checkpoint.read(f"{self._folder}/step-{self.best}").assert_existing_objects_matched()

    def as_json(self) -> dict[str, Any]:
        """`{"step", "AP"}` of the best, and `optimism` if the images were cross-checked."""
        if self.best is None:
            raise ValueError("nothing has been scored")
        optimism = {} if self.optimism is None else {"optimism": self.optimism}
        return {"step": self.best, "AP": self.scores[self.best], **optimism}

    def _drop(self, prefix: str) -> None:
        folder = self._placement.own(self._folder)
        for name in storage.list_folder(folder):
            if name.startswith(prefix):
                storage.remove(f"{folder}/{name}")

    def _write_record(self) -> None:
        """In one step: a truncated record would lose the phase."""
        scored = [(step, score, *self.of_halves[step]) for step, score in self.scores.items()]
        storage.replace_bytes(f"{self._folder}/{_RECORD}", json.dumps(scored).encode())


def _best(scores: Mapping[int, float], margin: float) -> int:
    least = max(scores.values()) - margin
    return max(step for step, score in scores.items() if score >= least)
