"""Reading TFRecord files without TensorFlow, gzip-compressed or not.

The format (tensorflow/core/lib/io/record_writer.h): per record a little-endian uint64 length, its masked CRC32C, the
data, and the data's masked CRC32C. Gzip's own checksum covers what is read here; the CRCs aren't computed again.
"""

from __future__ import annotations

import gzip
import io
import os
import struct
import zlib
from collections.abc import Iterator
from typing import IO, cast

from components.dataset import storage
from components.errors import UserError

_GZIP_MAGIC = b"\x1f\x8b"
_HEADER = struct.Struct("<QI")
_CRC_BYTES = 4
_MOST_BYTES = 1 << 30
"""A record's length beyond this is taken for a file that isn't a TFRecord."""


def read_folder(folder: str) -> Iterator[bytes]:
    """Every record of the TFRecord files in a folder, in the order of the file names.

    Raises:
      UserError: there is no such folder or no TFRecord in it, or a file is damaged.
    """
    try:
        names = [name for name in storage.list_folder(folder) if "tfrecord" in name and not name.startswith((".", "_"))]
    except OSError as e:
        raise UserError(
            "can't read the folder of examples", file=folder, found=str(e), mend="give a folder of TFRecord files"
        ) from e
    if not names:
        raise UserError(
            "there are no TFRecord files in this folder",
            file=folder,
            expected="data_tfrecord-00000-of-00001.gz or the like",
        )
    for name in names:
        yield from read_file(os.path.join(folder, name))


def read_file(path: str) -> Iterator[bytes]:
    """Every record of one TFRecord file.

    Raises:
      UserError: the file can't be read, is cut off, or isn't a TFRecord.
    """
    try:
        with _open(path) as file:
            yield from _records(file, path)
    except (OSError, EOFError, zlib.error) as e:
        raise UserError("can't read this TFRecord file", file=path, found=str(e), mend="make the examples again") from e


def read_record(path: str, offset: int) -> bytes:
    """The record that begins at a byte of the (uncompressed) file.

    Raises:
      OSError: the file can't be read, or is cut off there.
    """
    try:
        with _open(path) as file:
            file.seek(offset)
            return next(_records(file, path))
    except (UserError, StopIteration, EOFError, zlib.error) as e:
        raise OSError(f"there is no whole record at byte {offset} of {path}") from e


def _open(path: str) -> IO[bytes]:
    if storage.is_remote(path):
        content = storage.read_bytes(path)
        return io.BytesIO(gzip.decompress(content) if content.startswith(_GZIP_MAGIC) else content)
    with open(path, "rb") as file:
        compressed = file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
    return cast(IO[bytes], gzip.open(path, "rb")) if compressed else open(path, "rb")


def _records(file: IO[bytes], path: str) -> Iterator[bytes]:
    while header := file.read(_HEADER.size):
        length = _HEADER.unpack(header)[0] if len(header) == _HEADER.size else _MOST_BYTES
        data = file.read(length) if length < _MOST_BYTES else b""
        if length >= _MOST_BYTES or len(data) < length or len(file.read(_CRC_BYTES)) < _CRC_BYTES:
            raise UserError(
                "this TFRecord file is cut off or isn't one",
                file=path,
                expected="whole records",
                mend="make the examples again",
            )
        yield data
