"""SIGTERM, by which `kill`, systemd and Kubernetes end a process: a command ends on it as on Ctrl-C, in good order."""

from __future__ import annotations

import signal
from typing import NoReturn

from pipeline.exit_codes import ExitCode


class Terminated(KeyboardInterrupt):
    """SIGTERM came. It goes wherever Ctrl-C does."""


def heed_sigterm() -> None:
    """Has SIGTERM raise `Terminated` in the main thread, which must be the caller, unless it is ignored already.

    A process that is a container's first wouldn't end on it otherwise: Linux gives it no default action there.
    """
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_IGN:
        signal.signal(signal.SIGTERM, _raise)


def exit_code_of(interruption: BaseException) -> ExitCode:
    """Of Ctrl-C, of SIGTERM, or of click's Abort, which click puts in the place of both."""
    cause = interruption if isinstance(interruption, KeyboardInterrupt) else interruption.__cause__
    return ExitCode.TERMINATED if isinstance(cause, Terminated) else ExitCode.INTERRUPTED


def _raise(*_: object) -> NoReturn:
    raise Terminated
