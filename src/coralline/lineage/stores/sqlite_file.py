"""A store in a SQLite file, which stays as it is: also one of a killed pipeline, or of an older ML Metadata."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ml_metadata.proto import metadata_store_pb2 as pb

from coralline.foundation.errors import UserError
from coralline.lineage.stores.how_to_open import HowToOpen
from coralline.lineage.stores.schema_version import READ_HERE, require_known

STORE_FILE = "metadata.sqlite"
"""Of an output folder."""

_MAGIC, _HEADER = b"SQLite format 3\0", 100
_READ_VERSION, _WAL = 19, 2  # "File format version numbers" of SQLite's file format
_WAIT_S = 3.0
_FIX = "give the output folder of a run, or the file of a store, with --store"
# What the first release of ML Metadata made, which had no table with a version.
_FIRST_TABLES = {"Type", "Artifact", "Execution", "Event"}
# SQLite's words for: a journal must be rolled back, or a shared memory be made, for which the file would be written to.
_UNFINISHED = ("attempt to write a readonly database", "unable to open database file")
_JOURNALS = ("-journal", "-wal")


def open_file(path: str) -> HowToOpen:
    """How to open the store in a file, or in an output folder.

    A file whose last writer was killed, or whose schema is older, is copied, and the copy is mended and upgraded.

    Raises:
      UserError: within seconds, if there is none, or it can't be read.
    """
    path = os.path.expanduser(path)
    file = os.path.join(path, STORE_FILE) if os.path.isdir(path) else path
    in_wal_mode = _header_of_whole(file)[_READ_VERSION] == _WAL
    unfinished = in_wal_mode and not os.path.exists(f"{file}-shm")  # SQLite would make it
    version = None
    try:
        version = None if unfinished else _schema_version(file)
    except sqlite3.Error as error:
        unfinished = str(error) in _UNFINISHED
        if not unfinished:
            raise _unreadable(file, error) from error
    if not unfinished:
        require_known(version, file)
        if version == READ_HERE:
            return HowToOpen(_config(file, pb.SqliteMetadataSourceConfig.READONLY), gaps=_has_gaps(file))
    folder = tempfile.TemporaryDirectory(prefix="coralline-")
    try:
        copy = (_copied_with_journal if unfinished else _copied)(file, folder.name)
        require_known(version := _schema_version(copy, "rw"), file)
    except (sqlite3.Error, OSError) as error:
        raise _unreadable(file, error) from error
    config = _config(copy, pb.SqliteMetadataSourceConfig.READWRITE)
    return HowToOpen(config, upgrade=version != READ_HERE, kept=folder)


def _config(file: str, mode: int) -> pb.ConnectionConfig:
    config = pb.ConnectionConfig()
    config.sqlite.filename_uri = os.path.abspath(file)
    config.sqlite.connection_mode = mode
    config.retry_options.max_num_retries = 1  # it would sleep for two seconds after each
    return config


def _header_of_whole(file: str) -> bytes:
    """The first bytes of a whole SQLite file; of a pipe, nobody is waited for who may write into it."""
    try:
        if not stat.S_ISREG(os.stat(file).st_mode):
            raise UserError("this is not a SQLite file", file=file, found="a device, a pipe or a socket", fix=_FIX)
        with open(file, "rb") as stream:
            header = stream.read(_HEADER)
            size = os.fstat(stream.fileno()).st_size
    except FileNotFoundError as error:
        raise UserError("there is no store of ML Metadata", file=file, found=error, fix=_FIX) from error
    except (OSError, ValueError) as error:  # ValueError: a name with a null
        fix = "read it as a user who may read it" if isinstance(error, PermissionError) else _FIX
        raise UserError("the store of ML Metadata can't be read", file=file, found=error, fix=fix) from error
    if header[: len(_MAGIC)] != _MAGIC:
        found = f"bytes that start with {header[:8].hex(' ')}" if header else "an empty file"
        raise UserError("this is not a SQLite file", file=file, found=found, fix=_FIX)
    if size < (whole := _size(header)):
        raise UserError(
            "the store is not whole",
            file=file,
            expected=f"{whole} bytes, as it says itself",
            found=f"{size} bytes",
            fix="copy it again; `sqlite3 STORE \".backup 'COPY'\"` copies it even while a pipeline writes to it",
        )
    return header


def _size(header: bytes) -> int:
    """In bytes, as "The Database Header" of SQLite's file format says; 0: it doesn't."""
    if len(header) < _HEADER:
        return _HEADER
    page = int.from_bytes(header[16:18], "big")
    believed = header[24:28] == header[92:96]
    return (65536 if page == 1 else page) * int.from_bytes(header[28:32], "big") if believed else 0


@contextlib.contextmanager
def _database(file: str, mode: str) -> Iterator[sqlite3.Connection]:
    address = f"{Path(file).absolute().as_uri()}?mode={mode}"
    with contextlib.closing(sqlite3.connect(address, uri=True, timeout=_WAIT_S)) as database:
        yield database


def _schema_version(file: str, mode: str = "ro") -> int | None:
    with _database(file, mode) as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if "MLMDEnv" not in tables:
            return 0 if tables >= _FIRST_TABLES else None
        row = database.execute("SELECT schema_version FROM MLMDEnv").fetchone()
    return row[0] if row and isinstance(row[0], int) else None


def _has_gaps(file: str) -> bool:
    """Whether rows were deleted without their properties, as `HowToOpen.gaps` says."""
    with contextlib.suppress(sqlite3.Error), _database(file, "ro") as database:
        return any(
            database.execute(
                f"SELECT 1 FROM {of}Property WHERE {of}_id NOT IN (SELECT id FROM {of}) LIMIT 1"
            ).fetchone()
            for of in ("Execution", "Artifact", "Context")
        )
    return True


def _copied(file: str, folder: str) -> str:
    """A copy of one moment, whoever writes meanwhile."""
    target = os.path.join(folder, STORE_FILE)
    with _database(file, "ro") as original, contextlib.closing(sqlite3.connect(target)) as copy:
        original.backup(copy)
    return target


def _copied_with_journal(file: str, folder: str) -> str:
    """A copy that SQLite finishes: a transaction that a killed writer left is undone there, or a log read into it."""
    target = os.path.join(folder, STORE_FILE)
    shutil.copyfile(file, target)
    for ending in _JOURNALS:
        if os.path.exists(file + ending):
            shutil.copyfile(file + ending, target + ending)
    return target


def _unreadable(file: str, error: Exception) -> UserError:
    fix = "the file is damaged: take a copy of it from before, or run the pipeline again with a new output folder"
    if "locked" in str(error):
        fix = "a program is writing to it, and holds it: try again when it's done"
    elif isinstance(error, OSError) or "is full" in str(error):
        fix = "give it room for a copy: set TMPDIR to a folder with more"
    return UserError("the store of ML Metadata can't be read", file=file, found=error, fix=fix)
