"""A forked child for native code that may crash, hang or run out of memory, which the parent then reports.

Replies are bytes, never pickles, which a hijacked child could use against its parent. Linux only, as the rest is.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import gc
import json
import multiprocessing
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import NoReturn

from coralline.foundation.errors import UserError

_MOST_REPLY_BYTES = 64 << 20
_SECONDS_TO_LEAVE = 2.0
_REPLY, _USER_ERROR, _NO_MEMORY, _FAILURE = b"r", b"u", b"m", b"f"
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class ChildError(Exception):
    """The child has failed; the message says how."""


class ChildHangsError(ChildError):
    """It didn't answer in time."""


class ChildMemoryError(ChildError):
    """It ran out of memory."""


class ChildCrashedError(ChildError):
    """It ended without an answer, or with an unexpected exception."""


class ChildProcess:
    """A child that answers requests, one at a time.

    It sees the parent's memory as it was when it was made; writes nothing to standard output and error; leaves Ctrl-C
    to its parent; and ends with `close` or with the thread that made it.

    Args:
      serve: runs in the child: is given `receive` (the next request, None when there will be no more) and `reply`.
      memory_bytes: what it may allocate beyond what the parent has.
    """

    def __init__(self, serve: Callable[[Callable[[], bytes | None], Callable[[bytes], None]], None], memory_bytes: int):
        sys.stdout.flush()
        sys.stderr.flush()
        self._connection, theirs = multiprocessing.Pipe()
        parent = os.getpid()
        self._pid = os.fork()
        if not self._pid:
            _live(parent, self._connection, theirs, serve, memory_bytes)
        theirs.close()
        self._ended: int | None = None

    def ask(self, request: bytes) -> None:
        """Sends a request, which must not be empty. Whether the child still lives shows in `answer`."""
        with contextlib.suppress(OSError):
            self._connection.send_bytes(request)

    def answer(self, seconds: float) -> bytes:
        """What it replies.

        Raises:
          UserError: it raised one.
          ChildError: it hangs, crashed or ran out of memory; it has ended then.
        """
        if not self._connection.poll(seconds):
            self._kill()
            raise ChildHangsError(f"no answer within {seconds:g} s")
        try:
            said = self._connection.recv_bytes(_MOST_REPLY_BYTES)
        except (EOFError, OSError) as e:
            raise self._death() from e
        kind, content = said[:1], said[1:]
        if kind == _USER_ERROR:
            raise UserError(**json.loads(content))
        if kind == _NO_MEMORY:
            raise ChildMemoryError(content.decode())
        if kind != _REPLY:
            raise ChildCrashedError(content.decode())
        return content

    def close(self) -> None:
        """Ends the child, after a moment in which it can release a device."""
        if self._ended is None:
            self.ask(b"")
            if self._leaves():
                self._wait()
            else:
                self._kill()
        self._connection.close()

    def _leaves(self) -> bool:
        end = time.monotonic() + _SECONDS_TO_LEAVE
        with contextlib.suppress(EOFError, OSError):
            while self._connection.poll(max(0.0, end - time.monotonic())):
                self._connection.recv_bytes(_MOST_REPLY_BYTES)
            return False
        return True

    def _death(self) -> ChildError:
        status = self._wait()
        if not os.WIFSIGNALED(status):
            return ChildCrashedError(f"exit code {os.WEXITSTATUS(status)}")
        number = os.WTERMSIG(status)
        if number == signal.SIGKILL:
            return ChildMemoryError("the system ended the process")
        return ChildCrashedError(f"signal {number} ({signal.strsignal(number)})")

    def _kill(self) -> None:
        os.kill(self._pid, signal.SIGKILL)
        self._wait()

    def _wait(self) -> int:
        if self._ended is None:
            _, self._ended = os.waitpid(self._pid, 0)
        return self._ended


def _live(
    parent: int,
    parents_end: Connection,
    connection: Connection,
    serve: Callable[[Callable[[], bytes | None], Callable[[bytes], None]], None],
    memory_bytes: int,
) -> NoReturn:
    try:
        settle_in_child(parent)
        parents_end.close()
        _isolate()
        _limit_memory(memory_bytes)
        serve(lambda: _received(connection), lambda content: connection.send_bytes(_REPLY + content))
    except UserError as e:
        connection.send_bytes(_USER_ERROR + json.dumps(e.fields()).encode())
    except MemoryError as e:
        connection.send_bytes(_NO_MEMORY + (str(e) or "an allocation failed").encode())
    except Exception as e:
        connection.send_bytes(_FAILURE + f"{type(e).__name__}: {e}".encode(errors="replace"))
    finally:
        os._exit(0)


def _received(connection: Connection) -> bytes | None:
    try:
        return connection.recv_bytes() or None
    except EOFError:
        return None


def settle_in_child(parent: int) -> None:
    """To be called first in a forked child, with the process ID of its parent.

    It leaves Ctrl-C to its parent, ends when that ends and on SIGTERM, whatever its parent does on it, and leaves its
    garbage alone: an object with native threads, such as a video that is decoded, waits forever for them when it is
    destroyed here, where they aren't.
    """
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it was gone before that took hold
        os._exit(0)


def _isolate() -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    faulthandler.disable()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_memory(more_bytes: int) -> None:
    """Limits writable memory (RLIMIT_DATA), not address space, of which drivers reserve much and use little."""
    with open("/proc/self/statm") as pages:
        now = int(pages.read().split()[5]) * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    limit = now + more_bytes if hard == resource.RLIM_INFINITY else min(hard, now + more_bytes)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
