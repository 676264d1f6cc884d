"""A publishing address (`gs://`, `s3://`), whose folders can't be renamed in one step.

Each file appears whole. The manifest is the last file of a version, and one without it doesn't count; `latest` is a
small file that holds the version's name, written after the manifest. Several writers take turns without a lock, by
conditional writes; see `RemoteTurn`. What such a place keeps, whenever a writer is killed:

- `latest` names a whole version, and moves only from the version, and within the state of the record, on which the
  writer decided. So a model that was judged against another one than it would replace isn't served.
- The record has an entry for each move that was made, in their order, and each names the version served before it. An
  entry without a move, of a writer that was killed or overtaken, is known by the next one, which names the same
  version as served before it (`serving_record` reads it so).
"""

from __future__ import annotations

import contextlib
import errno
import random
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from coralline.foundation import conditional_writes, progress, storage
from coralline.foundation.conditional_writes import ABSENT, Seen
from coralline.publishing import bundle, serving_record

GRACE_S = 3.0
"""A writer that has put a move on record gets this long to make it; then another one makes sure that it never does."""
_TURNS = 40
_PAUSE_S = 0.3
_STARTED_S = 30.0  # older entries without a move are those of writers that were killed
_T = TypeVar("_T")


class OvertakenError(Exception):
    """Another writer has changed the place since this turn began; nothing that is served was changed by it."""


class RemotePlace:
    """A place of published versions; `places` says what each method is for."""

    def __init__(self, root: str):
        self._root = root.rstrip("/")

    def folder(self, version: str) -> str:
        return f"{self._root}/{version}"

    def versions(self) -> list[str]:
        with contextlib.suppress(*bundle.NOT_THERE):
            return [name for name in storage.list_folder(self._root) if bundle.VERSION_NAME.fullmatch(name)]
        return []

    def latest(self) -> str | None:
        content = self._read_if_there(bundle.LATEST)
        return content.decode(errors="replace").strip() or None if content else None

    def has_pointer(self) -> bool:
        return bool((self._read_if_there(bundle.LATEST) or b"").strip())

    def read(self, version: str, name: str) -> bytes:
        return storage.read_bytes(f"{self._root}/{version}/{name}")

    def is_whole(self, version: str) -> bool:
        """By the manifest and the names of the files; contents aren't fetched."""
        try:
            manifest = bundle.read_manifest(self.read(version, bundle.MANIFEST))
        except (*bundle.NOT_THERE, ValueError):
            return False
        return all(storage.exists(f"{self._root}/{version}/{name}") for name in manifest["files"])

    def read_record(self) -> bytes | None:
        return self._read_if_there(bundle.RECORD)

    def write_version(self, version: str, files: Mapping[str, bytes]) -> None:
        for name, content in files.items():
            storage.write_bytes(f"{self._root}/{version}/{name}", content)

    def move_latest(self, version: str, record: bytes) -> None:
        storage.write_bytes(f"{self._root}/{bundle.RECORD}", record)
        storage.write_bytes(f"{self._root}/{bundle.LATEST}", f"{version}\n".encode())

    def in_turn(self, act: Callable[[RemotePlace], _T]) -> _T:
        """Several times if others change the place in between.

        Raises OSError if the place can't be read or written, or if others change it all the time.
        """
        if not conditional_writes.has_conditions(self._root):
            return self._unguarded(act)
        for _ in range(_TURNS):
            try:
                return act(self._begun_turn())
            except OvertakenError:
                time.sleep(random.uniform(0, _PAUSE_S))
            except OSError as e:
                if e.errno != errno.EOPNOTSUPP:
                    raise
                return self._unguarded(act)
        raise OSError(errno.EBUSY, "other writers change it all the time", self._root)

    def _begun_turn(self) -> RemoteTurn:
        """A turn in which no other writer is about to move `latest`, as far as one can tell."""
        until = time.monotonic() + GRACE_S
        while (turn := RemoteTurn(self._root)).awaits_another and time.monotonic() < until:
            time.sleep(random.uniform(0, _PAUSE_S))
        return turn

    def _unguarded(self, act: Callable[[RemotePlace], _T]) -> _T:
        progress.note(
            f"{self._root} has no conditional writes: if two runs publish or roll back there at the same moment, the "
            "last one wins, whatever it was compared with; what is served is whole either way"
        )
        return act(self)

    def _read_if_there(self, name: str) -> bytes | None:
        with contextlib.suppress(*bundle.NOT_THERE):
            return storage.read_bytes(f"{self._root}/{name}")
        return None


class RemoteTurn(RemotePlace):
    """The place as one writer saw it when its turn began: record first, then `latest`.

    It changes the place only if nobody else has since:

    1. If the record's last entry is of a move that isn't made, its writer may still be about to make it. `latest` is
       written again, with the same version; that writer's own write of `latest` then fails.
    2. The record gets the entry, if it's as it was read.
    3. `latest` moves, if it's as it was read or as step 1 left it.

    A writer that fails in 2 or 3 begins a new turn and decides anew. A newline is added with each write of `latest`,
    so that its content never comes back, which is how S3 knows one state from another.
    """

    def __init__(self, root: str):
        super().__init__(root)
        self._record = conditional_writes.read_with_state(f"{self._root}/{bundle.RECORD}")
        self._pointer = conditional_writes.read_with_state(f"{self._root}/{bundle.LATEST}")

    @property
    def awaits_another(self) -> bool:
        """Whether a writer has just put a move on record that it hasn't made."""
        move = self._unmade()
        return move is not None and move.seconds_ago < _STARTED_S

    def latest(self) -> str | None:
        return (self._pointer.content or b"").decode(errors="replace").strip() or None

    def has_pointer(self) -> bool:
        return bool((self._pointer.content or b"").strip())

    def read_record(self) -> bytes | None:
        return self._record.content

    def write_version(self, version: str, files: Mapping[str, bytes]) -> None:
        """Raises OvertakenError if another writer has taken this name for something else."""
        for name, content in files.items():
            self._written(f"{version}/{name}", content, ABSENT)
        if not conditional_writes.keeps_conditions(f"{self._root}/{version}/{name}", content):
            raise OSError(errno.EOPNOTSUPP, "this store ignores the conditions of writes", self._root)

    def move_latest(self, version: str, record: bytes) -> None:
        """Raises OvertakenError if another writer was faster."""
        if self._unmade() is not None:
            self._pointer = self._pointed(self.latest() or "")
        self._record = self._written(bundle.RECORD, record, self._record)
        self._pointer = self._pointed(version)

    def _unmade(self) -> serving_record.Move | None:
        return serving_record.unmade_move(self._record.content, self.latest())

    def _pointed(self, version: str) -> Seen:
        before = self._pointer.content or b""
        newlines = len(before) - len(before.rstrip(b"\n")) + 1
        return self._written(bundle.LATEST, version.encode() + b"\n" * newlines, self._pointer)

    def _written(self, name: str, content: bytes, seen: Seen) -> Seen:
        written = conditional_writes.write_if_unchanged(f"{self._root}/{name}", content, seen)
        if written is None:
            raise OvertakenError(name)
        return written
