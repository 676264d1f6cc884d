"""Processes of an engine that outlive the command that started them: started apart, found again by their ids."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from coralline.foundation.errors import UserError

_POLL_S = 0.1
_SECONDS_TO_LEAVE = 15.0
_LAST_LINES = 5


@dataclasses.dataclass(frozen=True)
class EngineProcess:
    """One process, whose id lies in a file, with its log.

    Attributes:
      name: such as `taskmanager-1`.
      folder: of its files: `<name>.pid`, `<name>.log`.
    """

    name: str
    folder: Path

    @property
    def log(self) -> Path:
        """Standard output and error of it."""
        return self.folder / f"{self.name}.log"

    def start(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        """In a session of its own, with an empty log."""
        with open(self.log, "wb") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=dict(env), start_new_session=True
            )
        self._pid_file.write_text(f"{process.pid} {_born(process.pid)}", encoding="ascii")

    @property
    def pid(self) -> int | None:
        """Of the process, if it is that one and still runs."""
        try:
            pid, born = self._pid_file.read_text(encoding="ascii").split()
        except (OSError, ValueError):
            return None
        return int(pid) if _born(int(pid)) == born else None

    def stop(self) -> None:
        """Asks it and what it has started to leave; ends what stays."""
        pid = self.pid
        if pid is not None:
            _signal(pid, signal.SIGTERM)
            wait_until(lambda: self.pid is None, _SECONDS_TO_LEAVE)
            _signal(pid, signal.SIGKILL)
        self._pid_file.unlink(missing_ok=True)

    def kill(self) -> None:
        """Ends it at once, as a machine that fails does; its workers find that they are alone."""
        if (pid := self.pid) is not None:
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: self.pid is None, _SECONDS_TO_LEAVE)

    def last_words(self) -> str:
        """The last lines of its log."""
        with contextlib.suppress(OSError):
            return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:])
        return ""

    @property
    def _pid_file(self) -> Path:
        return self.folder / f"{self.name}.pid"


def wait_until(ready: Callable[[], bool], seconds: float) -> bool:
    """Whether it came to be so in time."""
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            return False
        time.sleep(_POLL_S)
    return True


def require_ready(process: EngineProcess, ready: Callable[[], bool], seconds: float) -> None:
    """Waits for a process.

    Raises:
      UserError: it has ended, or isn't ready in time.
    """
    wait_until(lambda: ready() or process.pid is None, seconds)
    if not ready():
        raise UserError(
            f"{process.name} hasn't started",
            file=process.log,
            expected=f"to be ready within {seconds:.0f} s",
            found=process.last_words() or "nothing in its log",
            fix="look into its log",
        )


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nothing listens to just now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


def listens(port: int) -> bool:
    """Whether something does on that port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _signal(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)


def _born(pid: int) -> str:
    """When a process began, in the kernel's ticks: ids come again. Empty: there is none, or it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rsplit(")", 1)[1].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]
