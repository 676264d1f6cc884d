"""What an image file is, whether it's whole, and its bytes as the trainer takes them.

The trainer decodes with `tf.io.decode_image(channels=3)`, which knows nothing of EXIF; the evaluator and devices see
images upright. JPEG and PNG pass through untouched; what would be decoded otherwise than people see it is re-encoded.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import math
import warnings
from collections.abc import Iterator
from typing import Literal

from PIL import Image

from coralline.data.images import cut_off_jpeg, cut_off_png, image_pixels, image_structure, jpeg_header, other_formats
from coralline.data.images.other_formats import OtherFormat

# Pillow warns of odd metadata, which neither we nor the user act on. Here and not at the calls: the context that
# the standard library has for it changes the filters of all threads.
warnings.filterwarnings("ignore", module=r"PIL\.")

EXTENSIONS = frozenset((".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff"))
"""Endings of image files, in lower case."""

_FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF")
_JPEG_FORMATS = ("JPEG", "MPO")
"""MPO: a JPEG with further views behind it, as phones write it; Pillow opens it as JPEG, decoders read the first."""
_PASSED_MODES = {"PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"), **dict.fromkeys(_JPEG_FORMATS, ("L", "RGB"))}
"""What TensorFlow decodes as people see it, by Pillow's names. It keeps the upper 8 of 16 bits, as is done here."""
_OTHER_MODES = ("CMYK", "I;16B", "I;16L", "PA", "RGBX", "YCbCr")
_TURNED_BY_A_QUARTER = (5, 6, 7, 8)
_MOST_PIXELS_FOR_A_THUMBNAIL = 50_000_000
_PNG_METADATA = frozenset((b"eXIf", b"iTXt", b"tEXt", b"zTXt"))
"""Chunks that can say how a PNG is turned. They may stand behind the pixels: Pillow decodes to look for them."""
_ENOUGH_OF_A_SCAN = 64
"""Bytes of the first scan that hold its parameters."""
_MOST_PLAIN_PIXELS = 1 << 26
"""Of a larger image Pillow is asked, which has a limit."""
_REENCODED_JPEG = {"quality": 95, "subsampling": 0}

_MOST_MISSING = 0.1
"""Of the lines of an image that is cut off, so many may be missing: they become a strip of one colour. JPEGs cut at
97 % of their bytes had 94 to 98 % of their lines, at 90 % 86 to 92 %, at 80 % 78 to 86 %."""
_ROW_OF_BLOCKS, _MOST_MISSING_OF_A_SMALL_ONE = 17, 0.25
"""Lines that one missing byte can cost: 16 of the row of blocks that it's in, and the one before, which takes colours
from it. So many may be missing of small images too, if that isn't more than this share."""

Reason = Literal["orientation", "format", "transparency", "cut_off"]
"""Why an image's own bytes can't be passed through: it must be turned; the trainer can't decode it, or decodes it to
other colours; parts of it are transparent; its end is missing."""


class UnreadableImageError(Exception):
    """The bytes aren't an image that can be decoded; the message says how that shows.

    Attributes:
      fix: what to do about it, if the bytes say that.
    """

    def __init__(self, found: str, fix: str | None = None):
        super().__init__(found)
        self.fix = fix

    @classmethod
    def of(cls, other: OtherFormat) -> UnreadableImageError:
        """Of an image in a format that isn't read."""
        return cls(f"{other.what}, which isn't read", other.fix)


@dataclasses.dataclass(frozen=True)
class ImageFacts:
    """An image file that is whole, or nearly so.

    Attributes:
      width: pixels, upright.
      height: pixels, upright.
      orientation: EXIF orientation, 1 to 8.
      encoded_format: "jpeg" or "png", as the trainer gets it.
      reencoded: why the trainer doesn't get the file's own bytes; None if it does.
      missing_lines: of the stored pixels, if the file is cut off.
    """

    width: int
    height: int
    orientation: int
    encoded_format: str
    reencoded: Reason | None
    missing_lines: int = 0

    @property
    def stored_size(self) -> tuple[int, int]:
        """Width and height of the stored pixels, before the orientation is applied."""
        return (self.height, self.width) if self.orientation in _TURNED_BY_A_QUARTER else (self.width, self.height)


def inspect_image(content: bytes) -> ImageFacts:
    """Looks at an image file, decoding no more than it must: no JPEG or PNG that is in order.

    A JPEG that is plain as well isn't even opened, which takes half of the time (48 µs for 97).

    Raises:
      UnreadableImageError: it isn't an image, is damaged so that it can't be decoded, is cut off so that more than a
        tenth of it is missing, or claims more pixels than Pillow's limit.
    """
    try:
        return _inspect(content)
    except UnreadableImageError:
        cut_off = _completed(content)
        if cut_off is None:
            raise
    completed, there, lines = cut_off
    if lines - there > max(_MOST_MISSING * lines, min(_ROW_OF_BLOCKS, _MOST_MISSING_OF_A_SMALL_ONE * lines)):
        raise UnreadableImageError(f"it's cut off: {there} of its {lines} lines are there")
    return dataclasses.replace(_inspect(completed), reencoded="cut_off", missing_lines=lines - there)


def _inspect(content: bytes) -> ImageFacts:
    size = jpeg_header.plain_size(content)
    if (
        size is not None
        and math.prod(size) <= _MOST_PLAIN_PIXELS
        and image_structure.jpeg_header_end(content) is not None
    ):
        return ImageFacts(*size, orientation=1, encoded_format="jpeg", reencoded=None)
    with _opened(content) as image:
        if image.format == "PNG":
            turned = image_pixels.orientation(image) if image_structure.png_chunks(content) & _PNG_METADATA else 1
        else:
            turned = image_pixels.orientation(image)
            if not _is_whole_jpeg(image, content):
                image.load()
        width, height = image.size
        if turned in _TURNED_BY_A_QUARTER and image.format != "TIFF":  # Pillow has turned that while decoding it.
            width, height = height, width
        lossy = image.format in (*_JPEG_FORMATS, "WEBP")
        return ImageFacts(width, height, turned, "jpeg" if lossy else "png", _reason(image, turned))


def encode_for_training(content: bytes, facts: ImageFacts) -> bytes:
    """The file's own bytes if they pass through, else an upright 8-bit image of `facts.encoded_format`.

    Raises:
      UnreadableImageError: it can't be decoded after all.
    """
    if facts.reencoded is None:
        return content
    out = io.BytesIO()
    with _opened(decodable(content, facts)) as image:
        upright = image_pixels.upright_rgb(image)
    upright.save(out, facts.encoded_format, **(_REENCODED_JPEG if facts.encoded_format == "jpeg" else {}))
    return out.getvalue()


def decodable(content: bytes, facts: ImageFacts) -> bytes:
    """The file's bytes; with an end if it lacks one, which decoders refuse.

    Raises:
      UnreadableImageError: it isn't the file that the facts are about.
    """
    if facts.reencoded != "cut_off":
        return content
    completed = _completed(content)
    if completed is None:
        raise UnreadableImageError("it isn't what it was when it was looked at")
    return completed[0]


def thumbnail(content: bytes, side: int) -> tuple[Image.Image, tuple[int, int]]:
    """A small upright RGB picture of an image, and the width and height that the image has, upright.

    Args:
      content: the file's bytes.
      side: of the picture, at most, in pixels.

    Raises:
      UnreadableImageError: it can't be decoded, or is too large to be for a thumbnail's sake.
    """
    facts = inspect_image(content)
    with _opened(decodable(content, facts)) as image:
        image.draft("RGB", (side, side))  # JPEG: decoded at an eighth where that is enough.
        if math.prod(image.size) > _MOST_PIXELS_FOR_A_THUMBNAIL:
            raise UnreadableImageError(f"{facts.width} x {facts.height} pixels, too many to be shown")
        small = image_pixels.upright_rgb(image)
    small.thumbnail((side, side))
    return small, (facts.width, facts.height)


def _completed(content: bytes) -> tuple[bytes, int, int] | None:
    """The bytes of an image that is cut off, with an end; the lines that are there, and all of them."""
    try:
        return cut_off_jpeg.completed_jpeg(content) or cut_off_png.completed_png(content)
    except Exception:  # Pillow's plug-ins raise all kinds of exceptions on damaged files.
        return None


@contextlib.contextmanager
def _opened(content: bytes) -> Iterator[Image.Image]:
    """The image; every failure within is an UnreadableImageError."""
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
            if other := other_formats.of_opened(image):
                raise UnreadableImageError.of(other)
            yield image
    except UnreadableImageError:
        raise
    except Image.UnidentifiedImageError as e:
        if other := other_formats.by_content(content[: other_formats.HEAD_BYTES]):
            raise UnreadableImageError.of(other) from e
        found = f"{len(content)} bytes that begin with {content[:8].hex(' ')}" if content else "an empty file"
        raise UnreadableImageError(found) from e
    except Image.DecompressionBombError as e:
        raise UnreadableImageError(f"it claims more than {2 * (Image.MAX_IMAGE_PIXELS or 0):,} pixels") from e
    except Exception as e:  # Pillow's plug-ins raise all kinds of exceptions on damaged files.
        raise UnreadableImageError(str(e) or type(e).__name__) from e


def _is_whole_jpeg(image: Image.Image, content: bytes) -> bool:
    """Whether TensorFlow will decode it, as far as that shows without decoding."""
    if image.format not in _JPEG_FORMATS:
        return False
    end = image_structure.jpeg_header_end(content)
    if end is None and cut_off_jpeg.lacks_end(content):  # Pillow takes zeros behind the data for pixels.
        raise UnreadableImageError("it's cut off")
    return end is not None and _takes_header(content[: end + _ENOUGH_OF_A_SCAN])


def _takes_header(header: bytes) -> bool:
    """Whether libjpeg, given only a JPEG's header, complains of nothing but the missing rest."""
    with Image.open(io.BytesIO(header), formats=("JPEG",)) as image:
        image.draft(image.mode, (1, 1))
        try:
            image.load()
        except OSError as e:
            return "truncated" in str(e)
    return True


def _reason(image: Image.Image, turned: int) -> Reason | None:
    passed = _PASSED_MODES.get(str(image.format), ())
    if image.mode not in (*passed, *_OTHER_MODES, *_PASSED_MODES["PNG"]):
        raise UnreadableImageError(f"its pixels ({image.mode}) aren't colours that a screen shows")
    if turned != 1:
        return "orientation"
    if image.mode not in passed:
        return "format"
    return "transparency" if image_pixels.is_see_through(image) else None
