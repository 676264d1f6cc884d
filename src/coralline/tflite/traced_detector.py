"""A detector file that shows the post-processing's inputs and every 8-bit activation."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from coralline.tflite import model_file
from coralline.tflite.interpreter import make_interpreter
from coralline.tflite.model_file import Op, Tensor
from coralline.tflite.post_process_op import CUSTOM_CODE


class TracedDetector:
    """A .tflite file with the standard contract and the post-processing op, every tensor of which is kept.

    Args:
      content: the file.

    Attributes:
      model: the file, read.
    """

    def __init__(self, content: bytes):
        self.model = model_file.read_model(content)
        self._interpreter = make_interpreter(content, keep_tensors=True)
        self._post_process = next(op for op in self.model.main.ops if op.name == CUSTOM_CODE)

    def run(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Runs it on a letterboxed image (uint8 [H, W, 3] RGB).

        Returns:
          What the post-processing op is given: box encodings [anchors, 4] and class scores [anchors, classes + 1],
          float32.
        """
        self._interpreter.set_tensor(self.model.main.inputs[0], np.ascontiguousarray(image)[None])
        self._interpreter.invoke()
        boxes, scores = (self._interpreter.get_tensor(index)[0] for index in self._post_process.inputs[:2])
        return boxes, scores

    def activations(self) -> Iterator[tuple[Op, Tensor]]:
        """The 8-bit tensors that ops make, in the order of the file."""
        for op in self.model.main.ops:
            for tensor in (self.model.main.tensors[index] for index in op.outputs):
                if tensor.type in ("INT8", "UINT8") and tensor.scales:
                    yield op, tensor

    def value(self, tensor: Tensor) -> np.ndarray:
        """What an activation stood for in the last run, float32 in its shape."""
        integers = self._interpreter.get_tensor(tensor.index).astype(np.float32)
        return (integers - tensor.zero_points[0]) * np.float32(tensor.scales[0])
