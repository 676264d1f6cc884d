"""What a detector says about one image."""

from __future__ import annotations

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Detections:
    """Detections of one image, strongest first.

    Attributes:
      boxes_ymin_xmin_ymax_xmax: float32 [n, 4], normalized.
      class_ids: int64 [n], 0 = first real class = first line of labels.txt.
      scores: float32 [n], 0 to 1.
    """

    boxes_ymin_xmin_ymax_xmax: np.ndarray
    class_ids: np.ndarray
    scores: np.ndarray

    def __len__(self) -> int:
        return len(self.scores)

    def at_least(self, score: float) -> Detections:
        """Those with at least this score."""
        kept = self.scores >= score
        return Detections(self.boxes_ymin_xmin_ymax_xmax[kept], self.class_ids[kept], self.scores[kept])

    @classmethod
    def from_outputs(cls, boxes: np.ndarray, classes: np.ndarray, scores: np.ndarray, count: np.ndarray) -> Detections:
        """From the four outputs of `TFLite_Detection_PostProcess` ([1,N,4], [1,N], [1,N], [1]).

        Rows from `count` on are cut off: the kernel leaves them as they were after the previous image.
        """
        n = int(np.ravel(count)[0])
        return cls(
            np.array(boxes[0, :n], np.float32).reshape(-1, 4),
            np.array(classes[0, :n], np.int64),
            np.array(scores[0, :n], np.float32),
        )
