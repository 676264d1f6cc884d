"""A .tflite file as a model to score: its classes brought to the ids of the data."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from coralline.foundation.errors import UserError
from coralline.scoring.inference import FailedImageError
from coralline.tflite.detections import Detections
from coralline.tflite.detector import BaseDetector, Detector
from coralline.tflite.interpreter import cores
from coralline.tflite.isolated_detector import IsolatedDetector


class FileModel:
    """A .tflite file with the standard contract, as a device runs it.

    Args:
      detector: the file, loaded; or several of the same file, which share the images of a batch.
      class_ids: for each class of the file its id in the label map, or -1; None if these are the same.
    """

    def __init__(self, detector: BaseDetector | Sequence[BaseDetector], class_ids: Sequence[int] | None = None):
        self._detectors = [detector] if isinstance(detector, BaseDetector) else list(detector)
        self._class_ids = None if class_ids is None else np.array([*class_ids, -1], np.int64)
        self.input_size = self._detectors[0].input_size

    def detect(self, images: np.ndarray) -> list[Detections]:
        """Detections in letterboxed images (uint8 [n, H, W, 3] RGB), boxes normalized to that input.

        Raises:
          FailedImageError: a detector fails on one of them.
        """
        waiting = iter(range(len(images)))
        found: dict[int, Detections] = {}

        def run(detector: BaseDetector) -> None:
            for index in waiting:  # each takes the next one; a range's iterator may be shared by threads (of CPython)
                try:
                    found[index] = self._translated(detector.run(images[index]))
                except UserError as e:
                    raise FailedImageError(index, f"{e.what}: {e.found}" if e.found else e.what) from e

        if len(self._detectors) == 1:
            run(self._detectors[0])
        else:
            with ThreadPoolExecutor(len(self._detectors)) as pool:
                for one in [pool.submit(run, detector) for detector in self._detectors]:
                    one.result()
        return [found[index] for index in range(len(images))]

    def _translated(self, found: Detections) -> Detections:
        if self._class_ids is None:
            return found
        last = len(self._class_ids) - 1  # for ids without a label in the file
        known = (found.class_ids >= 0) & (found.class_ids < last)
        ids = self._class_ids[np.where(known, found.class_ids, last)]
        kept = ids >= 0
        return Detections(found.boxes_ymin_xmin_ymax_xmax[kept], ids[kept], found.scores[kept])


def detectors_of(content: bytes) -> list[Detector]:
    """A file that is trusted, loaded once a core, each with one thread: faster than one of as many threads, which wait
    for each other after every op.

    Raises:
      UserError: as `Detector`.
    """
    return [Detector(content, num_threads=1) for _ in range(cores())]


@contextlib.contextmanager
def isolated_detectors(
    path: str, delegate: str | None = None, labels: Sequence[str] | None = None
) -> Iterator[list[IsolatedDetector]]:
    """As `detectors_of`, each in a process of its own; with a delegate only one, since a device serves one process.

    Raises:
      UserError: as `IsolatedDetector`.
    """
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(IsolatedDetector(path, 1 if delegate is None else None, delegate, labels))
            for _ in range(cores() if delegate is None else 1)
        ]
