"""The output of `edgetpu_compiler`, as typed results.

It prints blocks of `name: value` lines, one block a segment, and writes a log with rows under
`Operator  Count  Status`; one op can have several rows. Recorded from version 16.0.384591198.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable

from coralline.edgetpu import statuses
from coralline.edgetpu.statuses import Status

_VERSION = re.compile(r"Edge TPU Compiler version (\S+)")
_ROW = re.compile(r"^([A-Za-z][\w-]*)\s+(\d+)\s{2,}(\S.*?)\s*$")
_SIZE = re.compile(r"^([\d.]+)\s*([KMG]i)?B$")
_UNITS = {None: 1, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


@dataclasses.dataclass(frozen=True)
class OpRow:
    """How many ops of a kind have which status, or the compiler's words if that is an unknown one."""

    op: str
    count: int
    status: Status | str


@dataclasses.dataclass(frozen=True)
class Segment:
    """One compiled model: the whole, or with `--num_segments` one part of it.

    Attributes:
      total, mapped: operations.
      subgraphs: of the Edge TPU.
      cached, remaining, streamed: bytes of parameters on the chip, room left there, bytes sent with every inference.
    """

    input_model: str
    output_model: str
    total: int
    mapped: int
    subgraphs: int
    cached: int
    remaining: int
    streamed: int


def version(text: str) -> str | None:
    """The compiler's version, as it prints it first."""
    found = _VERSION.search(text)
    return found.group(1) if found else None


def segments(stdout: str) -> list[Segment]:
    """The segments that were compiled, in order; none when nothing was."""
    blocks = re.split(r"(?m)^(?=Input model:)", stdout)[1:]
    return [_segment(block) for block in blocks]


def operation_rows(log: str) -> list[OpRow]:
    """The rows of a log (or of standard output with `--show_operations`)."""
    matches = (_ROW.match(line) for line in log.splitlines())
    return [OpRow(m.group(1), int(m.group(2)), statuses.find_status(m.group(3)) or m.group(3)) for m in matches if m]


def on_cpu(op_rows: Iterable[OpRow]) -> dict[str, int]:
    """How many ops of each kind stay on the CPU."""
    counts: dict[str, int] = {}
    for row in op_rows:
        if row.status != Status.MAPPED:
            counts[row.op] = counts.get(row.op, 0) + row.count
    return counts


def _segment(block: str) -> Segment:
    values = dict(re.findall(r"(?m)^([A-Z][^:\n]*): *(\S.*?)\s*$", block))
    total = _number(values.get("Total number of operations"))
    subgraphs = _number(values.get("Number of Edge TPU subgraphs"))
    # The two lines that count operations are left out when all are mapped.
    mapped = values.get("Number of operations that will run on Edge TPU")
    return Segment(
        input_model=values.get("Input model", ""),
        output_model=values.get("Output model", ""),
        total=total,
        mapped=_number(mapped) if mapped is not None else total if subgraphs else 0,
        subgraphs=subgraphs,
        cached=_size(values.get("On-chip memory used for caching model parameters")),
        remaining=_size(values.get("On-chip memory remaining for caching model parameters")),
        streamed=_size(values.get("Off-chip memory used for streaming uncached model parameters")),
    )


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0


def _size(text: str | None) -> int:
    found = _SIZE.match(text or "")
    return round(float(found.group(1)) * _UNITS[found.group(2)]) if found else 0
