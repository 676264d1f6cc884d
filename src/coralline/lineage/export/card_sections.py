"""Headed parts of a page: sentences, facts, tables, and places for its owner; as Markdown and for templates."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from coralline.foundation.printable import printable

_ESCAPED = re.compile(r"([\\`*_{}\[\]<>#|~])")


@dataclasses.dataclass(frozen=True)
class CardTable:
    """A table; each row has as many cells as there are headers."""

    headers: tuple[str, ...]
    rows: list[tuple[str, ...]]


@dataclasses.dataclass(frozen=True)
class CardSection:
    """A headed part.

    Attributes:
      title: its heading.
      sentences: a paragraph each.
      facts: name and value.
      tables: after the facts.
      owner: what the owner of the model is asked to write here; None: nothing.
    """

    title: str
    sentences: list[str] = dataclasses.field(default_factory=list)
    facts: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    tables: list[CardTable] = dataclasses.field(default_factory=list)
    owner: str | None = None


def markdown(title: str, sections: Sequence[CardSection]) -> str:
    """The sections as Markdown (CommonMark with tables); nothing in the data is taken for markup."""
    parts = [f"# {escaped(title)}"]
    for section in sections:
        parts.append(f"## {escaped(section.title)}")
        parts += [escaped(sentence) for sentence in section.sentences]
        if section.owner:
            parts.append(f"<!-- OWNER: begin -->\n_{escaped(section.owner)}_\n<!-- OWNER: end -->")
        if section.facts:
            parts.append("\n".join(f"- **{escaped(name)}:** {escaped(value)}" for name, value in section.facts))
        parts += [_table(table) for table in section.tables if table.rows]
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, in one line."""
    return _ESCAPED.sub(r"\\\1", printable(text))


def _table(table: CardTable) -> str:
    rows: list[tuple[str, ...]] = [table.headers, tuple("---" for _ in table.headers), *table.rows]
    return "\n".join(
        "| " + " | ".join(cell if number == 1 else escaped(cell) for cell in row) + " |"
        for number, row in enumerate(rows)
    )
