"""What every benchmark prints: the machine, and its figures, as a table or as JSON."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

GIB = 1 << 30


def machine() -> dict[str, Any]:
    """The machine that figures hold for."""
    model = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": model.group(1) if model else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory / GIB),
        "load_at_start": round(os.getloadavg()[0], 1),
    }


def argument_parser(description: str | None) -> argparse.ArgumentParser:
    """A parser with the option that all benchmarks share."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="JSON on standard output, in place of the table")
    return parser


@dataclasses.dataclass(frozen=True)
class Table:
    """Figures that are compared.

    Attributes:
      columns: what is compared; one empty name where nothing is.
      rows: {what was measured, with its unit: a figure for each column}.
    """

    columns: Sequence[str]
    rows: Mapping[str, Sequence[Any]]

    @classmethod
    def of(cls, figures: Mapping[str, Any]) -> Table:
        """Figures that stand for themselves."""
        return cls(("",), {name: [value] for name, value in figures.items()})


def show(on: Mapping[str, Any], tables: Sequence[Table], as_json: bool) -> None:
    """Prints the figures, as tables or as one JSON object: the machine, and `{row: figure or {column: figure}}`.

    Args:
      on: the machine, as `machine` gave it before the work began.
      tables: the figures.
      as_json: JSON in place of tables.
    """
    if as_json:
        figures = {
            name.strip(): values[0] if len(values) == 1 else dict(zip(table.columns, values, strict=True))
            for table in tables
            for name, values in table.rows.items()
        }
        print(json.dumps({"machine": on, "figures": figures}, indent=2))
        return
    print("{processor}, {cores} cores, {memory_gib} GiB, load {load_at_start} at the start".format(**on))
    width = max(len(name) for table in tables for name in table.rows)
    for table in tables:
        heading = " " * width + "".join(f"{column:>16}" for column in table.columns)
        print(f"\n{heading}" if heading.strip() else "")
        for name, values in table.rows.items():
            print(f"{name:<{width}}" + "".join(f"{_text(value):>16}" for value in values))


def _text(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
