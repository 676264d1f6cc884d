"""An account of every field of a pipeline.config: carried over, the same here anyway, or left out and why."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from coralline.foundation.text_proto import Message, ScalarField
from coralline.od_api import reasons


@dataclasses.dataclass(frozen=True)
class Leaf:
    """A field that holds a value, or an empty block (`ssd_random_crop {}`, whose value is None).

    `path` is dotted, from the top: `train_config.batch_size`.
    """

    path: str
    value: ScalarField | None
    line: int

    def written(self) -> str:
        """The value as written in the file."""
        return "{}" if self.value is None else self.value.written()


@dataclasses.dataclass(frozen=True)
class Carried:
    """A setting (`train.batch_size`), its value, the fields it comes from, and a note."""

    key: str
    value: Any
    leaves: tuple[Leaf, ...]
    note: str = ""


@dataclasses.dataclass(frozen=True)
class Settled:
    """A field that needs no setting or can have none; `why` holds for `block` of the file."""

    leaf: Leaf
    why: str
    block: str


class Ledger:
    """Collects what becomes of each field."""

    def __init__(self, message: Message):
        self.leaves = tuple(_leaves(message, ""))
        self.carried: list[Carried] = []
        self.same: list[Settled] = []
        self.left: list[Settled] = []
        self._settled: set[int] = set()

    def first(self, path: str) -> Leaf | None:
        """The first field of this path; any further one isn't looked at, and is left out in the end."""
        return next((leaf for leaf in self.leaves if leaf.path == path), None)

    def all(self, path: str) -> list[Leaf]:
        """Every field of this path."""
        return [leaf for leaf in self.leaves if leaf.path == path]

    def under(self, block: str) -> list[Leaf]:
        """Every field of a block, or the block itself if it's empty."""
        return [leaf for leaf in self.leaves if f"{leaf.path}.".startswith(f"{block}.")]

    def number(self, path: str) -> tuple[Leaf, float] | None:
        """The field and its number, as it was before it became float32 (0.300000011920929 was 0.3)."""
        leaf = self.first(path)
        number = leaf.value.number() if leaf and leaf.value else None
        if leaf and number is None:
            self.leave(leaf, "it isn't a number")
        return (leaf, float(f"{number:.7g}")) if leaf and number is not None else None

    def whole(self, path: str, least: int = 0) -> tuple[Leaf, int] | None:
        """The field and its whole number."""
        leaf = self.first(path)
        whole = leaf.value.whole() if leaf and leaf.value else None
        if leaf and (whole is None or whole < least):
            self.leave(leaf, f"it isn't a whole number from {least}")
            return None
        return (leaf, whole) if leaf and whole is not None else None

    def text(self, path: str) -> tuple[Leaf, str] | None:
        """The field and its string."""
        leaf = self.first(path)
        if leaf and not (leaf.value and leaf.value.is_string and leaf.value.text):
            self.leave(leaf, "it's empty" if leaf.value and leaf.value.is_string else "it isn't a text")
            return None
        return (leaf, leaf.value.text) if leaf and leaf.value else None

    def carry(self, key: str, value: Any, *leaves: Leaf, note: str = "") -> None:
        """The setting gets this value."""
        self.carried.append(Carried(key, value, leaves, note))
        self._settled.update(map(id, leaves))

    def keep(self, leaf: Leaf, why: str, block: str = "") -> None:
        """Nothing is to be set: it's the same here."""
        if id(leaf) not in self._settled:
            self.same.append(Settled(leaf, why, block or leaf.path))
            self._settled.add(id(leaf))

    def leave(self, leaf: Leaf, why: str, block: str = "") -> None:
        """It can't be carried over."""
        if id(leaf) not in self._settled:
            self.left.append(Settled(leaf, why, block or leaf.path))
            self._settled.add(id(leaf))

    def settle(self) -> None:
        """Settles every field that isn't settled yet."""
        lines = {leaf.path: leaf.line for leaf in reversed(self.leaves) if id(leaf) in self._settled}
        for leaf in self.leaves:
            if leaf.path in lines:
                self.leave(leaf, f"it's given a second time; line {lines[leaf.path]} holds")
            why = reasons.the_same(leaf.path, leaf.value)
            if why is not None:
                self.keep(leaf, why)
            else:
                self.leave(leaf, *reasons.left_out(leaf.path))
        for settled in (self.same, self.left):
            settled.sort(key=lambda one: one.leaf.line)


def _leaves(message: Message, prefix: str) -> Iterator[Leaf]:
    for field in message.fields:
        path = f"{prefix}{field.name}"
        if isinstance(field.value, ScalarField):
            yield Leaf(path, field.value, field.line)
        elif field.value.fields:
            yield from _leaves(field.value, f"{path}.")
        else:
            yield Leaf(path, None, field.line)
