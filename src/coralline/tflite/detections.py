"""What a detector finds in one image."""

from __future__ import annotations

import dataclasses

import numpy as np

_MOST_CLASSES = 2**31


@dataclasses.dataclass(frozen=True)
class Detection:
    """One object in an image.

    Attributes:
      label: the class's name; its id as text if there are no labels.
      class_id: 0 = first real class = first line of labels.txt.
      score: 0 to 1.
      xmin_ymin_xmax_ymax: corners in pixels of the upright image.
      ymin_xmin_ymax_xmax: corners normalized to the upright image, 0 to 1.
    """

    label: str
    class_id: int
    score: float
    xmin_ymin_xmax_ymax: tuple[float, float, float, float]
    ymin_xmin_ymax_xmax: tuple[float, float, float, float]


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

    def at_least(self, score: float | np.ndarray) -> Detections:
        """Those with at least this score: one for all, or [n], one for each."""
        kept = self.scores >= score
        return Detections(self.boxes_ymin_xmin_ymax_xmax[kept], self.class_ids[kept], self.scores[kept])

    @classmethod
    def from_outputs(cls, boxes: np.ndarray, classes: np.ndarray, scores: np.ndarray, count: np.ndarray) -> Detections:
        """From the four outputs of `TFLite_Detection_PostProcess` ([1,N,4], [1,N], [1,N], [1]).

        Rows from `count` on are cut off: the kernel leaves them as they were after the previous image.

        Raises:
          ValueError: they don't fit together, or hold what is no number.
        """
        rows = boxes.shape[1:2]
        if (boxes.shape, classes.shape, scores.shape, count.size) != ((1, *rows, 4), (1, *rows), (1, *rows), 1):
            shapes = ", ".join(str(list(output.shape)) for output in (boxes, classes, scores, count))
            raise ValueError(f"outputs of shapes {shapes}")
        n = float(count.item())
        if not (0 <= n <= rows[0] and n.is_integer()):
            raise ValueError(f"a count of {n:g} in {rows[0]} rows")
        told = boxes[0, : int(n)], classes[0, : int(n)], scores[0, : int(n)]
        if not _are_numbers(*told):
            raise ValueError("a box, class or score that is no number")
        return cls(np.array(told[0], np.float32), np.array(told[1], np.int64), np.array(told[2], np.float32))


def _are_numbers(boxes: np.ndarray, classes: np.ndarray, scores: np.ndarray) -> bool:
    """Infinite corners are allowed: a weak box may be that large, and is clipped to the image."""
    return not np.isnan(boxes).any() and bool((np.abs(classes) < _MOST_CLASSES).all() and np.isfinite(scores).all())
