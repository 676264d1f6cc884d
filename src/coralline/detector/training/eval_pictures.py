"""Pictures with boxes, for TensorBoard."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from PIL import Image

from coralline.tflite.detections import Detections
from coralline.tflite.drawing import drawn


def write_pictures(
    name: str, pixels: Sequence[np.ndarray], boxes: Sequence[Detections], class_names: Sequence[str], with_scores: bool
) -> None:
    """Writes pictures by the default summary writer.

    Args:
      name: of the series.
      pixels: each uint8 `[H, W, 3]`, of one size.
      boxes: of each, normalized to it.
      class_names: names of class ids 0, 1, ...
      with_scores: whether boxes show their scores.
    """
    pictures = [
        np.asarray(drawn(Image.fromarray(image), of_image, class_names, with_scores))
        for image, of_image in zip(pixels, boxes, strict=True)
    ]
    if pictures:
        tf.summary.image(name, np.stack(pictures), max_outputs=len(pictures))


def certain(boxes_ymin_xmin_ymax_xmax: np.ndarray, class_ids: np.ndarray) -> Detections:
    """Annotated boxes, as detections of score 1."""
    return Detections(boxes_ymin_xmin_ymax_xmax, class_ids, np.ones(len(class_ids), np.float32))
