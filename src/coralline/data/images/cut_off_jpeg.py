"""JPEGs that are cut off: how much of them is there, and their bytes with the missing end.

libjpeg, and TensorFlow's and Pillow's decoders with it, take what is missing before an end-of-image marker as zeros:
the rest of the image has the last colour, and further scans aren't there. So the marker is all that such a file lacks.
No switch of Pillow's is touched: `LOAD_TRUNCATED_IMAGES` holds for all threads, and doesn't say how much was read.
"""

from __future__ import annotations

import functools
import io
import random

from PIL import Image, ImageChops

from coralline.data.images.image_structure import END_OF_IMAGE, KNOWN_MARKERS, MARKER, START_OF_SCAN

_FRAMES = (0xC0, 0xC1, 0xC2)
_END = bytes((0xFF, END_OF_IMAGE))
_FILLING = b"\0\xff"
"""What is behind the data in files whose length was set before they were written. Both also stand in data, the last
bits of which are lost then."""
_COEFFICIENTS = range(64)
_MOST_MISSING_BITS = 1
"""The last bit of coefficients, which a progressive JPEG's last scans refine. Without it, 320 x 240 to 960 x 576 pixels
of photographs differed from the whole image by 35 to 58 dB, and by 27 to 31 without two."""
_MOST_PIXELS = 1 << 26
"""Two decoded copies are compared, which take 400 MB then."""


def completed_jpeg(content: bytes) -> tuple[bytes, int, int] | None:
    """A JPEG that was cut off, with its end; how many lines of it are there, and how many it has.

    A line counts when every coefficient of all of its blocks is there, but for the last bit of each.

    None for what isn't a JPEG, has an end or no pixels at all, and is damaged in another way or too large to be tried.
    Raises what Pillow raises for an image that can't be decoded.
    """
    scans = _Scans.of(content)
    if scans is None:
        return None
    data = content[: scans.end].rstrip(_FILLING)
    with Image.open(io.BytesIO(data + _END), formats=("JPEG",)) as image:
        width, height = image.size
        if width * height > _MOST_PIXELS:
            return None
        image.load()
        lines = height if scans.all_but_last_suffice() else 0
        if not lines and scans.suffice():
            lines = _lines_before_the_end(image, data)
    return data + _END, lines, height


def lacks_end(content: bytes) -> bool:
    """Whether it's a JPEG whose markers are in order, but for one that ends it."""
    return _Scans.of(content) is not None


def _lines_before_the_end(image: Image.Image, data: bytes) -> int:
    """Lines that are the same whatever follows the data."""
    with Image.open(io.BytesIO(data + _noise() + _END), formats=("JPEG",)) as other:
        different = ImageChops.difference(image, other).getbbox()
    return different[1] if different else image.height


class _Scans:
    """The scans of a JPEG: of which coefficients, and to which bit. `end` is where a marker was cut off."""

    def __init__(self) -> None:
        self.end: int | None = None
        self._components: bytes = b""
        self._scans: list[tuple[bytes, range, int]] = []

    @classmethod
    def of(cls, content: bytes) -> _Scans | None:
        """None without a scan, with an end, and with markers that decoders don't know."""
        scans, at = cls(), 2
        if content[:2] != b"\xff\xd8":
            return None
        while marker := MARKER.search(content, at):
            kind, at = content[marker.end() - 1], marker.end()
            length = int.from_bytes(content[at : at + 2], "big")
            if kind not in KNOWN_MARKERS:
                return None
            if at + max(2, length) > len(content):
                scans.end = marker.start()
                break
            scans._add(kind, content[at + 2 : at + length])
            at += length
        return scans if scans._scans else None

    def _add(self, kind: int, segment: bytes) -> None:
        if kind in _FRAMES:
            self._components = segment[6::3]
        elif kind == START_OF_SCAN and len(segment) >= 4:
            first, last, bits = segment[-3:]
            self._scans.append((segment[1:-3:2], range(first, last + 1), bits & 0x0F))

    def suffice(self) -> bool:
        """Whether every coefficient has been read but for the bits that may be missing."""
        return self._suffice(self._scans)

    def all_but_last_suffice(self) -> bool:
        """The same, for the scans that are known to be whole."""
        return self._suffice(self._scans[:-1])

    def _suffice(self, scans: list[tuple[bytes, range, int]]) -> bool:
        there = {
            (component, coefficient)
            for components, coefficients, missing_bits in scans
            if missing_bits <= _MOST_MISSING_BITS
            for component in components
            for coefficient in coefficients
        }
        wanted = {(component, coefficient) for component in self._components for coefficient in _COEFFICIENTS}
        return bool(wanted) and wanted <= there


@functools.cache
def _noise() -> bytes:
    """Compressed data of a kind, without a marker."""
    return bytes(random.Random(0).randrange(0xFF) for _ in range(4096))
