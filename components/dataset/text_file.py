"""Text files as people's tools save them: UTF-8, with or without a byte order mark, or UTF-16 with one."""

from __future__ import annotations

import codecs

from components.dataset import storage

_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_lines(path: str) -> list[str]:
    """Every line, without its end. Raises OSError whatever the file system."""
    return lines(storage.read_bytes(path))


def lines(content: bytes) -> list[str]:
    """Every line, without its end; only what editors take for a line's end counts as one.

    Bytes that aren't UTF-8 are kept, as Python keeps them in the names of files (PEP 383): see `is_text`.
    """
    if content.startswith(_UTF16_MARKS):
        text = content.decode("utf-16", "replace")
    else:
        text = content.decode("utf-8-sig", "surrogateescape")
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def is_text(text: str) -> bool:
    """Whether it can be written as UTF-8: False where `lines` kept bytes that aren't."""
    return not any("\ud800" <= char <= "\udfff" for char in text)
