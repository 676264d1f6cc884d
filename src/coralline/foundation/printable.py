"""Texts out of files, names and annotations, as they may be shown: on a terminal, in a log, in JSON.

Whoever names a file or a class can put anything into it: a line break that forges a line of a report, an escape
sequence that a terminal obeys, bytes that aren't UTF-8 and that no stream encodes. Escapes are those of Python's
literals; bytes that weren't UTF-8, which stand in names as surrogates (PEP 383), are shown as `\\xff`.
"""

from __future__ import annotations

import re
import unicodedata

_JOINERS = "\u200c\u200d"
"""Invisible, but part of ordinary words in some scripts, and of emoji."""

_SECRET_WORDS = "sig|token|secret|passw|credential|key"
SECRET_PARAMETER = re.compile(_SECRET_WORDS, re.IGNORECASE)
"""Found in the name of a parameter of an address whose value is secret."""
_SECRET = re.compile(
    rf"(?<=://)[^/\s?\#]+(?=@) | (?<=[?&;])([^=&\s]*(?:{_SECRET_WORDS})[^=&\s]*=)[^&\s]+",
    re.IGNORECASE | re.VERBOSE,
)


def printable(text: str) -> str:
    """The text in one line, with an escape for whatever can't be seen or encoded."""
    return text if text.isprintable() else "".join(map(_visible, text))


def printable_lines(text: str) -> str:
    """The text with its line breaks, and an escape for whatever else can't be seen or encoded."""
    return text if text.isprintable() else "\n".join(map(printable, text.split("\n")))


def encodable(text: str) -> str:
    """The text itself, with an escape for what UTF-8 can't encode: for JSON, which has escapes for the rest."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join(_escaped(c) if unicodedata.category(c) == "Cs" else c for c in text)
    return text


def shortened(text: str, most_characters: int = 300) -> str:
    """The text, cut off if it's too long to read."""
    return text if len(text) <= most_characters else text[:most_characters] + "..."


def without_secrets(text: str) -> str:
    """The text, with `***` for the user and password of the addresses in it and for what signs them."""
    return _SECRET.sub(lambda match: f"{match[1] or ''}***", text)


def _visible(character: str) -> str:
    seen = character.isprintable() or character in _JOINERS or unicodedata.category(character) == "Zs"
    return character if seen else _escaped(character)


def _escaped(character: str) -> str:
    if "\udc80" <= character <= "\udcff":
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
