"""Running a detector file with the standard contract, exactly as a device's program would see it."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

import numpy as np
from PIL import Image

from components.errors import UserError
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

    Raises:
      UserError: the file can't be read or run, or it doesn't have the contract.
    """

    def __init__(self, model: str | PathLike[str] | bytes, num_threads: int | None = None, delegate: str | None = None):
        content = model if isinstance(model, bytes) else Path(model).read_bytes()
        self._interpreter = make_interpreter(content, num_threads, delegate)
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._outputs = [detail["index"] for detail in self._interpreter.get_output_details()]
        _, height, width, _ = self._interpreter.get_input_details()[0]["shape"]
        self.input_size: tuple[int, int] = (int(height), int(width))

    def detect(self, image: np.ndarray) -> Detections:
        """Detections in a letterboxed image (uint8 [H, W, 3] RGB), boxes normalized to that input."""
        self._interpreter.set_tensor(self._input, image[None])
        self._interpreter.invoke()
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
        raise UserError(
            "the image can't be read", file=path, found=str(e), mend="give the path of a whole JPEG or PNG file"
        ) from e
