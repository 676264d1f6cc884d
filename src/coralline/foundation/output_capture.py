"""Keeps the libraries' output out of the terminal: what is written to the standard streams goes to a log file.

TensorFlow, Abseil and gRPC write from C++ past Python's `sys.stderr`, so the file descriptors themselves are turned.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from coralline.foundation.errors import UserError


@dataclasses.dataclass(frozen=True)
class Terminal:
    """The streams that the process was started with."""

    stdout: TextIO
    stderr: TextIO


@contextlib.contextmanager
def output_to(log: Path) -> Iterator[Terminal]:
    """Appends everything that is written to file descriptors 1 and 2, children's output too, to `log`.

    Gives the original streams for what people are to see, and puts everything back on leaving.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        originals = []
        sink = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        stack.callback(os.close, sink)
        for stream, descriptor in ((sys.stdout, 1), (sys.stderr, 2)):
            stream.flush()
            kept = os.dup(descriptor)
            stack.callback(_put_back, stream, kept, descriptor)
            originals.append(stack.enter_context(os.fdopen(os.dup(kept), "w", encoding="utf-8", errors="replace")))
            os.dup2(sink, descriptor)
        yield Terminal(*originals)


def _put_back(stream: TextIO, kept: int, descriptor: int) -> None:
    stream.flush()
    os.dup2(kept, descriptor)
    os.close(kept)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Holds the libraries' output back, and prints it to standard error only if the work fails with a bug."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log")
        try:
            with output_to(log):
                yield
        except UserError:
            raise
        except Exception:
            sys.stderr.write(log.read_text(errors="replace"))
            raise
