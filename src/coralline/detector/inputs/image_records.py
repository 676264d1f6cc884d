"""The records that a training reads: all of the training side, or those that are left of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from coralline.data.records import tfrecord


@dataclasses.dataclass(frozen=True)
class ImageRecords:
    """Records of TFRecord files, all or some. A record's number is its place in the files, from 0.

    Attributes:
      files: gzipped TFRecords of tf.Examples.
      numbers: of those that belong to it; None: all.
    """

    files: tuple[str, ...]
    numbers: frozenset[int] | None = None

    def __iter__(self) -> Iterator[bytes]:
        """Those that belong to it, in the order of the files.

        Raises:
          UserError: a file can't be read, or is damaged.
        """
        return (record for number, record in self.numbered() if self.numbers is None or number in self.numbers)

    def numbered(self) -> Iterator[tuple[int, bytes]]:
        """Every record of the files with its number, whether or not it belongs."""
        return enumerate(record for path in self.files for record in tfrecord.read_record_file(path))
