"""From the float model to the quantization-aware one: weights carried over, ranges calibrated, the change checked."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow_model_optimization.python.core.quantization.keras.quantize_layer import QuantizeLayer

from components.detector.library_faults.quantizer_ranges import range_decay
from components.detector.model_garden import PIXEL_SCALE, PIXEL_ZERO_POINT

# Images that activation ranges are calibrated on, and how many go through at a time.
CALIBRATION_IMAGES, CALIBRATION_BATCH = 64, 16
# Decay of activation ranges while training goes on; calibrated ranges have to move little.
TRAINING_RANGE_DECAY = 0.99


def calibrate(model: Any, images: tf.Tensor) -> None:
    """Sets every activation range to its mean over batches of training images, batch norm left as it was.

    Args:
      model: the quantization-aware model.
      images: `[n, H, W, 3]` float32, normalized.
    """
    moments = [(v, v.numpy()) for v in model.variables if "moving_" in v.name]
    for number, start in enumerate(range(0, len(images), CALIBRATION_BATCH)):
        with range_decay(number / (number + 1)):
            model(images[start : start + CALIBRATION_BATCH], training=True)
    for variable, value in moments:
        variable.assign(value)
    fix_input_range(model)


def fix_input_range(model: Any) -> None:
    """Makes the quantized input the raw pixel: scale 1/127.5, zero point 128."""
    low, high = -PIXEL_ZERO_POINT * PIXEL_SCALE, (255 - PIXEL_ZERO_POINT) * PIXEL_SCALE
    quantizers = [layer for layer in model.backbone.layers if isinstance(layer, QuantizeLayer)]
    if len(quantizers) != 1:
        raise ValueError(f"expected one input quantizer, found {[layer.name for layer in quantizers]}")
    for variable in quantizers[0].weights:
        if variable.name.endswith("_min:0"):
            variable.assign(low)
        elif variable.name.endswith("_max:0"):
            variable.assign(high)


def output_correlation(one: tuple[tf.Tensor, tf.Tensor], other: tuple[tf.Tensor, tf.Tensor]) -> tuple[float, float]:
    """Correlation of two models' raw boxes and raw class logits."""
    return tuple(float(np.corrcoef(np.ravel(a), np.ravel(b))[0, 1]) for a, b in zip(one, other, strict=True))  # type: ignore[return-value]
