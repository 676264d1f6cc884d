"""The label map: class names and their ids, which start at 1 and have no gaps (0 is the background).

Reads and writes the Object Detection API's `label_map.pbtxt` (object_detection/protos/string_int_label_map.proto).
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator

from components.dataset import storage
from components.errors import UserError

LABEL_MAP_FILE = "label_map.pbtxt"
"""Its name inside the LabelMap artifact's folder."""

_TOKEN = re.compile(
    r"""\s+ | \#[^\n]*
    | (?P<string> "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' )
    | (?P<word> [\w.+-]+ )
    | (?P<sign> [{}<>:,;\[\]] )""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|(.))")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}
_MEND = "number the items 1, 2, 3 ... with one `name` each"


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

        An item's class is its `name` (what annotations hold), or its `display_name` where it has no name.

        Raises:
          UserError: the file can't be read, isn't a label map, or its ids aren't 1..n; with file and line.
        """
        try:
            text = storage.read_bytes(path).decode("utf-8")
        except (OSError, UnicodeDecodeError) as e:
            raise UserError(
                "can't read the label map",
                file=path,
                found=getattr(e, "strerror", None) or str(e),
                mend="correct data.label_map: the path of a label_map.pbtxt",
            ) from e
        return cls(_names_by_id(list(_items(path, text)), path))

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
        """What `labels.txt` holds: one name a line, the first real class first."""
        return "".join(name + "\n" for name in self.names)


@dataclasses.dataclass
class _Item:
    line: int
    id: int | None = None
    name: str | None = None
    display_name: str | None = None


@dataclasses.dataclass(frozen=True)
class _Token:
    text: str
    line: int
    is_string: bool = False


def _names_by_id(items: list[_Item], path: str) -> tuple[str, ...]:
    names: dict[int, str] = {}
    for item in items:
        name = item.name or item.display_name
        if item.id is None or not name:
            raise UserError("an item of the label map lacks its id or its name", file=path, line=item.line, mend=_MEND)
        if not 1 <= item.id <= len(items):
            raise UserError(
                f"the label map's ids must run from 1 to {len(items)} without gaps",
                file=path,
                line=item.line,
                expected=f"an id from 1 to {len(items)}",
                found=f"id {item.id} ({name})",
                mend=_MEND,
            )
        if item.id in names or name in names.values():
            raise UserError(
                "the label map has an id or a name twice",
                file=path,
                line=item.line,
                found=f"id {item.id} ({name})",
                mend=_MEND,
            )
        names[item.id] = name
    if not names:
        raise UserError("the label map has no item", file=path, expected='item { id: 1 name: "..." }', mend=_MEND)
    return tuple(names[i] for i in range(1, len(names) + 1))


def _items(path: str, text: str) -> Iterator[_Item]:
    tokens = _tokens(path, text)
    for token in tokens:
        if token.text in ",;" and not token.is_string:
            continue
        if token.text != "item" or token.is_string:
            raise _not_a_label_map(path, token)
        yield _item(path, tokens, token.line)


def _item(path: str, tokens: Iterator[_Token], line: int) -> _Item:
    """Reads `{ key: value ... }`; keys and messages that a detector doesn't need (keypoints ...) are skipped."""
    item, depth, key = _Item(line), 0, ""
    for token in tokens:
        if token.is_string or token.text not in "{}<>:,;[]":
            if depth == 1 and key in ("id", "name", "display_name"):
                _set(path, item, key, token)
                key = ""
            else:
                key = token.text
        elif token.text in "{<":
            depth += 1
        elif token.text in "}>":
            depth -= 1
            key = ""
        if depth == 0 and token.text != ":":
            break
    if depth:
        raise UserError("an item of the label map isn't closed", file=path, line=line, expected="}", mend=_MEND)
    return item


def _set(path: str, item: _Item, key: str, token: _Token) -> None:
    if key != "id":
        setattr(item, key, token.text)
    elif not token.is_string and token.text.isdecimal():
        item.id = int(token.text)
    else:
        raise UserError(
            "an id in the label map isn't a number",
            file=path,
            line=token.line,
            expected="1, 2, 3 ...",
            found=token.text,
            mend=_MEND,
        )


def _tokens(path: str, text: str) -> Iterator[_Token]:
    position, line = 0, 1
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _not_a_label_map(path, _Token(text[position : position + 20].split("\n")[0], line))
        if match["string"]:
            yield _Token(_unescape(match["string"][1:-1]), line, is_string=True)
        elif match["word"] or match["sign"]:
            yield _Token(match[0], line)
        line += match[0].count("\n")
        position = match.end()


def _not_a_label_map(path: str, token: _Token) -> UserError:
    return UserError(
        "this isn't a label map",
        file=path,
        line=token.line,
        expected='item { id: 1 name: "..." }',
        found=token.text,
        mend=_MEND,
    )


def _unescape(text: str) -> str:
    """Undoes text-format escapes. Octal and hex ones are UTF-8 bytes, as protobuf's printer writes them."""

    def byte(match: re.Match[str]) -> bytes:
        octal, hexadecimal, char = match.groups()
        if octal or hexadecimal:
            return bytes([int(octal, 8) & 0xFF if octal else int(hexadecimal, 16)])
        return _ESCAPED.get(char, char).encode()

    out, position = b"", 0
    for match in _ESCAPE.finditer(text):
        out += text[position : match.start()].encode() + byte(match)
        position = match.end()
    return (out + text[position:].encode()).decode("utf-8", errors="replace")


def _escape(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
