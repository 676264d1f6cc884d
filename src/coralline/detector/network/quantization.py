"""From the float model to the quantization-aware one: weights carried over, ranges calibrated, the change checked."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow_model_optimization.python.core.quantization.keras.quantize_layer import QuantizeLayer

from coralline.detector.library_faults import kernel_ranges
from coralline.detector.library_faults.quantizer_ranges import Observed, observed_ranges
from coralline.detector.network import pixels
from coralline.detector.network.model_garden import head_outputs
from coralline.foundation.errors import UserError

# Images that activation ranges are calibrated on, and how many go through at a time.
CALIBRATION_IMAGES, CALIBRATION_BATCH = 64, 16
_NARROWEST = 1e-3

# A trained model's loss rises by some percent when it's quantized; lost weights give several times it.
_MOST_OF_FLOAT_LOSS = 1.25


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
    low, high = -pixels.ZERO_POINT * pixels.SCALE, (255 - pixels.ZERO_POINT) * pixels.SCALE
    quantizers = [layer for layer in model.backbone.layers if isinstance(layer, QuantizeLayer)]
    if len(quantizers) != 1:
        raise ValueError(f"expected one input quantizer, found {[layer.name for layer in quantizers]}")
    for variable in quantizers[0].weights:
        if variable.name.endswith("_min:0"):
            variable.assign(low)
        elif variable.name.endswith("_max:0"):
            variable.assign(high)


def check_start(float_loss: float, qat_loss: float) -> None:
    """Makes sure that quantization changed little.

    Args:
      float_loss: of the float model on a batch, in inference.
      qat_loss: of the calibrated quantization-aware model on the same batch.

    Raises:
      UserError: the loss has risen by more than a quarter, or isn't a number.
    """
    if not qat_loss <= _MOST_OF_FLOAT_LOSS * float_loss:
        raise UserError(
            "the quantization-aware model doesn't start where the float model ended",
            expected=f"a loss of at most {_MOST_OF_FLOAT_LOSS} times the float model's, {float_loss:.3f}",
            found=f"{qat_loss:.3f}",
            fix="raise train.float_steps if there were few; else this is a fault of Coralline: please report it",
        )
