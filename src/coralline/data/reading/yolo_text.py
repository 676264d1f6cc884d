"""Reading the boxes of one image as YOLO has them: a line `class x-center y-center width height` each.

A line with more numbers is the outline of the object, as Ultralytics has it for segmentation and for turned boxes
(docs.ultralytics.com/datasets/segment, /datasets/obb): `class x1 y1 x2 y2 x3 y3 ...`; the box around it counts. Three
things that follow a box look like one, and are told apart from it: the confidence and the number of a track that
`save_txt`, `save_conf` and trackers write, and key points with their visibility, 0, 1 or 2 (/datasets/pose).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from coralline.data.judging.problems import Problem, unread
from coralline.data.reading import annotation_file
from coralline.data.reading.raw_annotation import RawAnnotation, RawObject
from coralline.foundation import text_file

_NUMBERS_OF_BOX = 4
_LEAST_NUMBERS_OF_OUTLINE = 6
_FIX = "correct the line, or remove it"
_SHOWN = 10


def read_yolo_text(path: str, class_names: Sequence[str]) -> RawAnnotation:
    """One annotation.

    Args:
      path: the text file.
      class_names: what the numbers 0, 1, ... stand for.

    Raises:
      DataProblem: it can't be read.
    """
    with annotation_file.opened(path):
        lines = text_file.lines(text_file.read_text(path))
    objects: list[RawObject] = []
    problems: list[Problem] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        cells, beyond = _without_what_follows_a_box(line.split())
        result = _object(cells, number, path, class_names)
        if isinstance(result, Problem):
            problems.append(result)
            continue
        objects.append(result)
        if beyond:
            problems.append(unread(path, f"{beyond} after the box", line=number))
    return RawAnnotation(objects=tuple(objects), problems=tuple(problems), normalized=True, box_format="cxcywh")


def looks_right(lines: Iterable[str]) -> bool:
    """Whether one of the lines is a number and the corners of a box, whatever their values."""
    return any(
        _is_count(len(cells) - 1) and not any(map(math.isnan, map(_number, cells)))
        for cells, _ in map(_without_what_follows_a_box, map(str.split, lines))
    )


def _without_what_follows_a_box(cells: list[str]) -> tuple[list[str], str]:
    """The cells of the class and the box or outline; and what else there was, in words."""
    box, rest = cells[: _NUMBERS_OF_BOX + 1], cells[_NUMBERS_OF_BOX + 1 :]
    if len(rest) == 1 and 0 <= _number(rest[0]) <= 1:
        return box, "a confidence"
    # A third corner whose y is written as a whole number lies on the image's edge: rarer than a track by far.
    if len(rest) == 2 and 0 <= _number(rest[0]) <= 1 and rest[1].isdecimal():
        return box, "a confidence and the number of a track"
    if rest and len(rest) % 3 == 0 and all(_number(seen) in (0, 1, 2) for seen in rest[2::3]):
        return box, "a set of key points"
    return cells, ""


def _object(cells: list[str], line: int, path: str, class_names: Sequence[str]) -> RawObject | Problem:
    def problem(kind: str, message: str, expected: str, found: str) -> Problem:
        return Problem(kind, path, message, line=line, expected=expected, found=ascii(found[:200]), fix=_FIX)

    if not _is_count(len(cells) - 1):
        expected = "a class and 4 numbers, or a class and the x and y of 3 corners or more"
        return problem("unparsable_line", f"a line has {len(cells)} cells", expected, " ".join(cells))
    index = _number(cells[0])
    if not index.is_integer():
        return problem("unparsable_line", "a line doesn't begin with the number of a class", "0, 1, 2 ...", cells[0])
    if not 0 <= index < len(class_names) or not class_names[int(index)]:
        known = ", ".join(f"{i} ({name})" for i, name in enumerate(class_names[:_SHOWN]))
        return problem("unknown_class", "the number of a class has no name", f"one of {known}", cells[0])
    name = class_names[int(index)]
    numbers = [_number(cell) for cell in cells[1:]]
    if not all(map(math.isfinite, numbers)):
        found = " ".join(cells[1:])
        return problem("bad_number", f"a box ({name}) has other than numbers", "numbers from 0 to 1", found)
    xmin, ymin, xmax, ymax = _corners(numbers)
    return RawObject(name, xmin, ymin, xmax, ymax, line=line, name_line=line)


def _is_count(numbers: int) -> bool:
    return numbers == _NUMBERS_OF_BOX or (numbers >= _LEAST_NUMBERS_OF_OUTLINE and numbers % 2 == 0)


def _corners(numbers: list[float]) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of a box or of an outline."""
    if len(numbers) == _NUMBERS_OF_BOX:
        x, y, width, height = numbers
        return x - width / 2, y - height / 2, x + width / 2, y + height / 2
    return min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2])


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
