"""Work on all cores: forked workers, which start at once and see what is in memory.

Only where a fork is safe: on Linux, in a process of one Python thread that hasn't imported TensorFlow or gRPC, whose
threads a fork would cut off. Elsewhere, and where workers can't be had or are killed, the work is done here, with the
same result.
"""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar, cast

from coralline.foundation import child_process, progress

_MOST_WORKERS = 8
"""Reading files from one disk gains little from more."""
_UNSAFE_TO_FORK = ("tensorflow", "grpc")
_NO_WORKERS = (BrokenProcessPool, OSError, ImportError, NotImplementedError)
"""One was killed, most likely for want of memory, of which one process needs less; none can be forked; or the system
has no semaphores. An OSError of the work itself comes again."""

Result = TypeVar("Result")
_work: Callable[[int, int], object] | None = None


def in_shares(work: Callable[[int, int], Result], count: int, share: int) -> Iterator[Result]:
    """What `work` returns for each share of `count` things, in order.

    Args:
      work: is given where a share begins and ends; what it returns must be picklable. What it changes in memory stays
        with the worker. It must not print.
      count: of things.
      share: things at a time, at least 1.

    Raises whatever `work` raises.
    """
    starts = list(range(0, count, share))
    done = 0
    if len(starts) > 1 and _can_fork():
        try:
            for result in _forked(work, starts, count, share):
                yield result
                done += 1
        except _NO_WORKERS as e:
            progress.note(f"the work goes on in one process, without workers: {e or type(e).__name__}")
    for start in starts[done:]:
        yield work(start, min(start + share, count))


def _can_fork() -> bool:
    return (
        sys.platform == "linux"
        and _workers() > 1
        and threading.active_count() == 1
        and not any(name in sys.modules for name in _UNSAFE_TO_FORK)
    )


def _workers() -> int:
    return min(_MOST_WORKERS, len(os.sched_getaffinity(0)))


def _forked(work: Callable[[int, int], Result], starts: list[int], count: int, share: int) -> Iterator[Result]:
    global _work
    sys.stdout.flush()
    sys.stderr.flush()
    _work = work  # Inherited, not pickled.
    try:
        with concurrent.futures.ProcessPoolExecutor(
            min(_workers(), len(starts)),
            multiprocessing.get_context("fork"),
            child_process.settle_in_child,
            (os.getpid(),),
        ) as pool:
            ends = [min(start + share, count) for start in starts]
            yield from cast("Iterator[Result]", pool.map(_share, starts, ends))
    finally:
        _work = None


def _share(start: int, end: int) -> object:
    assert _work is not None
    return _work(start, end)
