"""Running a detector file with the standard contract, exactly as a device's program would see it."""

from __future__ import annotations

from os import PathLike

import numpy as np
from PIL import Image

from components.errors import UserError
from components.tflite import contract, metadata, model_file
from components.tflite.detections import Detections
from components.tflite.interpreter import make_interpreter
from components.tflite.letterbox import letterbox, to_original


class TFLiteDetector:
    """A .tflite detector: uint8 RGB in, boxes, classes, scores and count out (in that order of outputs).

    Args:
      model: path of the file, or its content.
      num_threads: None for all cores; capped to the cores.
      delegate: a delegate's shared library (`libedgetpu.so.1` for a compiled file).

    Attributes:
      input_size: (height, width).
      labels: the labels in the file, first real class first; None where it has none.

    Raises:
      UserError: the file can't be read or run, it lacks the contract, or it is compiled and there is no delegate.
    """

    def __init__(self, model: str | PathLike[str] | bytes, num_threads: int | None = None, delegate: str | None = None):
        file = None if isinstance(model, bytes) else model
        read = model_file.read(model) if isinstance(model, bytes) else model_file.read_file(model)
        _require_runnable(read, file, delegate)
        self.labels = metadata.read_labels(read.content)
        self._interpreter = make_interpreter(read.content, num_threads, delegate)
        details = self._interpreter.get_input_details()[0]
        self._input = details["index"]
        self._outputs = [detail["index"] for detail in self._interpreter.get_output_details()]
        self.input_size: tuple[int, int] = (int(details["shape"][1]), int(details["shape"][2]))

    def detect(self, image: np.ndarray) -> Detections:
        """Detections in a letterboxed image (uint8 [H, W, 3] RGB), boxes normalized to that input.

        Raises:
          UserError: the runtime fails on it.
        """
        self._interpreter.set_tensor(self._input, np.ascontiguousarray(image)[None])
        try:
            self._interpreter.invoke()
        except RuntimeError as e:
            raise UserError("the model fails while it runs", found=str(e).strip(), mend="export the model again") from e
        return Detections.from_outputs(*(self._interpreter.get_tensor(index) for index in self._outputs))

    def predict(self, image: Image.Image | str | PathLike[str]) -> Detections:
        """Detections in any image, boxes normalized to the image turned upright, clipped to [0, 1].

        Raises:
          UserError: the image can't be read.
        """
        if not isinstance(image, Image.Image):
            image = read_image(image)
        pixels, scale_y, scale_x = letterbox(image, *self.input_size)
        found = self.detect(pixels)
        boxes = to_original(found.boxes_ymin_xmin_ymax_xmax, scale_y, scale_x)
        return Detections(boxes, found.class_ids, found.scores)


def class_name(class_id: int, labels: list[str] | None) -> str:
    """The label of a class id from 0, or the id itself where there is no label for it."""
    return labels[class_id] if labels is not None and 0 <= class_id < len(labels) else str(class_id)


def read_image(path: str | PathLike[str]) -> Image.Image:
    """The image, decoded.

    Raises:
      UserError: the file isn't there, or isn't a whole image.
    """
    try:
        with Image.open(path) as image:
            image.load()
            return image
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as e:
        mend = "give the path of a whole JPEG or PNG file"
        raise UserError("the image can't be read", file=path, found=str(e), mend=mend) from e


def _require_runnable(model: model_file.Model, file: str | PathLike[str] | None, delegate: str | None) -> None:
    problems = contract.problems(model)
    if problems:
        raise UserError(
            "this model is not a standard detector",
            file=file,
            expected="a uint8 image in; boxes, classes, scores and count out",
            found="; ".join(problems),
            mend="see all of it with `coralline inspect`",
        )
    if delegate is None and any(op.name == model_file.EDGE_TPU_OP for op in model.main.ops):
        raise UserError(
            "this model is compiled for the Edge TPU",
            file=file,
            expected="the model that it was compiled from, or a device with its delegate (libedgetpu.so.1)",
            mend="give the .tflite without `_edgetpu` in its name, or `--delegate libedgetpu.so.1`",
        )
