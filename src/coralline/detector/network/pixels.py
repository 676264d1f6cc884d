"""How raw pixels become the network's input.

(pixel - 128) / 127.5: as an 8-bit tensor of scale 1/127.5 and zero point 128 that is the pixel itself, so a device
passes its uint8 image straight in.
"""

from __future__ import annotations

import tensorflow as tf

ZERO_POINT, SCALE = 128.0, 1 / 127.5


def normalize(pixels: tf.Tensor) -> tf.Tensor:
    """uint8 or float pixels 0..255 to the network's float32 input."""
    return (tf.cast(pixels, tf.float32) - ZERO_POINT) * SCALE
