"""A .tflite file as a model to score: its classes brought to the ids of the data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from coralline.tflite.detections import Detections
from coralline.tflite.detector import BaseDetector


class FileModel:
    """A .tflite file with the standard contract, as a device runs it.

    Args:
      detector: the file, loaded.
      class_ids: for each class of the file its id in the label map, or -1; None if these are the same.
    """

    def __init__(self, detector: BaseDetector, class_ids: Sequence[int] | None = None):
        self._detector = detector
        self._class_ids = None if class_ids is None else np.array([*class_ids, -1], np.int64)
        self.input_size = detector.input_size

    def detect(self, images: np.ndarray) -> list[Detections]:
        """Detections in letterboxed images (uint8 [n, H, W, 3] RGB), boxes normalized to that input."""
        return [self._translated(self._detector.run(image)) for image in images]

    def _translated(self, found: Detections) -> Detections:
        if self._class_ids is None:
            return found
        last = len(self._class_ids) - 1  # for ids without a label in the file
        known = (found.class_ids >= 0) & (found.class_ids < last)
        ids = self._class_ids[np.where(known, found.class_ids, last)]
        kept = ids >= 0
        return Detections(found.boxes_ymin_xmin_ymax_xmax[kept], ids[kept], found.scores[kept])
