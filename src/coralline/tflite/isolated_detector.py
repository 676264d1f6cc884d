"""A detector file from anywhere, run in a separate process.

The TFLite runtime doesn't check all that a file claims: a damaged one can take down whoever runs it, with the first
image or with a later one. So a child process runs it, and every failure is one message.
"""

from __future__ import annotations

import contextlib
import mmap
import struct
from collections.abc import Callable, Iterator, Sequence
from os import PathLike

import ai_edge_litert.interpreter  # noqa: F401  Here, before the fork, or each child would import it again.
import numpy as np

from coralline.foundation.child_process import ChildError, ChildHangsError, ChildMemoryError, ChildProcess
from coralline.foundation.errors import UserError
from coralline.tflite.detections import Detections
from coralline.tflite.detector import BaseDetector, LoadedModel

SECONDS_PER_IMAGE = 60.0
_SECONDS_FIRST_TRY = 10.0
_TENSOR_BYTES = 2 << 30  # a float detector of 1280 x 1280 pixels takes less than half
_COPIES_OF_FILE = 4  # its content, and its weights as the runtime packs them
_ROW_BYTES = 4 * 4 + 8 + 4
_RUN = b"run"


class IsolatedDetector(BaseDetector):
    """A detector in a separate process, for the length of a `with`.

    Args:
      model, num_threads, delegate: as for `Detector`; `model` is a path.
      seconds_per_image: when to give up on an image, and on loading the model.

    Raises:
      UserError: as for `Detector`; or the runtime crashes, hangs or runs out of memory, now or with an image.
    """

    def __init__(
        self,
        model: str | PathLike[str],
        num_threads: int | None = None,
        delegate: str | None = None,
        labels: Sequence[str] | None = None,
        seconds_per_image: float = SECONDS_PER_IMAGE,
    ):
        super().__init__(model, num_threads, delegate, labels)
        self._path, self._seconds = model, seconds_per_image
        self._most_bytes = _TENSOR_BYTES + _COPIES_OF_FILE * len(self.content)
        self._pixels = _shared_pixels(*self.input_size)
        with self._explained():
            try:
                self._child = self._started(min(_SECONDS_FIRST_TRY, seconds_per_image))
            except ChildHangsError:
                # Forked while another thread held a lock, a child waits for it forever (fork(2)); a matter of chance.
                self._child = self._started(seconds_per_image)

    def __enter__(self) -> IsolatedDetector:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.close()

    def _run(self, image: np.ndarray) -> tuple[Detections, float]:
        self._pixels[:] = image
        self._child.ask(_RUN)
        return _unpacked(self._answer())

    def _started(self, seconds: float) -> ChildProcess:
        child = ChildProcess(self._serve, self._most_bytes)
        try:
            child.answer(seconds)
        except BaseException:
            child.close()
            raise
        return child

    def _answer(self) -> bytes:
        with self._explained():
            return self._child.answer(self._seconds)

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except ChildHangsError as e:
            raise UserError(
                "this model takes too long",
                file=self._path,
                expected=f"an image, or loading the model, within {self._seconds:g} s",
                found=str(e),
                fix="the file is damaged, or too large for this machine: copy or export it again",
            ) from e
        except ChildMemoryError as e:
            raise UserError(
                "this model runs out of memory",
                file=self._path,
                expected=f"at most {self._most_bytes / 2**30:.1f} GiB for the file and its tensors",
                found=str(e),
                fix="the file is damaged, or too large for this machine: copy or export it again",
            ) from e
        except ChildError as e:
            raise UserError(
                "this model crashes the TFLite runtime",
                file=self._path,
                found=str(e),
                fix="the file is damaged or of another kind of runtime: copy or export it again",
            ) from e

    def _serve(self, receive: Callable[[], bytes | None], reply: Callable[[bytes], None]) -> None:
        loaded = LoadedModel(self.content, self._path, self.threads, self.delegate)
        reply(b"")
        while receive():
            reply(_packed(*loaded.run(self._pixels)))
        del loaded  # a delegate lets go of its device


def _shared_pixels(height: int, width: int) -> np.ndarray:
    """[height, width, 3] uint8, in memory that a forked child shares."""
    return np.frombuffer(mmap.mmap(-1, height * width * 3), np.uint8).reshape(height, width, 3)


def _packed(found: Detections, seconds: float) -> bytes:
    arrays = (found.boxes_ymin_xmin_ymax_xmax, found.class_ids, found.scores)
    return struct.pack("d", seconds) + b"".join(values.tobytes() for values in arrays)


def _unpacked(content: bytes) -> tuple[Detections, float]:
    (seconds,), rows = struct.unpack_from("d", content), (len(content) - 8) // _ROW_BYTES
    boxes = np.frombuffer(content, np.float32, 4 * rows, 8).reshape(rows, 4)
    class_ids = np.frombuffer(content, np.int64, rows, 8 + 16 * rows)
    scores = np.frombuffer(content, np.float32, rows, 8 + 24 * rows)
    return Detections(boxes, class_ids, scores), seconds
