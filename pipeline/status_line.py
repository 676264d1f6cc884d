"""How far long work is, in one line of a terminal that is written over and over."""

from __future__ import annotations

import shutil
import sys
import time

_SECONDS_BETWEEN = 0.2


class StatusLine:
    """Writes to standard error; shows nothing where that is no terminal, or where what is printed scrolls by on one."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty() and not sys.stdout.isatty()
        self._written_at = 0.0

    def say(self, text: str) -> None:
        """Shows it, unless the last one has only just been shown."""
        if self._shown and time.monotonic() - self._written_at > _SECONDS_BETWEEN:
            width = shutil.get_terminal_size().columns - 1
            print(f"\r\x1b[K{text[:width]}", end="", file=sys.stderr, flush=True)
            self._written_at = time.monotonic()

    def close(self) -> None:
        """Takes the line away."""
        if self._written_at:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            self._written_at = 0.0
