"""An image's pixels as people see them: upright, 8 bits, red, green and blue, nothing transparent.

Training, evaluation, prediction and the pictures in reports all see images this way.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

ORIENTATION_TAG = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes an image upright, by its orientation (CIPA DC-008, tag 0x0112)."""


def orientation(image: Image.Image) -> int:
    """1 to 8; 1 (upright) if the image has none or an invalid one.

    An image that is upright because it was decoded counts as such: Pillow turns TIFF files while it decodes them.
    """
    try:
        said = image.getexif().get(ORIENTATION_TAG, 1)
    except Exception:  # Damaged metadata; the pixels are fine.
        return 1
    return int(said) if said in _TURNS else 1


def upright_rgb(image: Image.Image) -> Image.Image:
    """The image as people see it, without metadata.

    16-bit gray keeps its upper 8 bits, as TensorFlow's decoder does it. Transparent pixels are put on white, the usual
    background of a page; decoders would show the colours hidden under them.

    Raises what Pillow raises for an image that can't be decoded.
    """
    image.load()
    turn = _TURNS.get(orientation(image))
    if turn is not None:
        image = image.transpose(turn)
    if image.mode.startswith("I"):  # Pillow would clip the values instead of scaling them.
        image = Image.fromarray(np.clip(np.asarray(image).astype(np.int64) >> 8, 0, 255).astype(np.uint8))
    if is_see_through(image):
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    image = image.convert("RGB")
    image.info = {}
    return image


def is_see_through(image: Image.Image) -> bool:
    """Whether any pixel of it is transparent. Decodes an image that can have such pixels, and no other."""
    if not image.has_transparency_data or image.mode.startswith("I;16"):
        return False
    return bool(np.asarray(image.convert("RGBA").getchannel("A")).min() < 255)
