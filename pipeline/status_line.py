"""Progress of long work, in one line of a terminal that is overwritten."""

from __future__ import annotations

import shutil
import sys
import time

_SECONDS_BETWEEN = 0.2


class StatusLine:
    """Writes to standard error if that is a terminal and standard output isn't, whose lines would scroll it away."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty() and not sys.stdout.isatty()
        self._written_at = 0.0

    def say(self, text: str) -> None:
        """Shows the text, unless the last one was shown a moment ago."""
        if self._shown and time.monotonic() - self._written_at > _SECONDS_BETWEEN:
            width = shutil.get_terminal_size().columns - 1
            print(f"\r\x1b[K{text[:width]}", end="", file=sys.stderr, flush=True)
            self._written_at = time.monotonic()

    def close(self) -> None:
        """Clears the line."""
        if self._written_at:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            self._written_at = 0.0
