"""Tables of runs and artifacts."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from coralline.lineage.answers.run_table import RunRow
from coralline.lineage.recorded_run import Artifact
from pipeline.commands.lineage.lineage_words import (
    STATE_STYLES,
    address_shown,
    figure_shown,
    local_time,
    one_line,
    short_time,
    state_text,
    took,
)
from pipeline.commands.lineage.text_layout import TextLayout, column_widths, table_width

_FAILURE_CHARACTERS = 160


def print_runs(console: Console, rows: Sequence[RunRow], skipped: int, more: bool) -> None:
    """The newest first: a line each if that fits, else a second one with data, preset and publication.

    Columns that no run has something for, such as the verdicts of a pipeline without an evaluation, are left out.
    """
    if not rows:
        console.print("No older runs are recorded in this store." if skipped else "No runs are recorded in this store.")
        return
    layout = TextLayout(console)
    wide = _wide(rows)
    if layout.piped or table_width([[Text(title) for title in wide[0]], *wide[1]]) <= layout.width:
        layout.columns(wide[1], header=wide[0])
    else:
        _print_narrow(layout, rows)
    if more and not layout.piped:
        layout.line((f"older ones: --skip {skipped + len(rows)}", "dim"))


def _wide(rows: Sequence[RunRow]) -> tuple[list[str], list[list[Text]]]:
    several = len({row.pipeline for row in rows}) > 1
    columns: dict[str, list[Text]] = {
        "run": [Text(address_shown(row.run_id), "bold") for row in rows],
        "pipeline": [Text(one_line(row.pipeline)) for row in rows] if several else [],
        "began": [Text(local_time(row.began_ms)) for row in rows],
        "took": [Text(took(row.seconds)) for row in rows],
        "result": [_result(row) for row in rows],
        "AP": [Text(figure_shown(row.figures["AP"]) if "AP" in row.figures else "") for row in rows],
        "preset": [Text(one_line(row.preset or "")) for row in rows],
        "reused": [Text(f"{row.reused} of {row.steps}" if row.reused else "") for row in rows],
        "data": [Text(address_shown(row.data or "")) for row in rows],
        "published": [_published(row) for row in rows],
        "failure": [Text(_failure(row) or "", "red") for row in rows],
    }
    kept = {title: cells for title, cells in columns.items() if any(cell.plain for cell in cells)}
    # A dash where others have something; nothing in the last one, which is for a few only.
    for title, cells in kept.items():
        if title != "failure":
            kept[title] = [cell if cell.plain else Text("-", "dim") for cell in cells]
    return list(kept), [list(row) for row in zip(*kept.values(), strict=True)]


def _print_narrow(layout: TextLayout, rows: Sequence[RunRow]) -> None:
    figures = any("AP" in row.figures for row in rows)
    heads = [
        [
            Text(address_shown(row.run_id), "bold"),
            Text(short_time(row.began_ms)),
            Text(took(row.seconds)),
            *([Text(figure_shown(row.figures.get("AP")))] if figures else []),
            _result(row),
        ]
        for row in rows
    ]
    titles = ["run", "began", "took", *(["AP"] if figures else []), "result"]
    widths = [max(cell.cell_len for cell in column) for column in zip(*heads, [Text(t) for t in titles], strict=True)]
    for number, (row, head) in enumerate(zip(rows, heads, strict=True)):
        padded = [
            Text.assemble(cell, " " * (width - cell.cell_len)) for cell, width in zip(head[:-1], widths, strict=False)
        ]
        titled = [title.ljust(width) for title, width in zip(titles, widths, strict=True)]
        layout.columns([[*padded, head[-1]]], header=titled if number == 0 else ())
        for style, told in _details(row):
            layout.line((told, style), indent=2)


def _details(row: RunRow) -> list[tuple[str, str]]:
    reused = f"{row.reused} of {row.steps} steps reused" if row.reused else ""
    parts = [address_shown(row.data or ""), one_line(row.preset or ""), reused]
    lines = [("dim", ", ".join(part for part in parts if part))]
    if row.published:
        lines.append(("dim", f"published {_published(row).plain}"))
    lines.append(("red", _failure(row) or ""))
    return [line for line in lines if line[1]]


def _result(row: RunRow) -> Text:
    if row.state == "COMPLETE" and row.verdict:
        return Text(row.verdict, STATE_STYLES[row.verdict])
    return state_text(row.state)


def _published(row: RunRow) -> Text:
    if not row.published:
        return Text("")
    return Text.assemble(address_shown(row.published), (" (served)", "bold green") if row.served else "")


def _failure(row: RunRow) -> str | None:
    """The first line of why it failed."""
    if row.failure is None:
        return None
    lines = [line for line in row.failure.strip().splitlines() if line.strip()]
    return one_line(lines[0] if lines else row.failure, _FAILURE_CHARACTERS)


def print_artifacts(console: Console, artifacts: Sequence[Artifact], skipped: int, more: bool) -> None:
    """One line an artifact, the newest first."""
    if not artifacts:
        console.print(f"No {'older' if skipped else 'such'} artifacts are recorded in this store.")
        return
    layout = TextLayout(console)
    rows = [
        [
            Text(f"artifact:{artifact.id}", "bold"),
            Text(one_line(artifact.type), "cyan"),
            Text(local_time(artifact.created_ms)),
            Text("" if artifact.state == "LIVE" else artifact.state.lower().replace("_", " "), "yellow"),
            Text(address_shown(artifact.uri)),
        ]
        for artifact in artifacts
    ]
    if not any(row[3].plain for row in rows):
        rows = [[*row[:3], row[4]] for row in rows]
    if layout.piped or table_width(rows) <= layout.width:
        layout.columns(rows)
    else:
        widths = column_widths(rows)
        for *first, address in rows:
            padded = [Text.assemble(c, " " * (w - c.cell_len)) for c, w in zip(first, widths, strict=False)]
            layout.columns([padded])
            layout.line(address, indent=2)
    if more and not layout.piped:
        layout.line((f"older ones: --skip {skipped + len(artifacts)}", "dim"))


def print_types(console: Console, types: Sequence[str]) -> None:
    """One type a line."""
    layout = TextLayout(console)
    if not types:
        console.print("No artifacts are recorded in this store.")
    for name in types:
        layout.line(one_line(name))
