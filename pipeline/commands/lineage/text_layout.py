"""Columns and labelled lines for a terminal of any width; what is piped is neither cut nor wrapped nor padded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

_GAP, _HANGING = 2, 4
_LABEL = 13
Shown = str | Text


class TextLayout:
    """Prints on a console. Texts are shown as they are: nothing in them is markup."""

    def __init__(self, console: Console):
        self.console = console
        self.piped = not console.is_terminal

    @property
    def width(self) -> int:
        """Of the terminal; what is piped is wide enough for anything."""
        return 10**6 if self.piped else self.console.width

    def line(self, *parts: Shown | tuple[str, str], indent: int = 0) -> None:
        """A line of texts, each with a style if it's a pair, wrapped and then indented more."""
        text = Text.assemble(*parts)
        self._print(text, " " * indent, " " * (indent + _HANGING * (indent > 0)))

    def field(self, label: str, *parts: Shown | tuple[str, str], style: str = "bold") -> None:
        """A label at the left, and the text beside it; without a label it's another line of the one before."""
        self._print(Text.assemble(*parts), label.ljust(_LABEL), " " * _LABEL, style)

    def columns(self, rows: Iterable[Sequence[Shown]], header: Sequence[str] = (), indent: int = 0) -> None:
        """Rows of cells below each other; the last cell of a row is wrapped if it must be."""
        cells = [[Text(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
        titles = [Text(title, "bold") for title in header]
        widths = column_widths([*cells, titles] if titles else cells)
        for row in ([titles] if titles else []) + cells:
            *first, last = row
            begin = Text(" " * indent)
            for cell, width in zip(first, widths, strict=False):
                begin.append_text(cell).append(" " * (width - cell.cell_len + _GAP))
            if not last.cell_len:
                begin.rstrip()
            self._print(last, begin, " " * (begin.cell_len))

    def _print(self, text: Text, begin: Shown, then: str, style: str = "") -> None:
        head = Text(begin, style) if isinstance(begin, str) else begin
        room = self.width - cell_len(then)
        lines = [text] if self.piped or room < 20 else list(text.wrap(self.console, room, overflow="fold")) or [text]
        for number, part in enumerate(lines):
            whole = Text.assemble(Text(then) if number else head, part)
            whole.rstrip()
            self.console.print(whole, soft_wrap=True)


def column_widths(rows: Sequence[Sequence[Text]]) -> list[int]:
    """The width of each column's widest cell."""
    count = max((len(row) for row in rows), default=0)
    return [max((row[i].cell_len for row in rows if i < len(row)), default=0) for i in range(count)]


def table_width(rows: Sequence[Sequence[Text]]) -> int:
    """How wide `columns` prints these."""
    widths = column_widths(rows)
    return sum(widths) + _GAP * max(len(widths) - 1, 0)
