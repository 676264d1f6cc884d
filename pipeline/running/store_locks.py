"""The locks beside a SQLite store: one that whoever begins takes for a moment, and one for each run while it lives."""

from __future__ import annotations

import contextlib
import fcntl
import time
from collections.abc import Iterator
from pathlib import Path

from coralline.foundation.errors import UserError

RUN_LOCK = ".run-"
"""Between the store's file name and the id of a run: the lock that the run holds, which a killed one leaves behind."""

_WAIT_S = 5.0
_TRY_AGAIN_S = 0.1


@contextlib.contextmanager
def locked(path: Path, flags: int = 0) -> Iterator[None]:
    """Holds a lock that the system gives back when this process dies; raises BlockingIOError with LOCK_NB."""
    with open(path, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | flags)
        yield


def beginning_lock(store: Path) -> Path:
    """The lock that a run holds while it begins; whoever has it keeps all others from beginning."""
    return Path(f"{store}.lock")


def living_runs(store: Path) -> list[str]:
    """The runs that are going on, by id; none of them waits for this."""
    return sorted(
        path.name.split(RUN_LOCK)[1] for path in store.parent.glob(f"{store.name}{RUN_LOCK}*") if is_held(path)
    )


@contextlib.contextmanager
def no_run(store: Path) -> Iterator[None]:
    """Within it no run is going on, and one that is started waits until its end.

    Raises:
      UserError: a run is going on, or somebody else has the lock, or it can't be had.
    """
    with contextlib.ExitStack() as held:
        _take(held, store)
        if runs := living_runs(store):
            raise UserError(
                "a run is going on, and might need what would be deleted",
                file=store.parent,
                found=f"run {', '.join(runs)}",
                fix="wait until it has ended, and start this again",
            )
        yield


def _take(held: contextlib.ExitStack, store: Path) -> None:
    until = time.monotonic() + _WAIT_S
    while True:
        try:
            held.enter_context(locked(beginning_lock(store), fcntl.LOCK_NB))
            return
        except BlockingIOError as error:
            if time.monotonic() > until:
                raise UserError(
                    "another process holds the lock of this output folder",
                    file=beginning_lock(store),
                    expected="no other `coralline gc`, and no run that is just beginning",
                    found=error,
                    fix="wait until it has ended, and start this again",
                ) from error
        except OSError as error:
            raise UserError(
                "the lock of this output folder can't be taken: nothing is deleted without it",
                file=beginning_lock(store),
                found=error,
                fix="start this as a user who may write there, on a file system that has locks",
            ) from error
        time.sleep(_TRY_AGAIN_S)


def is_held(path: Path) -> bool:
    """Whether a process has the lock; a file that can't be opened counts as held."""
    try:
        with open(path) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False
