"""The label map: class names and their ids, which start at 1 and have no gaps (0 is the background).

Reads and writes the Object Detection API's `label_map.pbtxt` (object_detection/protos/string_int_label_map.proto).
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable

from coralline.foundation import storage, text_file, text_proto
from coralline.foundation.errors import UserError

LABEL_MAP_FILE = "label_map.pbtxt"
"""Its name inside the LabelMap artifact's folder."""

_FIRST_WORD = re.compile(r"[:\s]")
"""What ends a class's id for pycoral."""

_FIX = "number the items 1, 2, 3 ... with one `name` each"


@dataclasses.dataclass(frozen=True)
class LabelMap:
    """Class names; the id of `names[i]` is `i + 1`."""

    names: tuple[str, ...]

    @classmethod
    def of_names(cls, names: Iterable[str]) -> LabelMap:
        """The label map derived from data: the sorted, distinct names."""
        return cls(tuple(sorted(set(names))))

    @classmethod
    def read(cls, path: str) -> LabelMap:
        """Reads a `label_map.pbtxt`.

        An item's class is its `name` (what annotations hold), or its `display_name` if it has no name.

        Raises:
          UserError: the file can't be read, isn't a label map, or its ids aren't 1..n; with file and line.
        """
        try:
            text = text_file.strictly_decoded(storage.read_bytes(path))
        except (OSError, UnicodeDecodeError) as e:
            raise UserError(
                "can't read the label map",
                file=path,
                found=e,
                fix="correct data.label_map: the path of a label_map.pbtxt",
            ) from e
        return cls(_names_by_id(_items(path, text), path))

    def write(self, path: str) -> None:
        """Writes a `label_map.pbtxt`, and makes its folder."""
        items = (f'item {{\n  id: {i}\n  name: "{_escape(name)}"\n}}\n' for i, name in enumerate(self.names, start=1))
        storage.write_bytes(path, "".join(items).encode())

    def __len__(self) -> int:
        return len(self.names)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def id_of(self, name: str) -> int:
        """The id of a class, from 1. Raises KeyError for an unknown name."""
        try:
            return self.names.index(name) + 1
        except ValueError:
            raise KeyError(name) from None

    def name_of(self, class_id: int) -> str:
        """The name of a class by its id, from 1. Raises KeyError for an unknown id."""
        if not 1 <= class_id <= len(self.names):
            raise KeyError(class_id)
        return self.names[class_id - 1]

    def labels_txt(self) -> str:
        """What `labels.txt` holds: one name a line, the first real class first.

        If a name begins with a number (`1 euro`), each line has its class's id from 0 in front: readers (pycoral's
        `read_label_file`, Frigate's `load_labels`) would take that number for the id.
        """
        names = [" ".join(name.split()) for name in self.names]
        if any(_FIRST_WORD.split(name)[0].isdigit() for name in names):
            names = [f"{class_id} {name}" for class_id, name in enumerate(names)]
        return "".join(name + "\n" for name in names)


@dataclasses.dataclass
class _Item:
    line: int
    id: int | None = None
    name: str | None = None
    display_name: str | None = None


def _names_by_id(items: list[_Item], path: str) -> tuple[str, ...]:
    names: dict[int, str] = {}
    for item in items:
        name = item.name or item.display_name
        if item.id is None or not name:
            raise UserError("an item of the label map lacks its id or its name", file=path, line=item.line, fix=_FIX)
        if not 1 <= item.id <= len(items):
            raise UserError(
                f"the label map's ids must run from 1 to {len(items)} without gaps",
                file=path,
                line=item.line,
                expected=f"an id from 1 to {len(items)}",
                found=f"id {item.id} ({name})",
                fix=_FIX,
            )
        if item.id in names or name in names.values():
            raise UserError(
                "the label map has an id or a name twice",
                file=path,
                line=item.line,
                found=f"id {item.id} ({name})",
                fix=_FIX,
            )
        names[item.id] = name
    if not names:
        raise UserError("the label map has no item", file=path, expected='item { id: 1 name: "..." }', fix=_FIX)
    return tuple(names[i] for i in range(1, len(names) + 1))


def _items(path: str, text: str) -> list[_Item]:
    try:
        fields = text_proto.parse_text_proto(text, path).fields
    except UserError as e:
        raise _not_a_label_map(path, e.line, e.found, f": {e.what}") from e
    return [_item(path, field) for field in fields]


def _item(path: str, field: text_proto.Field) -> _Item:
    """The parts of an item that a detector needs, without keypoints and so on."""
    if field.name != "item" or isinstance(field.value, text_proto.ScalarField):
        raise _not_a_label_map(path, field.line, field.name)
    item = _Item(field.line)
    for inner in field.value.fields:
        if isinstance(inner.value, text_proto.ScalarField) and inner.name in ("id", "name", "display_name"):
            setattr(item, inner.name, _id(path, inner.value) if inner.name == "id" else inner.value.text)
    return item


def _id(path: str, value: text_proto.ScalarField) -> int:
    number = value.whole()
    if number is None:
        raise UserError(
            "an id in the label map isn't a number",
            file=path,
            line=value.line,
            expected="1, 2, 3 ...",
            found=value.text,
            fix=_FIX,
        )
    return number


def _not_a_label_map(path: str, line: int | None, found: str | None, why: str = "") -> UserError:
    return UserError(
        f"this isn't a label map{why}",
        file=path,
        line=line,
        expected='item { id: 1 name: "..." }',
        found=found,
        fix=_FIX,
    )


def _escape(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
