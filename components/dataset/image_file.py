"""What an image file is, whether it's whole, and its bytes as the trainer takes them.

The trainer decodes with `tf.io.decode_image(channels=3)`, which knows nothing of EXIF; the evaluator and devices see
images upright. JPEG and PNG pass through untouched; what would be decoded otherwise than people see it is re-encoded.
"""

from __future__ import annotations

import dataclasses
import io
import warnings
from typing import Literal

import numpy as np
from PIL import Image, ImageOps

EXTENSIONS = frozenset((".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff"))
"""Endings of image files, in lower case."""

_FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF")
_JPEG_FORMATS = ("JPEG", "MPO")
"""MPO: a JPEG with further views behind it, as phones write it; Pillow opens it as JPEG, decoders read the first."""
_PASSED_MODES = {"JPEG": ("RGB", "L"), "MPO": ("RGB", "L"), "PNG": ("RGB", "L", "P", "1", "RGBA", "LA")}
_ORIENTATION_TAG = 0x0112
_TURNED_BY_A_QUARTER = (5, 6, 7, 8)
_TRANSPOSED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""How an image of that orientation comes upright (CIPA DC-008)."""
_MOST_PIXELS_FOR_A_THUMBNAIL = 50_000_000
_END_OF_JPEG = b"\xff\xd9"
_END_OF_PNG = b"IEND\xae\x42\x60\x82"
_REENCODED_JPEG = {"quality": 95, "subsampling": 0}


class UnreadableImageError(Exception):
    """The bytes aren't an image that can be decoded; the message says how that shows."""


@dataclasses.dataclass(frozen=True)
class ImageFacts:
    """An image file that is whole.

    Attributes:
      width: pixels, upright.
      height: likewise.
      orientation: EXIF orientation, 1 to 8.
      encoded_format: "jpeg" or "png", as the trainer gets it.
      reencoded: why the trainer doesn't get the file's own bytes; None when it does.
    """

    width: int
    height: int
    orientation: int
    encoded_format: str
    reencoded: Literal["orientation", "format"] | None

    @property
    def stored_size(self) -> tuple[int, int]:
        """Width and height of the stored pixels, before the orientation is applied."""
        return (self.height, self.width) if self.orientation in _TURNED_BY_A_QUARTER else (self.width, self.height)


def inspect(content: bytes) -> ImageFacts:
    """Looks at an image file, decoding no more than it must.

    A JPEG is taken for whole when its last bytes are the end-of-image marker: that is what TensorFlow's decoder asks
    for (it fails on a premature end, and passes over damage before it), and 3 ms an image cheaper than decoding.

    Raises:
      UnreadableImageError: it isn't an image, is cut off, or claims more pixels than Pillow's limit.
    """
    with _opened(content) as image:
        format_ = str(image.format)
        if not _ends_well(content, format_):
            _decode(image)
        width, height = image.size
        orientation = _orientation(image)
        decodable = image.mode in _PASSED_MODES.get(format_, ())
    if orientation in _TURNED_BY_A_QUARTER:
        width, height = height, width
    lossy = format_ in (*_JPEG_FORMATS, "WEBP")
    reencoded: Literal["orientation", "format"] | None = (
        "orientation" if orientation != 1 else None if decodable else "format"
    )
    return ImageFacts(width, height, orientation, "jpeg" if lossy else "png", reencoded)


def encode_for_training(content: bytes, facts: ImageFacts) -> bytes:
    """The file's own bytes where they pass through, else an upright 8-bit image of `facts.encoded_format`.

    Raises:
      UnreadableImageError: it can't be decoded after all.
    """
    if facts.reencoded is None:
        return content
    with _opened(content) as image:
        _decode(image)
        upright = _eight_bit(ImageOps.exif_transpose(image))
    out = io.BytesIO()
    upright.save(out, facts.encoded_format, **(_REENCODED_JPEG if facts.encoded_format == "jpeg" else {}))
    return out.getvalue()


def thumbnail(content: bytes, side: int) -> tuple[Image.Image, tuple[int, int]]:
    """A small upright RGB picture of an image, and the width and height that the image has, upright.

    Args:
      content: the file's bytes.
      side: of the picture, at most, in pixels.

    Raises:
      UnreadableImageError: it can't be decoded, or is too large to be for a thumbnail's sake.
    """
    with _opened(content) as image:
        full = image.size
        orientation = _orientation(image)
        image.draft("RGB", (side, side))  # JPEG: decoded at an eighth where that is enough.
        if image.width * image.height > _MOST_PIXELS_FOR_A_THUMBNAIL:
            raise UnreadableImageError(f"{full[0]} x {full[1]} pixels, too many to be shown")
        _decode(image)
        small = _eight_bit(image).convert("RGB")
    small.thumbnail((side, side))
    if orientation in _TRANSPOSED:
        small = small.transpose(_TRANSPOSED[orientation])
    return small, full[::-1] if orientation in _TURNED_BY_A_QUARTER else full


def _opened(content: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of odd metadata, which neither we nor the user act on.
            return Image.open(io.BytesIO(content), formats=_FORMATS)
    except Image.UnidentifiedImageError as e:
        found = f"{len(content)} bytes that begin with {content[:8].hex(' ')}" if content else "an empty file"
        raise UnreadableImageError(found) from e
    except Exception as e:  # Pillow's plug-ins raise whatever a damaged header makes them stumble over.
        raise UnreadableImageError(str(e)) from e


def _decode(image: Image.Image) -> None:
    try:
        image.load()
    except Exception as e:  # As above.
        raise UnreadableImageError(str(e)) from e


def _ends_well(content: bytes, format_: str) -> bool:
    """Whether the end of the file shows that it's whole; if not, only decoding can tell."""
    if format_ in _JPEG_FORMATS:
        return content.endswith(_END_OF_JPEG)
    return format_ == "PNG" and content.endswith(_END_OF_PNG)


def _orientation(image: Image.Image) -> int:
    try:
        orientation = image.getexif().get(_ORIENTATION_TAG, 1)
    except Exception:  # Damaged metadata; the pixels are fine.
        return 1
    return orientation if orientation in range(1, 9) else 1


def _eight_bit(image: Image.Image) -> Image.Image:
    if image.mode in ("I", "I;16", "I;16B", "I;16L"):  # Pillow would clip 16-bit values instead of scaling them.
        return Image.fromarray((np.asarray(image, np.uint32) >> 8).astype(np.uint8))
    return image if image.mode in ("RGB", "L") else image.convert("RGB")
