"""How an image is fitted into a model's fixed input, the same way in training, evaluation and on a device.

The geometry is that of pycoral's `set_resized_input` (pycoral/adapters/common.py): aspect ratio kept, top-left, rest
black. Sides are computed in whole numbers, so that the side that fits exactly never comes out a pixel short.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from coralline.data.images.image_pixels import upright_rgb


def letterbox(image: Image.Image, height: int, width: int) -> tuple[np.ndarray, float, float]:
    """The image as it goes into the model, turned upright by its EXIF orientation.

    Returns:
      (pixels, scale_y, scale_x): uint8 [height, width, 3] RGB, and the fraction of the input that the image covers.
      A box normalized to the input, divided by (scale_y, scale_x), is normalized to the upright image.
    """
    upright = upright_rgb(image)
    new_height, new_width = fitted_size(upright.height, upright.width, height, width)
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:new_height, :new_width] = np.asarray(upright.resize((new_width, new_height), Image.Resampling.BILINEAR))
    return pixels, new_height / height, new_width / width


def fitted_size(image_height: int, image_width: int, height: int, width: int) -> tuple[int, int]:
    """(height, width) of the largest picture of that aspect ratio within height x width, rounded down, at least 1."""
    return (
        max(1, min(height, image_height * width // image_width)),
        max(1, min(width, image_width * height // image_height)),
    )


def to_original(boxes_ymin_xmin_ymax_xmax: np.ndarray, scale_y: float, scale_x: float) -> np.ndarray:
    """Boxes normalized to the letterboxed input as boxes normalized to the image, clipped to [0, 1]. [n, 4] float32."""
    scale = np.array([scale_y, scale_x, scale_y, scale_x], np.float32)
    return np.clip(boxes_ymin_xmin_ymax_xmax / scale, 0, 1).astype(np.float32)
