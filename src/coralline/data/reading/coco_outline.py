"""The box around a COCO `segmentation`: polygons, or a run-length encoded mask.

The encoding is that of pycocotools (common/maskApi.c), whose own reader isn't used: it trusts its input, and a damaged
string can make it read beyond the end, or divide by a height of 0.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

from coralline.data.reading import outlines
from coralline.data.reading.outlines import Corners

_FIRST_CHARACTER = 48
"""Six bits a character, from "0" on: five of the number, and one that says that more follow."""
_BITS, _MORE, _SIGN = 5, 0x20, 0x10
_LARGEST = 1 << 31


def around_segmentation(segmentation: Any) -> Corners | None:
    """The box around it, in pixels; None if it's empty or can't be understood."""
    if isinstance(segmentation, dict):
        return _around_mask(segmentation)
    if not isinstance(segmentation, list) or not segmentation:
        return None
    polygons = segmentation if all(isinstance(part, list) for part in segmentation) else [segmentation]
    points: list[tuple[float, float]] = []
    for polygon in polygons:
        if len(polygon) % 2 or not all(map(is_number, polygon)):
            return None
        points += zip(map(float, polygon[::2]), map(float, polygon[1::2]), strict=True)
    return outlines.around_points(points) if points else None


def _around_mask(mask: dict[str, Any]) -> Corners | None:
    """Runs of background and object take turns, down the columns."""
    counts, size = mask.get("counts"), mask.get("size")
    if not isinstance(size, list) or len(size) != 2 or not all(_is_count(side) and side for side in size):
        return None
    height, width = size
    if isinstance(counts, str):
        runs = _decoded(counts)
    elif isinstance(counts, list) and all(map(_is_count, counts)):
        runs = counts
    else:
        return None
    if runs is None or sum(runs) > height * width:
        return None
    points: list[tuple[float, float]] = []
    for start, end in itertools.islice(_stretches(runs), 1, None, 2):
        first, last = divmod(start, height), divmod(end - 1, height)
        if start == end:
            continue
        top, bottom = (first[1], last[1] + 1) if first[0] == last[0] else (0, height)
        points += [(first[0], top), (last[0] + 1, bottom)]
    return outlines.around_points(points) if points else None


def _stretches(runs: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Start and end of each run."""
    ends = itertools.accumulate(runs)
    return ((end - run, end) for run, end in zip(runs, ends, strict=True))


def _decoded(text: str) -> list[int] | None:
    """The lengths of the runs; from the fourth on, each is written as its difference from the one two before."""
    runs: list[int] = []
    value = bits = 0
    for character in text:
        code = ord(character) - _FIRST_CHARACTER
        if not 0 <= code < 2 * _MORE or bits > 6 * _BITS:
            return None
        value |= (code & (_MORE - 1)) << bits
        bits += _BITS
        if code & _MORE:
            continue
        if code & _SIGN:
            value -= 1 << bits
        run = value + (runs[-2] if len(runs) > 2 else 0)
        if not 0 <= run < _LARGEST:
            return None
        runs.append(run)
        value = bits = 0
    return runs if bits == 0 else None


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LARGEST


def is_number(value: Any) -> bool:
    """Whether it can be a coordinate: Python's JSON allows NaN, and integers beyond floats."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e9 and math.isfinite(value)
