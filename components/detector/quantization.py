"""From the float model to the quantization-aware one: weights carried over, ranges calibrated, the change checked."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow_model_optimization.python.core.quantization.keras.quantize_layer import QuantizeLayer

from components.detector.library_faults import kernel_ranges
from components.detector.library_faults.quantizer_ranges import Observed, observed_ranges
from components.detector.model_garden import PIXEL_SCALE, PIXEL_ZERO_POINT, head_outputs

# Images that activation ranges are calibrated on, and how many go through at a time.
CALIBRATION_IMAGES, CALIBRATION_BATCH = 64, 16
_NARROWEST = 1e-3


def calibrate(model: Any, images: tf.Tensor) -> None:
    """Sets every range: kernels' to what they are, activations' to the mean of what batches of images reach.

    Args:
      model: the quantization-aware model.
      images: `[n, H, W, 3]` float32, normalized.
    """
    fix_input_range(model)
    kernel_ranges.settle(model)
    batches: list[dict[Any, Observed]] = []
    for start in range(0, len(images), CALIBRATION_BATCH):
        with observed_ranges() as seen:
            head_outputs(model, images[start : start + CALIBRATION_BATCH])
        batches.append(seen)
    for quantizer, first in batches[0].items():
        least = np.mean([batch[quantizer].least for batch in batches])
        greatest = np.mean([batch[quantizer].greatest for batch in batches])
        first.min_var.assign(min(least, 0.0))  # an 8-bit range has to hold 0
        first.max_var.assign(max(greatest, least + _NARROWEST, 0.0))


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
