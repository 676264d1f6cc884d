"""The most memory that this process had during a piece of work."""

from __future__ import annotations

import contextlib
import re

_STATUS, _CLEAR_REFS = "/proc/self/status", "/proc/self/clear_refs"


class PeakMemory:
    """Measures from its making on; pieces of work that overlap in one process aren't told apart.

    Linux keeps the highest resident set of a process ("VmHWM" in proc(5)) and forgets it when 5 is written to
    `clear_refs`. Where that isn't allowed, only a piece of work that needs more than all before it can be measured.
    """

    def __init__(self) -> None:
        # The file of some containers is read-only.
        with contextlib.suppress(OSError), open(_CLEAR_REFS, "w") as peak:
            peak.write("5")
        self._at_start, self._resident = _status_bytes("VmHWM"), _status_bytes("VmRSS")

    @property
    def bytes(self) -> int | None:
        """Resident set without child processes; None if the system doesn't tell."""
        highest = _status_bytes("VmHWM")
        if highest is None or self._at_start is None or self._resident is None:
            return None
        was_forgotten = self._at_start <= self._resident + _ROUNDING
        return highest if was_forgotten or highest > self._at_start else None


# The kernel counts pages in batches for each thread (SPLIT_RSS_COUNTING): the two figures may differ by so much.
_ROUNDING = 4 << 20


def _status_bytes(name: str) -> int | None:
    try:
        with open(_STATUS, encoding="ascii", errors="replace") as status:
            found = re.search(rf"^{name}:\s*(\d+) kB", status.read(), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None
