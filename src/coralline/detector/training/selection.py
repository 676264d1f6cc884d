"""Which of a phase's checkpoints is kept: the best by its score, not just the last."""

from __future__ import annotations

import json
from typing import Any

import tensorflow as tf

from coralline.detector.training.distribution import Placement
from coralline.foundation import storage

_RECORD = "scores.json"


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
    """

    def __init__(self, folder: str, checkpoint: tf.train.Checkpoint, placement: Placement, margin: float):
        self._folder, self._checkpoint, self._placement, self._margin = folder, checkpoint, placement, margin
        self.scores: dict[int, float] = {}
        if storage.exists(f"{folder}/{_RECORD}"):
            scores = json.loads(storage.read_bytes(f"{folder}/{_RECORD}"))
            self.scores = {int(step): score for step, score in scores.items()}

    @property
    def best(self) -> int | None:
        """The last step whose score is no further than the margin from the highest."""
        if not self.scores:
            return None
        least = max(self.scores.values()) - self._margin
        return max(step for step, score in self.scores.items() if score >= least)

    def take(self, step: int, score: float) -> None:
        """Notes the score that the model has now, and keeps the model if it's the best."""
        previous = self.best
        self.scores[step] = score
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
        """`{"step", "AP"}` of the best."""
        if self.best is None:
            raise ValueError("nothing has been scored")
        return {"step": self.best, "AP": self.scores[self.best]}

    def _drop(self, prefix: str) -> None:
        folder = self._placement.own(self._folder)
        for name in storage.list_folder(folder):
            if name.startswith(prefix):
                storage.remove(f"{folder}/{name}")

    def _write_record(self) -> None:
        """In one step: a truncated record would lose the phase."""
        storage.replace_bytes(f"{self._folder}/{_RECORD}", json.dumps(self.scores).encode())
