"""Running a detector file with the standard contract, exactly as a device's program would see it."""

from __future__ import annotations

import abc
import array
import time
import warnings
from collections.abc import Sequence
from os import PathLike

import numpy as np
from PIL import Image

from coralline.foundation.errors import UserError
from coralline.tflite import contract, metadata, model_file
from coralline.tflite.detections import Detections
from coralline.tflite.interpreter import first_line, make_interpreter, threads_used
from coralline.tflite.letterbox import letterbox, to_original

_MAX_SIDE = 4096
"""Pixels. Nothing that runs as a detector comes near; a damaged file may claim gigabytes, which images would fill."""


class Detector(abc.ABC):
    """A .tflite detector: uint8 RGB in, boxes, classes, scores and count out (in that order of outputs).

    Args:
      model: path of the file, or its content.
      num_threads: None for all cores; capped to the cores.
      delegate: a delegate's shared library (`libedgetpu.so.1` for a compiled file).

    Attributes:
      input_size: (height, width).
      labels: the labels in the file, first real class first; None where it has none.
      threads: how many the runtime uses.
      delegate: see above.
      run_seconds: what the runtime took for each image so far, nothing else counted.

    Raises:
      UserError: the file can't be read or run, it lacks the contract, or it is compiled and there is no delegate.
    """

    def __init__(self, model: str | PathLike[str] | bytes, num_threads: int | None = None, delegate: str | None = None):
        self._file = None if isinstance(model, bytes) else model
        read = model_file.read_model(model) if isinstance(model, bytes) else model_file.read_model_file(model)
        _require_runnable(read, self._file, delegate)
        _, height, width, _ = read.main.tensors[read.main.inputs[0]].shape
        self._content = read.content
        self.input_size: tuple[int, int] = (height, width)
        self.labels = metadata.read_labels(read.content)
        self.threads = threads_used(num_threads)
        self.delegate = delegate
        self.run_seconds = array.array("d")
        self._last = np.zeros((height, width, 3), np.uint8)

    def detect(self, image: np.ndarray) -> Detections:
        """Detections in a letterboxed image (uint8 [H, W, 3] RGB), boxes normalized to that input.

        Raises:
          UserError: the runtime fails on it.
        """
        found, seconds = self._run(image)
        self.run_seconds.append(seconds)
        self._last = image
        return found

    def again(self) -> None:
        """Runs it on the last image once more, for the time it takes.

        Raises:
          UserError: as for `detect`.
        """
        self.detect(self._last)

    def predict(self, image: Image.Image | str | PathLike[str]) -> Detections:
        """Detections in any image, boxes normalized to the image turned upright, clipped to [0, 1].

        Raises:
          UserError: the image can't be read, or the runtime fails on it.
        """
        if not isinstance(image, Image.Image):
            image = read_image(image)
        pixels, scale_y, scale_x = letterbox(image, *self.input_size)
        found = self.detect(pixels)
        boxes = to_original(found.boxes_ymin_xmin_ymax_xmax, scale_y, scale_x)
        return Detections(boxes, found.class_ids, found.scores)

    @abc.abstractmethod
    def _run(self, image: np.ndarray) -> tuple[Detections, float]:
        """Detections in a letterboxed image, and the seconds that the runtime took."""


class TFLiteDetector(Detector):
    """A detector in this process: for files that were just made here. A damaged file can crash whoever runs it."""

    def __init__(self, model: str | PathLike[str] | bytes, num_threads: int | None = None, delegate: str | None = None):
        super().__init__(model, num_threads, delegate)
        self._loaded = LoadedModel(self._content, self._file, self.threads, delegate)

    def _run(self, image: np.ndarray) -> tuple[Detections, float]:
        return self._loaded.run(image)


class LoadedModel:
    """A detector's interpreter, ready for its first image. Arguments as for `make_interpreter`.

    Raises:
      UserError: as `make_interpreter`.
    """

    def __init__(self, content: bytes, file: str | PathLike[str] | None, num_threads: int, delegate: str | None):
        self._file = file
        self._interpreter = make_interpreter(content, num_threads, delegate, file)
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._outputs = [detail["index"] for detail in self._interpreter.get_output_details()]

    def run(self, image: np.ndarray) -> tuple[Detections, float]:
        """Detections in a letterboxed image, and the seconds of the run.

        Raises:
          UserError: the runtime fails on it, or gives what are no detections.
        """
        self._interpreter.set_tensor(self._input, np.ascontiguousarray(image)[None])
        try:
            started = time.perf_counter()
            self._interpreter.invoke()
            seconds = time.perf_counter() - started
            outputs = [self._interpreter.get_tensor(index) for index in self._outputs]
        except (RuntimeError, ValueError) as e:
            fix = "export the model again"
            raise UserError("the model fails while it runs", file=self._file, found=first_line(e), fix=fix) from e
        try:
            return Detections.from_outputs(*outputs), seconds
        except ValueError as e:
            raise UserError(
                "what the model gives are no detections",
                file=self._file,
                expected="boxes [1, N, 4], classes [1, N], scores [1, N] and their count, all of them numbers",
                found=str(e),
                fix="the file is damaged or was trained badly: copy or export it again",
            ) from e


def class_name(class_id: int, labels: Sequence[str] | None) -> str:
    """The label of a class id from 0, or the id itself where there is no label for it."""
    return labels[class_id] if labels is not None and 0 <= class_id < len(labels) else str(class_id)


def read_image(path: str | PathLike[str]) -> Image.Image:
    """The image, decoded.

    Raises:
      UserError: the file isn't there, or isn't a whole image.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of odd metadata and large pictures, which users can't act on
            with Image.open(path) as image:
                image.load()
                return image
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as e:
        fix = "give the path of a whole JPEG or PNG file"
        raise UserError("the image can't be read", file=path, found=str(e), fix=fix) from e


def _require_runnable(model: model_file.Model, file: str | PathLike[str] | None, delegate: str | None) -> None:
    problems = contract.problems(model)
    if problems:
        raise UserError(
            "this model is not a standard detector",
            file=file,
            expected="a uint8 image in; boxes, classes, scores and count out",
            found="; ".join(problems),
            fix="see all of it with `coralline inspect`",
        )
    _, height, width, _ = model.main.tensors[model.main.inputs[0]].shape
    if max(height, width) > _MAX_SIDE:
        raise UserError(
            "this model wants images that are too large",
            file=file,
            expected=f"an input of at most {_MAX_SIDE} x {_MAX_SIDE} pixels",
            found=f"{width} x {height}",
            fix="the file is damaged, or made for something else: copy or export it again",
        )
    if delegate is None and any(op.name == model_file.EDGE_TPU_OP for op in model.main.ops):
        raise UserError(
            "this model is compiled for the Edge TPU",
            file=file,
            expected="the model that it was compiled from, or a device with its delegate (libedgetpu.so.1)",
            fix="give the .tflite without `_edgetpu` in its name, or `--delegate libedgetpu.so.1`",
        )
