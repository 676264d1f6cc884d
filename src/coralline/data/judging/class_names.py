"""How classes are spelt: names that differ by case, spaces or Unicode form alone mean the same class."""

from __future__ import annotations

import collections
import difflib
import unicodedata
from collections.abc import Iterable

from coralline.data.judging.problems import Problem

_SHOWN = 10
_COMPARED = 60
"""Letters of a name that are compared with others."""


class ClassNames:
    """The names that count, and the one that any other spelling means."""

    def __init__(self, names: Iterable[str]):
        self._names = dict.fromkeys(names)
        self._by_key: dict[str, str] = {}
        self._nearest_of: dict[str, str | None] = {}
        for name in self._names:
            self._by_key.setdefault(_key(name), name)

    @classmethod
    def most_usual(cls, counts: collections.Counter[str]) -> ClassNames:
        """Of each class the spelling that is there most often; of equals the composed one (NFC), the first by alphabet.

        Spaces are trimmed.
        """
        spellings: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
        for name, count in counts.items():
            spellings[_key(name)][_trimmed(name)] += count
        return cls(
            min(found, key=lambda name: (-found[name], not unicodedata.is_normalized("NFC", name), name))
            for found in spellings.values()
        )

    def usual(self, name: str) -> str | None:
        """The name that a spelling means; None for a class that isn't among them."""
        return name if name in self._names else self._by_key.get(_key(name))

    def unknown(self, name: str, file: str, line: int | None) -> Problem:
        """The problem of a class that isn't in the label map."""
        near = self._nearest(name)
        return Problem(
            "unknown_class",
            file,
            f"a class that isn't in the label map: {name}",
            line=line,
            expected="one of " + ", ".join(list(self._names)[:_SHOWN]) + (" ..." if len(self._names) > _SHOWN else ""),
            found=name,
            fix=(f"did you mean {near}? then " if near else "")
            + "correct the annotation, or add the class to the label map",
        )

    def _nearest(self, name: str) -> str | None:
        """The name that may have been meant. Cached: the search is slow, and wrong names repeat."""
        if name not in self._nearest_of:
            near = difflib.get_close_matches(name[:_COMPARED], self._names, n=1)
            self._nearest_of[name] = near[0] if near else None
        return self._nearest_of[name]


def _trimmed(name: str) -> str:
    return " ".join(name.split())


def _key(name: str) -> str:
    """Canonical caseless matching (Unicode Standard, definition D145)."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", _trimmed(name)).casefold())


def same_looks(name: str, other: str) -> bool:
    """Whether two spellings differ in their Unicode form alone, which doesn't show."""
    return unicodedata.normalize("NFC", name) == unicodedata.normalize("NFC", other)
