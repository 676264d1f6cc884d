"""Keeps native chatter off standard error.

Seen with ai-edge-litert 2.3.0: it writes "INFO: Created TensorFlow Lite XNNPACK delegate for CPU." for every
interpreter, and has no switch for it: no environment variable, no exported setter.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator

_one_at_a_time = threading.Lock()


@contextlib.contextmanager
def silenced() -> Iterator[None]:
    """Drops what native code writes to file descriptor 2. The runtime's errors still come as Python exceptions."""
    with _one_at_a_time:
        saved, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 2)
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            os.close(nowhere)
