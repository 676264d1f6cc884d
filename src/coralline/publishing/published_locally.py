"""A publishing folder on this machine.

A version is written aside (`.incoming-*`), flushed to disk and renamed into place; `latest` is a symbolic link that is
replaced in one step. On a file system without symbolic links it is a small file that holds the version's name.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from coralline.foundation import storage
from coralline.publishing import bundle

_INCOMING = ".incoming-"
# A leftover of a killed push is removed by a later one; a push in progress is never that old.
_LEFTOVER_SECONDS = 3600
_T = TypeVar("_T")


class LocalPlace:
    """A place of published versions; `places` says what each method is for."""

    def __init__(self, root: str):
        self._root = Path(root)

    def folder(self, version: str) -> str:
        return str(self._root / version)

    def versions(self) -> list[str]:
        names = (path.name for path in self._root.glob("*") if path.is_dir())
        return sorted(name for name in names if bundle.VERSION_NAME.fullmatch(name))

    def latest(self) -> str | None:
        pointer = self._root / bundle.LATEST
        with contextlib.suppress(*bundle.NOT_THERE, UnicodeDecodeError):
            if pointer.is_symlink():
                target = Path(os.path.realpath(pointer))
                return target.name if target.parent == Path(os.path.realpath(self._root)) else None
            return storage.read_bytes(str(pointer)).decode().strip() or None
        return None

    def has_pointer(self) -> bool:
        return os.path.lexists(self._root / bundle.LATEST)

    def read(self, version: str, name: str) -> bytes:
        return storage.read_bytes(str(self._root / version / name))

    def is_whole(self, version: str) -> bool:
        return bundle.damage(lambda name: self.read(version, name)) is None

    def write_version(self, version: str, files: Mapping[str, bytes]) -> None:
        aside = self._aside()
        try:
            aside.mkdir()
            for name, content in files.items():
                _write(aside / name, content)
            _flush(aside)
            os.rename(aside, self._root / version)
        except OSError:
            shutil.rmtree(aside, ignore_errors=True)
            raise

    def read_record(self) -> bytes | None:
        with contextlib.suppress(FileNotFoundError):
            return storage.read_bytes(str(self._root / bundle.RECORD))
        return None

    def move_latest(self, version: str, record: bytes) -> None:
        with self._replacing(bundle.RECORD) as aside:
            _write(aside, record)
        with self._replacing(bundle.LATEST) as aside:
            try:
                os.symlink(version, aside)
            except OSError:  # a file system without symbolic links
                _write(aside, f"{version}\n".encode())

    def in_turn(self, act: Callable[[LocalPlace], _T]) -> _T:
        """Makes the folder. The lock is given back by the system when its holder dies."""
        self._root.mkdir(parents=True, exist_ok=True)
        with open(self._root / ".lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._remove_leftovers()
            return act(self)

    def _aside(self) -> Path:
        return self._root / f"{_INCOMING}{uuid.uuid4().hex}"

    @contextlib.contextmanager
    def _replacing(self, name: str) -> Iterator[Path]:
        aside = self._aside()
        try:
            yield aside
            os.replace(aside, self._root / name)
        except OSError:
            aside.unlink(missing_ok=True)
            raise
        _flush(self._root)

    def _remove_leftovers(self) -> None:
        for leftover in self._root.glob(f"{_INCOMING}*"):
            with contextlib.suppress(OSError):
                if time.time() - leftover.lstat().st_mtime > _LEFTOVER_SECONDS:
                    shutil.rmtree(leftover) if leftover.is_dir() and not leftover.is_symlink() else leftover.unlink()


def _write(path: Path, content: bytes) -> None:
    with open(path, "wb") as f:
        f.write(content)
        f.flush()
        os.fsync(f.fileno())


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
