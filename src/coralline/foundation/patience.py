"""Errors that pass: what a file system or a network can't give for a moment is asked for again, with short waits."""

from __future__ import annotations

import errno
import functools
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

PASSING = {
    *(errno.EIO, errno.EAGAIN, errno.EBUSY, errno.ESTALE, errno.EPIPE, errno.ETIMEDOUT, errno.ECONNREFUSED),
    *(errno.ECONNRESET, errno.ECONNABORTED, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN),
}
"""Numbers of errors that may pass; `storage` gives EIO to whatever a remote file system reports without a number."""
WAITS_S = [0.2, 1.0]
"""Between one try and the next."""

# s3fs and gcsfs try again by themselves; what took longer than this has been tried often enough.
_TRIED_S = 3.0
_P = ParamSpec("_P")
_R = TypeVar("_R")


def patient(read: Callable[_P, _R]) -> Callable[_P, _R]:
    """Has a function that reads, and raises OSError, try again after an error that may pass."""

    @functools.wraps(read)
    def patiently(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        for wait in WAITS_S:
            began = time.monotonic()
            try:
                return read(*args, **kwargs)
            except OSError as e:
                if e.errno not in PASSING or time.monotonic() - began > _TRIED_S:
                    raise
            time.sleep(wait)
        return read(*args, **kwargs)

    return patiently
