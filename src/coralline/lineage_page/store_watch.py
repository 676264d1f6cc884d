"""Keeps a snapshot up to date while somebody looks at it, in a thread of its own: no request waits for a slow store."""

from __future__ import annotations

import asyncio
import os
import threading
import time

from coralline.foundation.errors import UserError, reason
from coralline.foundation.printable import printable, without_secrets
from coralline.lineage_page.snapshot import Snapshot
from coralline.lineage_page.snapshot_loading import SnapshotLoader
from coralline.lineage_page.store_mirror import LockedStore

_FRESH_S = 1.0
"""An answer may be so old."""
_WAIT_S = 0.25
"""A request waits so long for what changed, and then answers with what is known."""
_AGAIN_S = 3.0
"""What isn't known yet, as a run that has just begun, is waited for so long."""
_AT_LEAST_S = 0.1
"""Between two looks at the store."""
_STUCK_S = 3.0
_STUCK = "the store does not answer: it may be locked, or its server busy"
_STEP_S = 0.005
_STORE_FILE = "metadata.sqlite"


class StoreWatch:
    """A store's snapshot, and the thread that keeps it up to date.

    Args:
      address: as for `open_store`.

    Raises:
      UserError: there is no store, or it can't be read.
    """

    def __init__(self, address: str):
        self._file = store_file(address)
        self.snapshot = Snapshot(LockedStore(address))
        self._reader = LockedStore(address)
        self._identity = self._file_identity()
        self._loader = SnapshotLoader(self.snapshot, self._reader)
        self._state = threading.Condition()
        self._wanted, self._stopping = True, False
        self._checked_s = self._seen_s = 0.0
        self._began_s: float | None = None
        self._thread = threading.Thread(target=self._work, name="store-watch", daemon=True)

    def start(self) -> None:
        """Begins to read; `snapshot` fills from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Reads no more once the query under way is answered, which isn't waited for."""
        with self._state:
            self._stopping = True
            self._state.notify_all()

    def wait_until_loaded(self, seconds: float) -> bool:
        """Waits until the store has been read once, or can't be; gives whether it has."""
        with self._state:
            return self._state.wait_for(lambda: not self._wanted, seconds) and not self.snapshot.loading

    async def look(self) -> None:
        """Has the store looked at again if that was some time ago, and waits a moment for it."""
        self.want()
        end = time.monotonic() + _WAIT_S
        while self._wanted and not self.snapshot.loading and self.snapshot.problem is None and time.monotonic() < end:
            await asyncio.sleep(_STEP_S)

    async def look_again(self) -> None:
        """Waits until the store has been read as it is now: for what it didn't hold a moment ago."""
        now = time.monotonic()
        while self._seen_s < now and self.snapshot.problem is None and time.monotonic() < now + _AGAIN_S:
            self.want(_AT_LEAST_S)
            await asyncio.sleep(_STEP_S)

    def want(self, fresh_s: float = _FRESH_S) -> None:
        """Has the store looked at again if that was some time ago."""
        with self._state:
            now = time.monotonic()
            if self._began_s is not None and now - self._began_s > _STUCK_S and not self.snapshot.loading:
                self._tell(_STUCK)
            if now - self._checked_s < fresh_s:
                return
            self._wanted = True
            self._state.notify_all()

    def _work(self) -> None:
        while True:
            with self._state:
                self._state.wait_for(lambda: self._wanted or self._stopping)
                if self._stopping:
                    return
            self._began_s = time.monotonic()
            problem = self._read()
            with self._state:
                self._seen_s, self._began_s = self._began_s, None
                self._tell(problem)
                self._wanted, self._checked_s = False, time.monotonic()
                self._state.notify_all()
                if problem and not self._stopping:
                    self._state.wait(_FRESH_S)

    def _read(self) -> str | None:
        """Reads what is new; gives what kept it from that, in words."""
        try:
            self._require_same_file()
            if self.snapshot.loading:
                self._loader.load(self._pause)
            else:
                self._loader.update()
            if self.snapshot.see_served():
                self.snapshot.version += 1
        except UserError as error:
            return without_secrets(printable(f"{error.what}: {error.found}" if error.found else error.what))
        except Exception as error:  # a store can hold anything; what is known stays visible, with the mark
            return f"the store holds something that can't be read here: {printable(f'{type(error).__name__}: {error}')}"
        return None

    def _pause(self) -> None:
        """Between pages: those who wait for the interpreter get their turn."""
        if self._stopping:
            raise UserError("the server is stopping")
        time.sleep(0.001)

    def _tell(self, problem: str | None) -> None:
        snapshot = self.snapshot
        if problem != snapshot.problem:
            snapshot.problem_since_ms = (
                None if problem is None else snapshot.problem_since_ms or int(time.time() * 1000)
            )
            snapshot.problem = problem
            snapshot.version += 1

    def _require_same_file(self) -> None:
        """Begins anew if another file lies in the store's place."""
        if self._file is None:
            return
        identity = self._file_identity()
        if identity == self._identity:
            return
        self._reader.reopen()
        self.snapshot.store.reopen()
        self.snapshot.clear()
        self._identity = self._file_identity()

    def _file_identity(self) -> tuple[int, ...] | None:
        """What changes when another file lies there, and of one that was copied, when it's written to."""
        if self._file is None:
            return None
        try:
            found = os.stat(self._file)
        except OSError as error:
            raise UserError("there is no store of ML Metadata", file=self._file, found=reason(error)) from error
        return (found.st_dev, found.st_ino, *((found.st_mtime_ns, found.st_size) if self._reader.is_copy else ()))


def store_file(address: str) -> str | None:
    """The SQLite file at a store's address; None: the store is on a server."""
    scheme, separator, rest = address.partition("://")
    if separator and scheme not in ("sqlite", "file"):
        return None
    path = os.path.expanduser(rest if separator else address)
    return os.path.abspath(os.path.join(path, _STORE_FILE) if os.path.isdir(path) else path)
