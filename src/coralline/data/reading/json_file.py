"""What readers of JSON share: parsing a file, and taking numbers and points out of what people's tools wrote."""

from __future__ import annotations

import collections
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from coralline.data.judging.problems import Problem, unread
from coralline.data.reading.coco_outline import is_number
from coralline.foundation import text_file
from coralline.foundation.errors import UserError, reason
from coralline.foundation.progress import counted

_SHOWN_CHARACTERS = 100
_FIX = "correct the file, or export it again from the labelling tool"


class WrongItemError(Exception):
    """An item of an annotation that can't be used. `kind` is a kind of problem; the rest is as in `Problem`."""

    def __init__(self, kind: str, message: str, expected: str | None = None, found: Any = None):
        super().__init__(message)
        self.kind, self.message, self.expected, self.found = kind, message, expected, found

    def problem(self, file: str, line: int | None = None, fix: str = _FIX) -> Problem:
        """The problem of that file."""
        found = None if self.found is None else shown(self.found)
        return Problem(self.kind, file, self.message, line=line, expected=self.expected, found=found, fix=fix)


def parsed_json(
    path: str, expected: str, object_hook: Callable[[dict[str, Any]], Any] | None = None, fix: str | None = None
) -> Any:
    """The content of a JSON file.

    Args:
      path: the file.
      expected: what it should be, for messages: "a whole COCO file".
      object_hook: as of `json.loads`.
      fix: what to do about a file that isn't.

    Raises:
      UserError: it can't be read, or isn't usable JSON.
    """
    fix = fix or "export it again from the labelling tool"
    try:
        return json.loads(text_file.read_text(path), object_hook=object_hook)
    except OSError as e:
        found = reason(e)
        raise UserError("can't read this JSON file", file=path, found=found, fix="check its permissions") from e
    except json.JSONDecodeError as e:
        raise UserError(
            "this file isn't well-formed JSON", file=path, line=e.lineno, expected=expected, found=e.msg, fix=fix
        ) from e
    except (RecursionError, ValueError) as e:  # ValueError: an integer of more digits than Python takes.
        found = "lists within lists, too deep to be read" if isinstance(e, RecursionError) else str(e)
        raise UserError("this JSON file can't be read", file=path, expected=expected, found=found, fix=fix) from e


def shown(value: Any) -> str:
    """A value as it stands in the file, cut off."""
    try:
        text = json.dumps(value)
    except (RecursionError, TypeError, ValueError):
        text = "something too deep to be shown"
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + " ..."


def side(value: Any) -> int:
    """A side of an image in pixels; 0 if it isn't a valid one."""
    return int(value) if is_number(value) and value > 0 else 0


def numbers(item: Any, names: Sequence[str], what: str) -> list[float]:
    """The numbers of these names in an object.

    Raises:
      WrongItemError: one is missing, or isn't a number.
    """
    if not isinstance(item, dict) or (missing := [name for name in names if item.get(name) is None]) == list(names):
        raise WrongItemError("incomplete_box", f"{what} has no box", ", ".join(names), item)
    if missing:
        raise WrongItemError("incomplete_box", f"{what} lacks {', '.join(missing)}", ", ".join(names), item)
    for name in names:
        if not is_number(item[name]):
            raise WrongItemError("bad_number", f"`{name}` of {what} isn't a number", "a number", item[name])
    return [float(item[name]) for name in names]


def points(pairs: Any, what: str) -> list[tuple[float, float]]:
    """A list of [x, y].

    Raises:
      WrongItemError: it is empty or isn't one.
    """
    if not isinstance(pairs, list) or not pairs:
        raise WrongItemError("incomplete_box", f"{what} has no points", "a list of [x, y]", pairs)
    for pair in pairs:
        if not isinstance(pair, list) or len(pair) < 2 or not all(map(is_number, pair[:2])):
            raise WrongItemError("bad_number", f"a point of {what} isn't two numbers", "[x, y]", pair)
    return [(float(pair[0]), float(pair[1])) for pair in pairs]


def said_class_name(value: Any, what: str) -> str:
    """A class's name, as it is: stray spaces are reported as a fault later.

    Raises:
      WrongItemError: there is none, or it isn't text.
    """
    if not isinstance(value, str) or not value.strip():
        raise WrongItemError("no_class_name", f"{what} has no class", "the name of a class", value)
    if not text_file.is_text(value):
        raise WrongItemError("unparsable_line", f"the class of {what} isn't UTF-8 text", "UTF-8", ascii(value))
    return value


def one_class_name(values: Collection[Any], what: str) -> str:
    """The only one.

    Raises:
      WrongItemError: there is none, there are several, or it isn't text.
    """
    if len(values) > 1:
        raise WrongItemError("no_class_name", f"{what} has several classes", "one class", list(values))
    return said_class_name(next(iter(values), None), what)


class Unread:
    """Counts what an annotation says beyond what is read of it.

    Args:
      file: the annotation.
      counts: whether each is told with how often it's there; else the whole data set's places are counted later.
    """

    def __init__(self, file: str, *, counts: bool = True):
        self._file, self._counts = file, counts
        self._found: collections.Counter[str] = collections.Counter()

    def add(self, what: str) -> None:
        """Once more."""
        self._found[what] += 1

    def keys(self, where: str, item: Mapping[str, Any], known: Iterable[str]) -> None:
        """The keys that aren't known; those that are empty say nothing."""
        for key in item.keys() - set(known):
            if item[key] not in (None, "", [], {}, False):
                self.add(f"`{key[:_SHOWN_CHARACTERS]}` of {where}")

    def problems(self) -> list[Problem]:
        """One for each kind."""
        return [
            unread(self._file, what, found=counted(count, "time") if self._counts else None)
            for what, count in sorted(self._found.items())
        ]
