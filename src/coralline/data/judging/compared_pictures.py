"""Which pictures of a data set are compared with each other: the cost is bounded, unless a person asks for more."""

from __future__ import annotations

import dataclasses
import itertools
import os
from collections.abc import Sequence
from typing import Literal

from coralline.data.judging.source_names import by_source
from coralline.data.reading.raw_annotation import Entry
from coralline.foundation import storage

_MOST_IMAGES = 1000
_MOST_BYTES = 128 << 20
"""Decoding takes 1 s for some 50 MB of JPEG, at an eighth of the size and on one core (an AMD EPYC)."""


def marked(entries: Sequence[Entry], which: Literal["auto", "all", "none"]) -> list[Entry]:
    """The entries, with `compared` set where the picture is to be compared."""
    if which == "none":
        return list(entries)
    if which == "all" or _are_few(entries):
        return [dataclasses.replace(entry, compared=True) for entry in entries]
    named = {name for names in by_source(entry.image for entry in entries).values() for name in names}
    return [dataclasses.replace(entry, compared=entry.image in named) for entry in entries]


def _are_few(entries: Sequence[Entry]) -> bool:
    """Records, and images that lie elsewhere, count by their number alone."""
    if len(entries) > _MOST_IMAGES:
        return False
    sizes = (_size(entry) for entry in entries)
    return all(total <= _MOST_BYTES for total in itertools.accumulate(sizes))


def _size(entry: Entry) -> int:
    if entry.place.record is not None or storage.is_remote(entry.place.path):
        return 0
    try:
        return os.path.getsize(entry.place.path)
    except OSError:
        return 0
