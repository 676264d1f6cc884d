"""How a step's process ends: a mistake of the user's as one message, SIGTERM at once, a finished step without delay."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import NoReturn

from coralline.foundation.errors import UserError
from coralline.foundation.printable import without_secrets

_FAILED = 1
_TERMINATED = 128 + signal.SIGTERM


def run_to_its_end(work: Callable[[], None]) -> NoReturn:
    """Calls it, and ends the process: 0, or 1 with a UserError's message, or with a bug's traceback."""
    _end_on_sigterm()
    code = 0
    try:
        work()
    except BaseException as error:
        code = error.code if isinstance(error, SystemExit) and isinstance(error.code, int) else _FAILED
        _tell(error)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    # TensorFlow's teardown takes a second, and waits for threads that an executor may have left behind.
    os._exit(code)


def _tell(error: BaseException) -> None:
    for cause in _causes(error):
        if isinstance(cause, UserError):
            print(f"error: {cause}", file=sys.stderr)
            return
    if not isinstance(error, SystemExit):
        print(without_secrets("".join(traceback.format_exception(error))), end="", file=sys.stderr)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Beam raises errors of its own from those of the work that it runs."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _end_on_sigterm() -> None:
    """Ends the process on SIGTERM even while TensorFlow computes, and as process 1, whose SIGTERM Linux ignores.

    Python would call a handler between two of its own instructions only, and so after minutes of a training; the byte
    that the signal writes is read by a thread.
    """
    read, write = os.pipe()
    os.set_blocking(write, False)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    signal.signal(signal.SIGTERM, lambda *_: None)

    def wait() -> None:
        while os.read(read, 1)[0] != signal.SIGTERM:
            pass
        os.write(2, b"ended by SIGTERM\n")
        os._exit(_TERMINATED)

    threading.Thread(target=wait, name="sigterm", daemon=True).start()
