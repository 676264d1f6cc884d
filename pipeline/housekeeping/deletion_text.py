"""A plan on a terminal."""

from __future__ import annotations

import os
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from coralline.foundation.printable import printable
from coralline.foundation.progress import counted
from pipeline.housekeeping.deletion import Deletion
from pipeline.housekeeping.deletion_plan import DeletionPlan, LeftAlone, Removal

_UNITS = ("KiB", "MiB", "GiB", "TiB")


def print_plan(plan: DeletionPlan, done: Deletion | None) -> None:
    """What would go, or went, with sizes and reasons; what stays, in few words."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=200)
    removals = plan.removals if done is None else done.removed
    _print_removals(console, plan, removals)
    _print_left(console, "left alone", plan.left)
    if done is not None:
        _print_left(console, "[red]not deleted[/]", done.failed)
    size = in_words(sum(removal.bytes for removal in removals))
    things = counted(len(removals), "thing")
    kept = f"{counted(len(plan.kept), 'artifact')} and {counted(len(plan.runs), 'run')} stay"
    if done is not None:
        console.print(f"Deleted {things}, {size}; {kept}.")
    elif not removals:
        console.print(f"Nothing would be deleted; {kept}.")
    else:
        console.print(f"Would delete {things}, {size}; {kept}. Nothing is deleted yet: --delete does it.")
    if plan.running and done is None:
        console.print(f"Run {escape(', '.join(plan.running))} is going on: --delete waits for nobody and would refuse.")


def in_words(size: float) -> str:
    """Bytes as "1.5 GiB"."""
    unit = "B"
    for bigger in _UNITS:
        if size < 1024:
            break
        size, unit = size / 1024, bigger
    return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"


def _print_removals(console: Console, plan: DeletionPlan, removals: Sequence[Removal]) -> None:
    if not removals:
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("size", "what", "where", "why"):
        table.add_column(column, justify="right" if column == "size" else "left", overflow="fold")
    for removal in sorted(removals, key=lambda r: -r.bytes):
        what = removal.kind if removal.artifact is None else f"{removal.type} {removal.artifact}"
        where = os.path.relpath(removal.path, os.path.realpath(plan.out.path))
        table.add_row(in_words(removal.bytes), *(escape(printable(text)) for text in (what, where, removal.reason)))
    console.print(table)
    console.print()


def _print_left(console: Console, title: str, left: Sequence[LeftAlone]) -> None:
    if left:
        console.print(f"[bold]{title}[/]")
    for one in left:
        console.print(f"  {escape(printable(one.path))}: {escape(printable(one.reason))}", soft_wrap=True)
    if left:
        console.print()
