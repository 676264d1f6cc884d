"""Work that may take for ever, such as asking a bucket that isn't reachable, within some seconds."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from coralline.foundation.errors import UserError

_T = TypeVar("_T")
_MOST_AT_ONCE = 16
_free = threading.Semaphore(_MOST_AT_ONCE)


def within(seconds: float, work: Callable[[], _T], what: str) -> _T:
    """The work's result; what it raises is raised. What is late goes on in a thread that nothing waits for.

    Raises:
      UserError: it isn't done in time (`what` says of which place that is told), or too much is late already.
    """
    if not _free.acquire(timeout=seconds):
        raise UserError(f"{what} does not answer", fix="try again later")
    done, outcome = threading.Event(), list[_T]()
    failure = list[BaseException]()

    def run() -> None:
        try:
            outcome.append(work())
        except BaseException as error:
            failure.append(error)
        finally:
            _free.release()
            done.set()

    threading.Thread(target=run, name=f"within {seconds} s", daemon=True).start()
    if not done.wait(seconds):
        raise UserError(f"{what} does not answer", expected=f"an answer within {seconds:g} s", fix="try again later")
    if failure:
        raise failure[0]
    return outcome[0]
