"""Puts the weights that `weights_source` has found into a detector."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from coralline.detector.warm_start import checkpoint, convolutions, keras_weights, tflite_file
from coralline.detector.warm_start.weights import Convolution
from coralline.detector.warm_start.weights_source import Kind, WeightsSource
from coralline.foundation.errors import UserError

_CONVOLUTIONS: dict[Kind, Callable[[str], list[Convolution]]] = {
    "tflite": tflite_file.read_convolutions,
    "keras_file": keras_weights.read_keras_file,
    "saved_model": keras_weights.read_saved_model,
}

_CARRIED = {
    ("backbone",): "the backbone, not the neck, which is another one,",
    ("backbone", "decoder"): "backbone and neck",
    ("backbone", "decoder", "head"): "backbone, neck and head (the same classes and anchors)",
}


def load_weights(source: WeightsSource, model: Any, images: Callable[[], tf.Tensor], with_head: bool = False) -> str:
    """Gives a float RetinaNet its first weights: the backbone, and neck and head if they fit.

    Args:
      source: what `weights_source.obtain` gives.
      model: Model Garden's, with all variables.
      images: gives `[n, H, W, 3]` float32, normalized training images, for batch norms that a file doesn't have.
      with_head: see `weights_source.has_same_head`.

    Returns:
      One sentence on what was set.

    Raises:
      UserError: it can't be read, or it's another backbone's; nothing is set then.
    """
    read = _CONVOLUTIONS.get(source.kind)
    try:
        with source.on_disk() as path:
            if read is not None:
                count = convolutions.load_convolutions(source.path, read(path), model.backbone, images)
                return f"warm start: {count} convolutions of the backbone from {source.path}"
            modules = checkpoint.load_checkpoint(path, model, with_head)
    except UserError as e:
        raise UserError(**{**e.fields(), "file": source.path}) from e  # type: ignore[arg-type]
    except OSError as e:
        fix = "see that it can be read, or correct `model.warm_start`"
        raise UserError("the weights to begin with can't be read", file=source.path, found=e, fix=fix) from e
    if source.kind == "checkpoint":
        checkpoint.take_our_pixels(model.backbone)
    return f"warm start: {_CARRIED[tuple(modules)]} from {source.path}"
