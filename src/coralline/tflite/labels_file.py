"""labels.txt: class names, one a line, the first real class first."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from coralline.foundation.errors import UserError

_MOST_CLASSES = 100_000  # lines that begin with a larger number don't begin with a class id


def read_labels_file(path: str | PathLike[str]) -> list[str]:
    """Class names by id; Frigate's and Coral's files may have the class id in front of each.

    An id that such a file leaves out is its own name.

    Raises:
      UserError: the file can't be read.
    """
    try:
        lines = [line.strip() for line in Path(path).read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as e:
        raise UserError("can't read the labels", file=path, found=e, fix="one class name a line") from e
    numbered = [line.split(maxsplit=1) for line in lines]
    if lines and all(len(parts) == 2 and parts[0].isdecimal() for parts in numbered):
        names = {int(number): name for number, name in numbered}
        if max(names) < _MOST_CLASSES:
            return [names.get(class_id, str(class_id)) for class_id in range(max(names) + 1)]
    return lines


def beside(model: str | PathLike[str]) -> list[str] | None:
    """The labels in labels.txt in the model's folder, or None if there is none.

    Raises:
      UserError: it's there and can't be read.
    """
    path = Path(model).with_name("labels.txt")
    return read_labels_file(path) if path.is_file() else None
