"""A picture in small, by which pictures that are nearly the same are recognised."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from coralline.data.images import image_file
from coralline.data.images.image_file import ImageFacts, UnreadableImageError

SIDE = 32
"""Pixels: as many as a perceptual hash of 256 bits looks at (`judging.alike`)."""


def thumbnail_of(content: bytes, facts: ImageFacts) -> bytes | None:
    """The image in gray, 32 x 32 pixels, a byte each, row by row; None if it can't be decoded.

    A JPEG is decoded at an eighth of its size where that suffices, which takes a tenth of the time.
    """
    try:
        with Image.open(io.BytesIO(image_file.decodable(content, facts))) as encoded:
            encoded.draft("L", (2 * SIDE, 2 * SIDE))
            gray = _upper_bits(encoded) if encoded.mode.startswith("I") else encoded.convert("L")
            return gray.resize((SIDE, SIDE), Image.Resampling.BOX).tobytes()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, UnreadableImageError):
        return None


def _upper_bits(image: Image.Image) -> Image.Image:
    """Of 16-bit gray, whose values Pillow would clip."""
    return Image.fromarray((np.asarray(image).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8))
