"""The CSV of VIA 2: a line a region, with JSON in its cells. See `via_files`."""

from __future__ import annotations

import csv
import json
from typing import Any

from coralline.data.judging.problems import Problem
from coralline.data.reading.json_file import Unread, WrongItemError
from coralline.data.reading.named_images import NamedAnnotation
from coralline.data.reading.raw_annotation import RawAnnotation, RawObject
from coralline.data.reading.via_json import ViaFile
from coralline.data.reading.via_regions import class_attribute, read_region
from coralline.foundation import storage, text_file
from coralline.foundation.errors import UserError

KNOWN_COLUMNS = (
    *("filename", "file_size", "file_attributes", "region_count", "region_id"),
    *("region_shape_attributes", "region_attributes"),
)
"""Those that are read, and those that say nothing a detector needs. Version 1 writes `#` before the first."""
_NEEDED = {"filename", "region_shape_attributes", "region_attributes"}
_HEAD_BYTES = 4096
_FIX = "correct the line, or remove it"


def is_via(path: str) -> bool:
    """Whether the first line names VIA's columns."""
    try:
        head = text_file.lines(text_file.decoded(storage.read_head(path, _HEAD_BYTES)))
    except OSError:
        return False
    return set(_columns(head)) >= _NEEDED


def read_via_csv(path: str) -> ViaFile:
    """A CSV file.

    Raises:
      UserError: it can't be used at all.
    """
    try:
        lines = text_file.lines(text_file.read_text(path))
    except OSError as e:
        raise UserError("can't read this CSV file", file=path, found=e, fix="check the file's permissions") from e
    return _Table(path, lines).result()


class _Table:
    """The lines of a file, by image."""

    def __init__(self, path: str, lines: list[str]):
        self._path, self._unread = path, Unread(path)
        self._problems: list[Problem] = []
        self._rows: dict[str, list[tuple[int, Any, Any]]] = {}
        columns = _columns(lines)
        is_header_next = True
        for number, line in enumerate(lines, start=1):
            if line.strip() and is_header_next:
                is_header_next = False
            elif line.strip():
                self._add(number, line, columns)
        for name in columns:
            if name and name not in KNOWN_COLUMNS:
                self._unread.add(f"the column `{name[:100]}`")

    def result(self) -> ViaFile:
        attributes = (attributes for rows in self._rows.values() for _, _, attributes in rows)
        name_of_class = class_attribute(attributes, self._path)
        images = [
            NamedAnnotation(said, self._annotation(said, rows, name_of_class), rows[0][0])
            for said, rows in self._rows.items()
        ]
        return ViaFile(images, self._problems + self._unread.problems())

    def _add(self, number: int, line: str, columns: list[str]) -> None:
        cells = _cells(line)
        if len(cells) != len(columns) or not (row := dict(zip(columns, cells, strict=True)))["filename"].strip():
            message = "a line names no image" if len(cells) == len(columns) else "a line has too few or too many cells"
            self._note(WrongItemError("unparsable_line", message, ",".join(columns), line[:200]), number)
            return
        shape: dict[str, Any] | None = None
        attributes: dict[str, Any] | None = None
        try:
            shape, attributes = (_object(row[name], name) for name in ("region_shape_attributes", "region_attributes"))
        except WrongItemError as e:
            self._note(e, number)
        self._rows.setdefault(row["filename"], []).append((number, shape, attributes))

    def _annotation(self, said: str, rows: list[tuple[int, Any, Any]], name_of_class: str | None) -> RawAnnotation:
        objects: list[RawObject] = []
        problems = []
        for line, shape, attributes in rows:
            if not shape:  # An image without regions has one line all the same.
                continue
            try:
                found = read_region(shape, attributes, name_of_class, "a region", self._unread)
            except WrongItemError as e:
                problems.append(e.problem(self._path, line, _FIX))
                continue
            if found:
                objects.append(
                    RawObject(
                        found.class_name,
                        *found.xmin_ymin_xmax_ymax,
                        line=line,
                        name_line=line,
                        oddities=found.oddities,
                    )
                )
        return RawAnnotation(
            tuple(objects), tuple(problems), box_format="xywh", subpixel=True, path=said, path_line=rows[0][0]
        )

    def _note(self, error: WrongItemError, line: int) -> None:
        self._problems.append(error.problem(self._path, line, _FIX))


def _object(text: str, column: str) -> dict[str, Any]:
    """Raises WrongItemError if the cell isn't an object in JSON."""
    try:
        value = json.loads(text) if text.strip() else {}
    except (RecursionError, ValueError):
        value = None
    if not isinstance(value, dict):
        raise WrongItemError("unparsable_line", f"`{column}` of a region isn't JSON", "{...}", text[:200])
    return value


def _columns(lines: list[str]) -> list[str]:
    first = next((line for line in lines if line.strip()), "")
    return [cell.strip().lstrip("#").lower() for cell in _cells(first)]


def _cells(line: str) -> list[str]:
    """The cells of one line, so that a stray quotation mark can't swallow the following lines."""
    try:
        return [] if "\0" in line else next(csv.reader([line]))
    except (csv.Error, StopIteration):  # A cell of more than 128 KiB; a NUL too, before Python 3.11.
        return []
