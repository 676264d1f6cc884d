"""The header of a plain JPEG: one that decoders certainly take, which shows without asking one.

Nearly all JPEGs are plain, but for those that must be turned. Why not Pillow: to know what libjpeg takes, it must be
asked to load. Over 200 JPEGs (2 cores of an AMD EPYC, Pillow 12.3.0), looking took 18 µs each, Pillow's open
alone, which finds no damage, 24; inspecting an image took 48 µs with this and 97 without. Whatever isn't plain goes to
Pillow. Segments are those of
ITU-T T.81, annex B; limits are libjpeg's, named where they're looked at.
"""

from __future__ import annotations

import functools
import struct

_START_OF_IMAGE, _MARKER, _START_OF_SCAN = b"\xff\xd8", b"\xff", 0xDA
_SEQUENTIAL, _PROGRESSIVE = (0xC0, 0xC1), 0xC2
_HUFFMAN_TABLES, _QUANTIZATION_TABLES, _RESTART_INTERVAL = 0xC4, 0xDB, 0xDD
_PASSED_OVER = frozenset((0xE0, *range(0xE2, 0xF0), 0xFE))
"""Applications' data and comments."""
_FURTHER_IMAGES = b"MPF\0"
_APP1, _EXIF, _ORIENTATION, _SHORT, _UPRIGHT = 0xE1, b"Exif\0\0", 0x0112, 3, 1
_BYTE_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
_QUANTIZATION_TABLE_BYTES = 65
_LONGEST_CODE, _MOST_SYMBOLS, _SYMBOLS_OF_DC = 16, 256, 16
_LARGEST_SIDE = 65500
"""JPEG_MAX_DIMENSION of libjpeg's jmorecfg.h."""
_SUBSAMPLINGS = (0x11, 0x12, 0x21, 0x22)
_MOST_POINT_TRANSFORM = 13
"""jdphuff.c, start_pass_phuff_decoder."""


def plain_size(content: bytes) -> tuple[int, int] | None:
    """Width and height of a plain JPEG (8 bits, gray or colour, Huffman-coded, upright); None for anything else.

    Only the header is looked at, as far as the first scan.
    """
    header, at = _Header(), len(_START_OF_IMAGE)
    while content[at : at + 1] == _MARKER and content.startswith(_START_OF_IMAGE):
        kind, length = content[at + 1 : at + 2], int.from_bytes(content[at + 2 : at + 4], "big")
        segment = content[at + 4 : at + 2 + length]
        if length < 2 or len(segment) != length - 2:
            return None
        if kind[0] == _START_OF_SCAN:
            return header.size if header.fits(segment) else None
        if not header.takes(kind[0], segment):
            return None
        at += 2 + length
    return None


class _Header:
    """The contents of the segments before the first scan."""

    def __init__(self) -> None:
        self.size: tuple[int, int] | None = None
        self._has_exif = False
        self._progressive = False
        self._components = b""
        self._their_quantization = b""
        self._quantization_tables: set[int] = set()
        self._huffman_tables: set[int] = set()

    def takes(self, kind: int, segment: bytes) -> bool:
        """Whether a segment is plain; if so, keeps its contents."""
        if kind in _PASSED_OVER:
            return not segment.startswith(_FURTHER_IMAGES)
        if kind == _APP1:  # Else XMP, which may say that the image is turned.
            first, self._has_exif = not self._has_exif, True
            return first and segment.startswith(_EXIF) and _is_upright(segment[len(_EXIF) :])
        if kind == _QUANTIZATION_TABLES:
            self._quantization_tables.update(segment[::_QUANTIZATION_TABLE_BYTES])
            return len(segment) % _QUANTIZATION_TABLE_BYTES == 0 and max(self._quantization_tables, default=4) < 4
        if kind == _HUFFMAN_TABLES:
            tables = _huffman_tables(segment)
            self._huffman_tables |= tables
            return bool(tables)
        if kind in _SEQUENTIAL or kind == _PROGRESSIVE:
            self._progressive = kind == _PROGRESSIVE
            return self.size is None and self._takes_frame(segment)
        return kind == _RESTART_INTERVAL and len(segment) == 2

    def _takes_frame(self, segment: bytes) -> bool:
        """8 bits per sample; one component, or three with subsampled colours."""
        count = segment[5] if len(segment) > 5 else 0
        if segment[0:1] != b"\x08" or count not in (1, 3) or len(segment) != 6 + 3 * count:
            return False
        height, width = int.from_bytes(segment[1:3], "big"), int.from_bytes(segment[3:5], "big")
        names, sampling, tables = segment[6::3], segment[7::3], segment[8::3]
        self.size = (width, height)
        self._components, self._their_quantization = names, tables
        return (
            0 < width <= _LARGEST_SIDE
            and 0 < height <= _LARGEST_SIDE
            and len(set(names)) == count
            and sampling[0] in _SUBSAMPLINGS
            and set(sampling[1:]) <= {0x11}
        )

    def fits(self, scan: bytes) -> bool:
        """Whether the first scan is of all components, as the frame wants it, and its tables are there."""
        count = len(self._components)
        if not count or len(scan) != 4 + 2 * count or scan[0] != count:
            return False
        first, last, bits = scan[-3:]
        huffman = {0x00 | tables >> 4 for tables in scan[2:-3:2]}
        if self._progressive:
            in_order = (first, last) == (0, 0) and bits <= _MOST_POINT_TRANSFORM
        else:
            in_order = (first, last, bits) == (0, 63, 0)
            huffman |= {0x10 | tables & 0x0F for tables in scan[2:-3:2]}
        return (
            in_order
            and scan[1:-3:2] == self._components
            and huffman <= self._huffman_tables
            and self._quantization_tables.issuperset(self._their_quantization)
        )


def _is_upright(exif: bytes) -> bool:
    """Whether the first directory (TIFF 6.0, section 2) says upright or nothing."""
    order = _BYTE_ORDERS.get(exif[:4])
    if order is None or len(exif) < 8:
        return False
    start = struct.unpack_from(f"{order}I", exif, 4)[0] + 2
    count = int.from_bytes(exif[start - 2 : start], "little" if order == "<" else "big")
    directory = exif[start : start + 12 * count]
    if len(directory) < 12 * count:
        return False
    fields = struct.iter_unpack(f"{order}HHIHxx", directory)
    return all(field[1:] == (_SHORT, 1, _UPRIGHT) for field in fields if field[0] == _ORIENTATION)


@functools.lru_cache(maxsize=256)
def _huffman_tables(segment: bytes) -> frozenset[int]:
    """The tables that a segment defines (0x00 to 0x03 for DC, 0x10 to 0x13 for AC); none if any of them is wrong.

    Cached, because most encoders write the same ones into every image.
    """
    tables, at = set(), 0
    while at < len(segment):
        table, counts = segment[at], segment[at + 1 : at + 1 + _LONGEST_CODE]
        symbols = segment[at + 1 + _LONGEST_CODE : at + 1 + _LONGEST_CODE + sum(counts)]
        whole = len(counts) == _LONGEST_CODE and len(symbols) == sum(counts) <= _MOST_SYMBOLS
        if (
            table & 0xEF > 3
            or not whole
            or not _is_code(counts)
            or (table < 0x10 and max(symbols, default=0) >= _SYMBOLS_OF_DC)
        ):
            return frozenset()
        tables.add(table)
        at += 1 + _LONGEST_CODE + len(symbols)
    return frozenset(tables)


def _is_code(counts: bytes) -> bool:
    """Whether these numbers of codes of 1, 2 ... 16 bits make a prefix code without a code of all ones (jdhuff.c)."""
    code = 0
    for bits, count in enumerate(counts, start=1):
        code = 2 * code + count
        if count and code >= 1 << bits:
            return False
    return True
