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
from coralline.lineage.stores.schema_version import READ_HERE, require_known
from coralline.lineage.stores.store_connection import StoreConnection

STORE_FILE = "metadata.sqlite"
"""Of an output folder."""

_MAGIC, _HEADER = b"SQLite format 3\0", 100
_WAIT_S = 5.0
_FIX = "give the output folder of a run, or the file of a store, with --store"
# What the first release of ML Metadata made, which had no table with a version.
_FIRST_TABLES = {"Type", "Artifact", "Execution", "Event"}
# SQLite's words for: a journal must be rolled back, or a shared memory be made, for which the file would be written to.
_UNFINISHED = ("attempt to write a readonly database", "unable to open database file")
_JOURNALS = ("-journal", "-wal")


def open_file(path: str) -> StoreConnection:
    """How to open the store in a file, or in an output folder.

    A file whose last writer was killed, or whose schema is older, is copied, and the copy is mended and upgraded.

    Raises:
      UserError: within seconds, if there is none, or it can't be read.
    """
    path = os.path.expanduser(path)
    file = os.path.join(path, STORE_FILE) if os.path.isdir(path) else path
    _require_whole(file)
    kept = None
    try:
        version = _schema_version(file)
    except sqlite3.Error as error:
        if str(error) not in _UNFINISHED:
            raise _unreadable(file, error) from error
        kept = tempfile.TemporaryDirectory(prefix="coralline-")
        original, file = file, _copied_with_journal(file, kept.name)
        try:
            version = _schema_version(file, "rw")
        except sqlite3.Error as again:
            raise _unreadable(original, again) from again
    require_known(version, path if kept else file)
    upgrade = version != READ_HERE
    if upgrade and not kept:
        kept = tempfile.TemporaryDirectory(prefix="coralline-")
        file = _copied(file, kept.name)
    config = pb.ConnectionConfig()
    config.sqlite.filename_uri = os.path.abspath(file)
    mode = pb.SqliteMetadataSourceConfig
    config.sqlite.connection_mode = mode.READWRITE if upgrade else mode.READONLY
    config.retry_options.max_num_retries = 10
    return StoreConnection(config, upgrade, kept)


def _require_whole(file: str) -> None:
    """Refuses what isn't a whole SQLite file, without waiting for whoever writes into a pipe."""
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
        row = database.execute("SELECT CAST(schema_version AS INTEGER) FROM MLMDEnv").fetchone()
    return None if row is None or row[0] is None else int(row[0])


def _copied(file: str, folder: str) -> str:
    """A copy of one moment, whoever writes meanwhile."""
    target = os.path.join(folder, STORE_FILE)
    try:
        with _database(file, "ro") as original, contextlib.closing(sqlite3.connect(target)) as copy:
            original.backup(copy)
    except (sqlite3.Error, OSError) as error:
        raise _unreadable(file, error) from error
    return target


def _copied_with_journal(file: str, folder: str) -> str:
    """A copy that SQLite finishes: a transaction that a killed writer left is undone there, or a log read into it."""
    target = os.path.join(folder, STORE_FILE)
    try:
        shutil.copyfile(file, target)
        for ending in _JOURNALS:
            if os.path.exists(file + ending):
                shutil.copyfile(file + ending, target + ending)
    except OSError as error:
        raise _unreadable(file, error) from error
    return target


def _unreadable(file: str, error: Exception) -> UserError:
    fix = "the file is damaged: take a copy of it from before, or run the pipeline again with a new output folder"
    if "locked" in str(error):
        fix = "a program is writing to it, and holds it: try again when it's done"
    elif isinstance(error, OSError) or "is full" in str(error):
        fix = "give it room for a copy: set TMPDIR to a folder with more"
    return UserError("the store of ML Metadata can't be read", file=file, found=error, fix=fix)
