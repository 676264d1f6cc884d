"""Whether a model from anywhere can be run at all, tried in a process that may die.

The TFLite runtime checks little of what a file claims: a damaged one can crash it, and with it whoever loaded it. So
commands that take a file from outside let a forked child load it and run it once on a black image first.
"""

from __future__ import annotations

import os
import select
import signal
import time
from os import PathLike

import numpy as np

from components.errors import UserError
from components.tflite.detector import TFLiteDetector

_SECONDS = 60


def require_survival(path: str | PathLike[str]) -> None:
    """Loads the detector and runs it once, apart. To be called before anything has started threads.

    Raises:
      UserError: it can't be loaded or run, or it crashed or hung the runtime.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _try(path, writing)
    os.close(writing)
    try:
        message = _listen(reading, child)
    finally:
        os.close(reading)
    _, status = os.waitpid(child, 0)
    if message:
        raise UserError(message)
    if os.WIFSIGNALED(status) or os.WEXITSTATUS(status):
        raise UserError(
            "this model crashes the TFLite runtime",
            file=path,
            found=f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"exit code {os.WEXITSTATUS(status)}",
            mend="the file is damaged or of another kind of runtime: copy or export it again",
        )


def _try(path: str | PathLike[str], writing: int) -> None:
    """In the child: never returns."""
    code = 1
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        detector = TFLiteDetector(path)
        detector.detect(np.zeros((*detector.input_size, 3), np.uint8))
        code = 0
    except UserError as e:
        os.write(writing, e.render().encode()[:60_000])
        code = 0
    finally:
        os._exit(code)


def _listen(reading: int, child: int) -> str:
    """What the child says before it ends; it is killed when it takes too long."""
    said, end = b"", time.monotonic() + _SECONDS
    while True:
        if not select.select([reading], [], [], max(0, end - time.monotonic()))[0]:
            os.kill(child, signal.SIGKILL)
            return f"this model doesn't finish one image within {_SECONDS} s"
        part = os.read(reading, 65536)
        if not part:
            return said.decode()
        said += part
