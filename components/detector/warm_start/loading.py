"""Puts the weights that `source` has found into a detector."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from components.detector.warm_start import checkpoint, convolutions, keras_weights, tflite_file
from components.detector.warm_start.source import Kind, Source
from components.detector.warm_start.weights import Convolution

_CONVOLUTIONS: dict[Kind, Callable[[str], list[Convolution]]] = {
    "tflite": tflite_file.read_convolutions,
    "keras_file": keras_weights.read_file,
    "saved_model": keras_weights.read_saved_model,
}


def load(source: Source, model: Any, images: Callable[[], tf.Tensor]) -> str:
    """Gives a float RetinaNet its first weights: the backbone, and the neck where there is one that fits.

    Args:
      source: see `source.obtain`.
      model: Model Garden's, with all variables.
      images: gives `[n, H, W, 3]` float32, normalized training images, for batch norms that a file doesn't have.

    Returns:
      One sentence on what was set.

    Raises:
      UserError: it can't be read, or it's another backbone's; nothing is set then.
    """
    read = _CONVOLUTIONS.get(source.kind)
    if read is not None:
        count = convolutions.load(source.path, read(source.path), model.backbone, images)
        return f"warm start: {count} convolutions of the backbone from {source.path}"
    modules = checkpoint.load(source.path, model)
    if source.kind == "checkpoint":
        checkpoint.take_our_pixels(model.backbone)
    carried = "backbone and neck" if "decoder" in modules else "the backbone, not the neck, which is another one,"
    return f"warm start: {carried} from {source.path}"
