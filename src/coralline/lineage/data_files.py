"""Which images a data set had, with what their content and their boxes hash to: what tells two data sets apart.

`docs/lineage-records.md` describes the file. 100,000 images are 2.5 MB.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from coralline.lineage.recorded_lines import KEY, open_rows, paired_rows, write_rows

DATA_FILES, SCHEMA = "data_files.jsonl.gz", "coralline.data-files/1"
"""Name in the folder of a DatasetReport, and what its first line says."""
CONTENT_DIGITS = 16
"""Hexadecimal digits that are kept of a SHA-256: 64 bits, of which two in 100,000 images are the same once in 10^9."""


@dataclasses.dataclass(frozen=True)
class DataFile:
    """An image of a data set.

    Attributes:
      image: its path within the data set.
      split: the side that it's on.
      content: of the SHA-256 of the file, the first `CONTENT_DIGITS`.
      boxes: the same of its boxes (`boxes_digest`).
      labels: {class: number of boxes}.
    """

    image: str
    split: str
    content: str
    boxes: str
    labels: Mapping[str, int]


@dataclasses.dataclass(frozen=True)
class DataFileChange:
    """An image that isn't the same in two data sets.

    Attributes:
      image: its path within the data set.
      change: `added`, `removed` or `changed`.
      what: of a changed one, what has changed: `content`, `boxes`, `split`.
      before, after: it, on either side; None where it isn't.
    """

    image: str
    change: str
    what: tuple[str, ...]
    before: DataFile | None
    after: DataFile | None


def write_data_files(folder: str, files: Iterable[DataFile]) -> None:
    """Writes `DATA_FILES` into the folder of a DatasetReport.

    Raises:
      OSError: it can't be written.
    """
    rows = (
        (of.image, {"split": of.split, "content": of.content, "boxes": of.boxes, "labels": dict(of.labels)})
        for of in files
    )
    write_rows(f"{folder}/{DATA_FILES}", SCHEMA, {}, rows)


def read_data_files(folder: str) -> Iterator[DataFile]:
    """The images of a data set, by name, one after the other.

    Raises:
      FileNotFoundError: the report's folder has no such file: it was made by an older release.
      UserError: it can't be read.
    """
    with open_rows(f"{folder}/{DATA_FILES}", SCHEMA) as rows:
        yield from map(_data_file, rows.rows())


def changed_data_files(before: str, after: str) -> Iterator[DataFileChange]:
    """How the images of one data set differ from those of another, by name.

    Args:
      before, after: the folders of their DatasetReports.

    Raises:
      FileNotFoundError: one has no such file.
      UserError: one can't be read.
    """
    with (
        open_rows(f"{before}/{DATA_FILES}", SCHEMA) as old,
        open_rows(f"{after}/{DATA_FILES}", SCHEMA) as new,
    ):
        for rows in paired_rows(old, new):
            one, other = (None if row is None else _data_file(row) for row in rows)
            if one is None and other is not None:
                yield DataFileChange(other.image, "added", (), None, other)
            elif other is None and one is not None:
                yield DataFileChange(one.image, "removed", (), one, None)
            elif one is not None and other is not None:
                what = tuple(
                    name for name in ("content", "boxes", "split") if getattr(one, name) != getattr(other, name)
                )
                if what:
                    yield DataFileChange(one.image, "changed", what, one, other)


def boxes_digest(boxes: Sequence[tuple[Any, ...]]) -> str:
    """What tells the boxes of an image from others, in whatever order they stand.

    Args:
      boxes: class, xmin, ymin, xmax, ymax in pixels, difficult, truncated, of each.
    """
    # Three digits: corners that went through text, or through shares of the image, come back a little off.
    told = sorted(json.dumps([round(of, 3) if isinstance(of, float) else of for of in box]) for box in boxes)
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:CONTENT_DIGITS]


def _data_file(row: Mapping[str, Any]) -> DataFile:
    labels = row.get("labels")
    return DataFile(
        str(row[KEY]),
        str(row.get("split", "")),
        str(row.get("content", "")),
        str(row.get("boxes", "")),
        labels if isinstance(labels, dict) else {},
    )
