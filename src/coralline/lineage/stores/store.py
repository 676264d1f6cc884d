"""Opening a store of ML Metadata by its address, to read it: a file, an output folder, a service or a database server.

Nothing here makes, upgrades or changes a store: a file is opened read-only, a service has no such requests, a database
is opened only if it holds a store of the schema version that this ML Metadata has. Whoever opens one gets its `get_*`
methods and no others.
"""

from __future__ import annotations

import os
import re
import tempfile
import urllib.parse
from collections.abc import Callable
from contextlib import closing
from os import PathLike
from pathlib import Path
from typing import Any

from ml_metadata import MetadataStore, errors
from ml_metadata.proto import metadata_store_pb2 as pb

from coralline.foundation.errors import UserError
from coralline.foundation.output_capture import output_to
from coralline.foundation.printable import without_secrets
from coralline.lineage.stores import database_server, metadata_service
from coralline.lineage.stores.schema_version import require_readable

_STORE_FILE = "metadata.sqlite"
_SQLITE_MAGIC = b"SQLite format 3\0"
_WOULD_MAKE_TABLES = "cannot execute CREATE TABLE in a read-only transaction"  # PostgreSQL's words
_SERVICES, _DATABASES = ("grpc", "grpcs"), ("mysql", "postgresql")


class ReadOnlyStore:
    """A store's `get_*` methods, as `ml_metadata.MetadataStore` has them; they raise UserError when it fails.

    `contexts_at_hand`: whether an execution's contexts are no query of their own.
    """

    contexts_at_hand = False

    def __init__(self, store: MetadataStore, address: str):
        self._store, self._address = store, address

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if not name.startswith("get_"):
            raise AttributeError(f"a store is read here, never written to: {name}")
        method = getattr(self._store, name)

        def read(*arguments: Any, **named: Any) -> Any:
            try:
                return method(*arguments, **named)
            except errors.StatusError as error:
                raise _unreadable(self._address, error) from error

        return read


def open_store(address: str | PathLike[str]) -> ReadOnlyStore:
    """Opens a store for reading.

    Args:
      address: the path of a SQLite file, the output folder of a run, `grpc://host:port` or with TLS `grpcs://host:port`
        (ML Metadata's service, which Kubeflow Pipelines runs), `mysql://user:password@host:port/database`, or
        `postgresql://...` of the same form. `CORALLINE_STORE_PASSWORD` is the password of an address without one,
        `CORALLINE_STORE_CA` a file of certificates that sign the server's (TLS).

    Raises:
      UserError: there is no store, or it can't be read.
    """
    address = os.fspath(address)
    scheme, separator, _ = address.partition("://")
    parts = urllib.parse.urlsplit(address)
    if separator and scheme in _SERVICES:
        return ReadOnlyStore(metadata_service.open_service(parts), address)
    if separator and scheme in _DATABASES:
        config = database_server.connection(parts)
    elif separator and scheme not in ("sqlite", "file"):
        raise UserError(
            f"`{address}` is not the address of a store",
            expected="a SQLite file, an output folder, grpc://..., grpcs://..., mysql://... or postgresql://...",
            found=f"{scheme}://",
        )
    else:
        config = _sqlite(parts.path if separator else address)
    with tempfile.TemporaryDirectory() as folder:
        # The database clients write the reason to the standard error stream, from C++.
        log = Path(folder, "stderr")
        try:
            with output_to(log), database_server.reading_only():
                store = MetadataStore(config)
                store.get_context_types()
        except (errors.StatusError, RuntimeError) as error:
            if _WOULD_MAKE_TABLES in str(error):
                require_readable(None, without_secrets(address))
            raise _unreadable(address, error, log.read_text(errors="replace")) from error
    return ReadOnlyStore(store, address)


def _unreadable(address: str, error: Exception, log: str = "") -> UserError:
    told = (str(error).splitlines() or [type(error).__name__])[0]
    return UserError(
        "the store of ML Metadata can't be read",
        file=without_secrets(address),
        found=_reason(log) or told,
        fix="check the address, the user's rights, and that the store was written by ML Metadata 1.x",
    )


def store_above(path: str | PathLike[str]) -> str | None:
    """The store of the output folder that `path` lies in, if it lies in one."""
    folder = os.path.abspath(path)
    while True:
        if os.path.isfile(os.path.join(folder, _STORE_FILE)):
            return os.path.join(folder, _STORE_FILE)
        folder, below = os.path.dirname(folder), folder
        if folder == below:
            return None


def _sqlite(path: str) -> pb.ConnectionConfig:
    path = os.path.expanduser(path)
    file = os.path.join(path, _STORE_FILE) if os.path.isdir(path) else path
    fix = "give the output folder of a run, or the file of a store, with --store"
    try:
        with open(file, "rb") as stream:
            magic = stream.read(len(_SQLITE_MAGIC))
    except OSError as error:
        raise UserError("there is no store of ML Metadata", file=file, found=error, fix=fix) from error
    if magic != _SQLITE_MAGIC:
        found = f"bytes that start with {magic[:8].hex(' ')}" if magic else "an empty file"
        raise UserError("this is not a SQLite file", file=file, found=found, fix=fix)
    require_readable(_schema_version_of(file), file)
    config = pb.ConnectionConfig()
    config.sqlite.filename_uri = file
    config.sqlite.connection_mode = pb.SqliteMetadataSourceConfig.READONLY
    config.retry_options.max_num_retries = 10
    return config


def _schema_version_of(file: str) -> int | None:
    import sqlite3

    try:
        with closing(sqlite3.connect(f"{Path(file).absolute().as_uri()}?mode=ro", uri=True)) as database:
            row = database.execute("SELECT schema_version FROM MLMDEnv").fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return None
        raise UserError("the store of ML Metadata can't be read", file=file, found=error) from error
    except sqlite3.DatabaseError as error:
        raise UserError("this is not a store of ML Metadata", file=file, found=error) from error
    return None if row is None else int(row[0])


def _reason(log: str) -> str:
    """The first error line of a C++ log, without its time and place."""
    found = re.search(r"^E\d+ [^\]]+\] (.+(?:\n\t.+)*)", log, re.MULTILINE)
    return " ".join(found[1].split()) if found else ""
