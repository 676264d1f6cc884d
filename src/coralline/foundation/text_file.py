"""Text files as people's tools save them: UTF-8, with or without a byte order mark, or UTF-16 with one."""

from __future__ import annotations

import codecs

from coralline.foundation import storage

_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_text(path: str, at_most: int | None = None) -> str:
    """The whole file, as `decoded` gives it. Raises OSError whatever the file system, and for more bytes than that."""
    return decoded(storage.read_bytes(path, at_most))


def decoded(content: bytes) -> str:
    """The text of a file, or of its beginning.

    Bytes that aren't UTF-8 are kept, as Python keeps them in the names of files (PEP 383): see `is_text`.
    """
    if content.startswith(_UTF16_MARKS):
        return content.decode("utf-16", "replace")
    return content.decode("utf-8-sig", "surrogateescape")


def strictly_decoded(content: bytes) -> str:
    """The text of a file that must be text. Raises UnicodeDecodeError if it isn't."""
    return content.decode("utf-16" if content.startswith(_UTF16_MARKS) else "utf-8-sig")


def lines(text: str) -> list[str]:
    """Every line, without its end; only what editors take for a line's end counts as one."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def is_text(text: str) -> bool:
    """Whether it can be written as UTF-8: False if `decoded` kept bytes that aren't."""
    return not any("\ud800" <= char <= "\udfff" for char in text)
