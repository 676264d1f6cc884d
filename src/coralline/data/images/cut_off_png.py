"""PNGs that are cut off: how much of them is there, and a whole file with what is (PNG specification, chapters 5-10).

What is missing is black, or transparent where pixels can be, as decoders leave it.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER = struct.Struct(">IIBBBBB")
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""By the type of colour."""
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_ONE_PASS = ((0, 0, 1, 1),)
"""Of interlaced images and of others: first column and line, steps to the next ones."""
_MOST_BYTES = 1 << 28
"""Of pixels: 89 million in colour, where Pillow begins to warn."""
_OF_ANIMATIONS = (b"acTL", b"fcTL", b"fdAT")


def completed_png(content: bytes) -> tuple[bytes, int, int] | None:
    """A PNG that was cut off, made whole; how many lines of it are there, and how many it has.

    Of an interlaced one all lines count, or none: their pixels come in seven passes, the last of which is half of them.

    None for what isn't a PNG, has no pixels at all, or is damaged in another way or too large to be tried.
    """
    chunks = list(_chunks(content))
    if not chunks or chunks[0][0] != b"IHDR" or len(chunks[0][1]) != _HEADER.size:
        return None
    width, height, depth, colour, _, _, interlaced = _HEADER.unpack(chunks[0][1])
    bits = depth * _CHANNELS.get(colour, 0)
    passes = [_bytes_of_pass(width, height, bits, *steps) for steps in (_PASSES if interlaced else _ONE_PASS)]
    wanted = sum(lines * size for lines, size in passes)
    if not bits or not wanted or wanted > _MOST_BYTES:
        return None
    try:
        pixels = zlib.decompressobj().decompress(b"".join(data for kind, data in chunks if kind == b"IDAT"), wanted)
    except zlib.error:
        return None
    if len(passes) > 1:
        return _written(chunks, pixels, wanted), height if len(pixels) == wanted else 0, height
    size = passes[0][1]
    there = len(pixels) // size
    return _written(chunks, pixels[: there * size], wanted), there, height


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and data of each; nothing if the file is whole, or damaged. The last one may be in part."""
    at, chunks = len(_SIGNATURE), []
    while content.startswith(_SIGNATURE):
        length, kind = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        data, crc = content[at + 8 : at + 8 + length], content[at + 8 + length : at + 12 + length]
        if len(crc) < 4:
            if kind == b"IDAT":
                chunks.append((kind, data))
            yield from chunks
            return
        if kind == b"IEND" or zlib.crc32(kind + data) != int.from_bytes(crc, "big"):
            return
        chunks.append((kind, data))
        at += 12 + length


def _bytes_of_pass(width: int, height: int, bits: int, x: int, y: int, step_x: int, step_y: int) -> tuple[int, int]:
    """The number of its lines, and the bytes of each, with that for its filter."""
    columns = len(range(x, width, step_x))
    return (len(range(y, height, step_y)) if columns else 0), 1 + (columns * bits + 7) // 8


def _written(chunks: list[tuple[bytes, bytes]], pixels: bytes, wanted: int) -> bytes:
    """All chunks but those of animations, with the pixels where the first of them were."""
    out, first = [_SIGNATURE], True
    for kind, data in [*chunks, (b"IEND", b"")]:
        if kind in _OF_ANIMATIONS or (kind == b"IDAT" and not first):
            continue
        if kind == b"IDAT":
            data, first = zlib.compress(pixels.ljust(wanted, b"\0"), 1), False
        out.append(len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big"))
    return b"".join(out)
