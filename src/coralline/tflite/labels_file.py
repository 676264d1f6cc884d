"""labels.txt: class names, one a line, the first real class first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from os import PathLike, fspath

from coralline.foundation import storage, text_file
from coralline.foundation.errors import UserError

_BACKGROUND = ("???", "background", "unlabeled")
_NUMBERED = re.compile(r"(\d+)[:\s]+(\S.*)", re.ASCII)
"""A line with a class's id, as pycoral's `read_label_file` takes it."""
_LEFT_OUT = 10
"""Beside as many as there are, a file may leave out so many ids: Coral's own of COCO has 80 of 90."""


def read_labels_file(path: str | PathLike[str]) -> list[str]:
    """Class names by id, as `parse_labels`.

    Raises:
      UserError: the file can't be read.
    """
    try:
        text = text_file.strictly_decoded(storage.read_bytes(fspath(path)))
    except (OSError, UnicodeDecodeError) as e:
        raise _unreadable(path, e) from e
    return parse_labels(text)


def parse_labels(text: str) -> list[str]:
    """Class names by id. Blank lines don't count.

    In Frigate's and Coral's files, and in ours if a class begins with a number, each line has the class's id in front.
    An id that such a file leaves out is its own name. Only if every line begins with an id, the ids run from 0 (or from
    1, without gaps), and no name comes twice, are they ids: `1 euro`, `2 euro` and `50 cent` are names.
    """
    lines = [line.strip() for line in text_file.lines(text) if line.strip()]
    numbered = [match for line in lines if (match := _NUMBERED.fullmatch(line))]
    names = {int(match[1]): match[2] for match in numbered if len(match[1]) < 10}
    if not lines or not len(names) == len(set(names.values())) == len(lines):
        return lines
    ids = sorted(names)
    if ids == list(range(1, len(ids) + 1)):
        return [names[class_id] for class_id in ids]
    if ids[0] or ids[-1] >= 2 * len(ids) + _LEFT_OUT:
        return lines
    return [names.get(class_id, str(class_id)) for class_id in range(ids[-1] + 1)]


def without_background(labels: Sequence[str], classes: int | None) -> list[str]:
    """The labels of a model's classes: without the background, which some files name before the first real class."""
    if classes is not None and len(labels) == classes + 1 and labels[0].strip("_ ").lower() in _BACKGROUND:
        return list(labels[1:])
    return list(labels)


def beside(model: str | PathLike[str]) -> list[str] | None:
    """The labels in labels.txt in the model's folder, or None if there is none.

    Raises:
      UserError: it's there and can't be read.
    """
    path = storage.in_same_folder(fspath(model), "labels.txt")
    try:
        there = storage.exists(path) and not storage.is_folder(path)
    except OSError as e:
        raise _unreadable(path, e) from e
    return read_labels_file(path) if there else None


def _unreadable(path: str | PathLike[str], error: Exception) -> UserError:
    return UserError("can't read the labels", file=path, found=error, fix="one class name a line")
