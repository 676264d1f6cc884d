"""Records of many images as a file beside an artifact's properties: gzipped JSON, an object a line, sorted by image.

The first line says what the others are: `schema`, and how many `images` follow. Two such files are compared in one
pass, in the memory of two lines; lines that are the same byte by byte aren't even parsed. The same rows give the same
bytes.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any, cast

from coralline.foundation import storage
from coralline.foundation.errors import UserError, reason

KEY = "image"
"""What every row has, and rows are sorted by: the image's path within the data set."""

_LONGEST = 32 << 20  # of a line: an image with 100,000 boxes has 10 MB
_LEVEL = 6
_BUFFER = 1 << 18


def write_rows(path: str, schema: str, about: Mapping[str, Any], rows: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
    """Writes a file of rows.

    Args:
      path: a path or an address.
      schema: name and version, such as `coralline.data-files/1`.
      about: more for the first line.
      rows: the image's name and what is said of it, of each; in any order.

    Raises:
      OSError: it can't be written.
    """
    ordered = sorted(rows, key=lambda row: row[0])
    with (
        storage.open_to_write(path) as file,
        gzip.GzipFile("", "wb", _LEVEL, cast(Any, file), mtime=0) as packed,
        io.BufferedWriter(cast(Any, packed), _BUFFER) as out,
    ):
        out.write(_line({"schema": schema, "images": len(ordered), **about}))
        for name, row in ordered:
            out.write(_line({KEY: name, **row}))


class RecordedRows:
    """A file of rows, being read: made by `open_rows`.

    Attributes:
      path: where it is. about: the first line.
    """

    def __init__(self, path: str, file: IO[bytes], schema: str):
        self.path, self._file = path, file
        self.about = self.parsed(self._next_line())
        if self.about.get("schema") != schema:
            raise self._wrong(f"a file of {schema}", f"its first line says {str(self.about.get('schema'))[:80]!r}")

    def lines(self) -> Iterator[bytes]:
        """The rows as they stand in the file, as many as the first line says."""
        for _ in range(int(self.about.get("images", 0))):
            yield self._next_line()

    def parsed(self, line: bytes) -> dict[str, Any]:
        """A row."""
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as e:
            raise self._wrong("a JSON object a line", e) from e
        if not isinstance(row, dict):
            raise self._wrong("a JSON object a line", type(row).__name__)
        return row

    def rows(self) -> Iterator[dict[str, Any]]:
        """All rows, parsed."""
        return map(self.parsed, self.lines())

    def _next_line(self) -> bytes:
        try:
            line = self._file.readline(_LONGEST)
        except (OSError, EOFError, zlib.error) as e:
            raise self._wrong("a whole gzip file", reason(e) if isinstance(e, OSError) else e) from e
        if not line.endswith(b"\n"):
            raise self._wrong("as many lines as its first one says", "its end, or a line without one")
        return line

    def _wrong(self, expected: str, found: str | BaseException) -> UserError:
        return UserError("a record of lineage can't be read", file=self.path, expected=expected, found=found)


@contextlib.contextmanager
def open_rows(path: str, schema: str) -> Iterator[RecordedRows]:
    """A file of rows to read.

    Args:
      path: a path or an address.
      schema: that it must have.

    Raises:
      FileNotFoundError: there is none: an older release didn't write it, or it was deleted.
      UserError: it can't be read, or is something else.
    """
    try:
        file = storage.open_to_read(path)
    except (FileNotFoundError, NotADirectoryError) as e:
        raise FileNotFoundError(str(e)) from e
    except OSError as e:
        raise UserError("a record of lineage can't be read", file=path, found=reason(e)) from e
    with file, gzip.GzipFile(fileobj=file) as unpacked, io.BufferedReader(cast(Any, unpacked), _BUFFER) as lines:
        yield RecordedRows(path, lines, schema)


def paired_rows(
    one: RecordedRows, other: RecordedRows, same_lines_are_same: bool = True
) -> Iterator[tuple[dict[str, Any] | None, dict[str, Any] | None]]:
    """The rows of the same image in two files; None on the side that doesn't have it.

    Args:
      one, other: the files.
      same_lines_are_same: whether lines that are the same mean the same, and are passed over.

    Raises:
      UserError: one can't be read, or isn't sorted.
    """
    first, second = _Cursor(one), _Cursor(other)
    while first.line is not None or second.line is not None:
        if same_lines_are_same and first.line == second.line:
            first.advance()
            second.advance()
            continue
        before, after = first.row, second.row
        names = [row[KEY] for row in (before, after) if row is not None]
        least = min(names)
        yield (
            before if before is not None and before[KEY] == least else None,
            after if after is not None and after[KEY] == least else None,
        )
        for cursor, row in ((first, before), (second, after)):
            if row is not None and row[KEY] == least:
                cursor.advance()


class _Cursor:
    """The next line of a file; None at its end."""

    def __init__(self, rows: RecordedRows):
        self._rows, self._lines, self._name = rows, rows.lines(), ""
        self._parsed: dict[str, Any] | None = None
        self.line: bytes | None = next(self._lines, None)

    @property
    def row(self) -> dict[str, Any] | None:
        """The line, parsed once."""
        if self._parsed is None and self.line is not None:
            row = self._rows.parsed(self.line)
            name = row.get(KEY)
            if not isinstance(name, str) or name < self._name:
                found = f"{str(name)[:80]!r} after {self._name[:80]!r}"
                raise UserError(
                    "a record of lineage can't be read", file=self._rows.path, expected="lines by name", found=found
                )
            self._parsed, self._name = row, name
        return self._parsed

    def advance(self) -> None:
        """To the next line."""
        self.line, self._parsed = next(self._lines, None), None


def _line(row: Mapping[str, Any]) -> bytes:
    # A file's name need not be text: what stands for its other bytes is written as an escape.
    return json.dumps(row, separators=(",", ":"), ensure_ascii=True).encode("ascii") + b"\n"
