"""CSV: a line a box, as `xml_to_csv.py` of the Object Detection API's tutorials writes it.

`filename,width,height,class,xmin,ymin,xmax,ymax` in any order, separated by commas, semicolons or tabs; sizes may be
left out. Other tools name the columns otherwise: VoTT `image,xmin,ymin,xmax,ymax,label`, and boxes may be `x,y,w,h`,
from the upper left corner as COCO has them. A line that names an image and nothing else makes it a background image.
The images are in the same folder, or in any below the one that was given; a name is only ever compared with theirs.
"""

from __future__ import annotations

import csv
import dataclasses
import math
from collections.abc import Sequence

from coralline.data.judging.problems import Problem, unread
from coralline.data.reading.folder import Folder
from coralline.data.reading.named_images import NamedAnnotation, layout_of_files
from coralline.data.reading.raw_annotation import Layout, RawAnnotation, RawObject
from coralline.data.records.label_map import LabelMap
from coralline.foundation import storage, text_file
from coralline.foundation.errors import UserError
from coralline.foundation.progress import counted

_ENDINGS = (".csv", ".tsv")
_SIDES = ("xmin", "ymin", "xmax", "ymax")
_FROM_CORNER = ("x", "y", "w", "h")
COLUMN_NAMES = {
    "filename": ("filename", "file_name", "image", "file", "path"),
    "class": ("class", "label", "name"),
    **{side: (side,) for side in (*_SIDES, *_FROM_CORNER, "width", "height")},
}
"""What is read, and the names that it may have, the first that is there counts."""
_SEPARATORS = ",;\t"
_HEAD_BYTES = 4096
"""The header must be within these first bytes; other CSV files aren't read."""
_FIX = "correct the line, or remove it"


def what_is_there(folder: Folder) -> str:
    """The annotations of this kind, in words; empty when there are none."""
    count = len(files(folder))
    return f"{counted(count, 'CSV file')} of boxes" if count else ""


def files(folder: Folder) -> tuple[str, ...]:
    """CSV files with the columns that are needed."""
    return tuple(name for name in folder.with_ending(*_ENDINGS) if _has_header(folder.path(name)))


def find(folder: Folder, _given: LabelMap | None = None) -> Layout:
    """Every image that a line names, with its boxes.

    Raises:
      UserError: a file can't be read.
    """
    return layout_of_files(folder, "CSV", {name: _Table(folder.path(name)) for name in files(folder)})


@dataclasses.dataclass(frozen=True)
class _Header:
    """Which cell of a line holds what."""

    separator: str
    columns: tuple[str, ...]
    sides: tuple[str, ...]
    unread: tuple[str, ...]

    @classmethod
    def of_line(cls, line: str) -> _Header | None:
        for separator in _SEPARATORS:
            columns = tuple(cell.strip().lower() for cell in _cells(line, separator))
            if header := cls._of_columns(separator, columns):
                return header
        return None

    @classmethod
    def _of_columns(cls, separator: str, said: tuple[str, ...]) -> _Header | None:
        meant = {
            name: column
            for column, names in COLUMN_NAMES.items()
            if (name := next((name for name in names if name in said), None))
        }
        columns = tuple(meant.get(name, name) for name in said)
        for sides in (_SIDES, _FROM_CORNER):
            if all(columns.count(name) == 1 for name in ("filename", "class", *sides)):
                return cls(separator, columns, sides, tuple(name for name in said if name and name not in meant))
        return None


@dataclasses.dataclass(frozen=True, slots=True)
class _Row:
    """A line with as many cells as there are columns."""

    line: int
    cells: dict[str, str]
    sides: tuple[str, ...]

    @property
    def size(self) -> tuple[int, int]:
        """The image's width and height, 0 if the line has none."""
        return _size(self.cells.get("width", "")), _size(self.cells.get("height", ""))


class _Table:
    """One file: its lines by image, and the problems of lines without one."""

    def __init__(self, path: str):
        self._path = path
        self._rows_of: dict[str, list[_Row]] = {}
        self.problems: list[Problem] = []
        header: _Header | None = None
        for number, line in enumerate(_lines(path), start=1):
            if not line.strip():
                continue
            if header is None:
                header = _Header.of_line(line)
            else:
                self._add(number, line, header)
        lines = counted(sum(map(len, self._rows_of.values())), "line")
        for name in header.unread if header else ():
            self.problems.append(unread(path, f"the column `{name[:100]}`", found=lines))

    @property
    def images(self) -> list[NamedAnnotation]:
        """Those that lines name."""
        return [
            NamedAnnotation(said, _annotation(said, rows, self._path), rows[0].line)
            for said, rows in self._rows_of.items()
        ]

    def _add(self, number: int, line: str, header: _Header) -> None:
        cells = [cell.strip() for cell in _cells(line, header.separator)]
        while len(cells) > len(header.columns) and not cells[-1]:
            cells.pop()
        if cells and not any(cells):
            return
        if len(cells) != len(header.columns):
            self._note(number, "a line has too few or too many cells", header, ascii(line[:200]))
            return
        row = _Row(number, dict(zip(header.columns, cells, strict=True)), header.sides)
        said = row.cells["filename"]
        if not said:
            self._note(number, "a line names no image", header, ascii(line[:200]))
            return
        self._rows_of.setdefault(said, []).append(row)

    def _note(self, number: int, message: str, header: _Header, found: str) -> None:
        expected = f"{len(header.columns)} cells: " + header.separator.join(header.columns)
        self.problems.append(
            Problem("unparsable_line", self._path, message, line=number, expected=expected, found=found, fix=_FIX)
        )


def _annotation(said: str, rows: Sequence[_Row], path: str) -> RawAnnotation:
    """The annotation in the lines of one image; the first line gives its size."""
    results = [_object(row, path) for row in rows]
    size = rows[0].size
    for i, row in enumerate(rows):
        if row.size != size:
            results[i] = Problem(
                "unparsable_line",
                path,
                "a line gives the image another size than the lines before it",
                line=row.line,
                expected=f"{size[0]} x {size[1]}",
                found=f"{row.size[0]} x {row.size[1]}",
                fix=_FIX,
            )
    return RawAnnotation(
        objects=tuple(result for result in results if isinstance(result, RawObject)),
        problems=tuple(result for result in results if isinstance(result, Problem)),
        width=size[0],
        height=size[1],
        size_line=rows[0].line,
        box_format="xywh" if rows[0].sides == _FROM_CORNER else "xyxy",
        path=said,
        path_line=rows[0].line,
    )


def _object(row: _Row, path: str) -> RawObject | Problem | None:
    """The box of a line, if it has one."""
    name, sides = row.cells["class"], [row.cells[side] for side in row.sides]
    if not name and not any(sides):
        return None
    if not name or not text_file.is_text(name):
        kind, message = (
            ("unparsable_line", "a class isn't UTF-8 text") if name else ("no_class_name", "a box has no class")
        )
        return _wrong(row, path, kind, message, "the name of a class", ascii(name) if name else None)
    if not all(sides):
        return _wrong(
            row, path, "incomplete_box", f"a box ({name}) lacks a corner", ", ".join(row.sides), ", ".join(sides)
        )
    corners = [_number(text) for text in sides]
    if not all(map(math.isfinite, corners)):
        wrong = sides[[math.isfinite(corner) for corner in corners].index(False)]
        return _wrong(row, path, "bad_number", f"a corner of a box ({name}) isn't a number", "pixels", ascii(wrong))
    xmin, ymin, xmax, ymax = corners
    if row.sides == _FROM_CORNER:
        xmax, ymax = xmin + xmax, ymin + ymax
    return RawObject(name, xmin, ymin, xmax, ymax, line=row.line, name_line=row.line)


def _wrong(row: _Row, path: str, kind: str, message: str, expected: str, found: str | None) -> Problem:
    return Problem(kind, path, message, line=row.line, expected=expected, found=found and found[:200], fix=_FIX)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _size(text: str) -> int:
    value = _number(text)
    return int(value) if 0 < value < 1e9 else 0


def _has_header(path: str) -> bool:
    try:
        head = text_file.lines(text_file.decoded(storage.read_head(path, _HEAD_BYTES)))
    except OSError:
        return True  # It may be one; reading it reports what is wrong.
    first = next((line for line in head if line.strip()), "")
    return _Header.of_line(first) is not None


def _lines(path: str) -> list[str]:
    try:
        return text_file.lines(text_file.read_text(path))
    except OSError as e:
        raise UserError("can't read this CSV file", file=path, found=e, fix="check the file's permissions") from e


def _cells(line: str, separator: str) -> list[str]:
    """The cells of one line, so that a stray quotation mark can't swallow the following lines."""
    try:
        return [] if "\0" in line else next(csv.reader([line], delimiter=separator))
    except (csv.Error, StopIteration):  # A cell of more than 128 KiB; a NUL too, before Python 3.11.
        return []
