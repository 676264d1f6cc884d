"""Writing TFRecord files without TensorFlow: its import takes a Beam worker longer than thousands of images do.

The format: see `tfrecord.py`. Files are in gzip's, as TFX's examples are, but not compressed: JPEG and PNG don't get
smaller, and the lowest level that tries takes 14 times as long.
"""

from __future__ import annotations

import struct
import zlib
from typing import IO

import google_crc32c

_HEADER_LENGTH, _CHECKSUM = struct.Struct("<Q"), struct.Struct("<I")
_MASK_DELTA = 0xA282EAD8
_STORED, _GZIP_FRAME = 0, zlib.MAX_WBITS | 16


class TFRecordWriter:
    """Writes records to an open file, which stays the caller's to close. `bytes_written` is the file's size."""

    def __init__(self, file: IO[bytes]):
        self._file = file
        self._gzip = zlib.compressobj(_STORED, zlib.DEFLATED, _GZIP_FRAME)
        self.bytes_written = 0

    def write(self, record: bytes) -> None:
        """Adds a record."""
        length = _HEADER_LENGTH.pack(len(record))
        for part in (length + _masked_crc32c(length), record, _masked_crc32c(record)):
            self._put(self._gzip.compress(part))

    def finish(self) -> None:
        """Writes what is held back, and gzip's checksum."""
        self._put(self._gzip.flush())

    def _put(self, content: bytes) -> None:
        self._file.write(content)
        self.bytes_written += len(content)


def _masked_crc32c(data: bytes) -> bytes:
    """A checksum that may itself be part of what another one is computed of (tensorflow/core/lib/hash/crc32c.h)."""
    crc = google_crc32c.value(data)
    return _CHECKSUM.pack(((crc >> 15 | crc << 17) + _MASK_DELTA) & 0xFFFFFFFF)
