"""Opening a store of ML Metadata by its address: a SQLite file, an output folder, MySQL or PostgreSQL."""

from __future__ import annotations

import os
import re
import tempfile
import urllib.parse
from os import PathLike
from pathlib import Path

from ml_metadata import MetadataStore, errors
from ml_metadata.proto import metadata_store_pb2

from coralline.foundation.errors import UserError
from coralline.foundation.output_capture import output_to

_STORE_FILE = "metadata.sqlite"
_SQLITE_MAGIC = b"SQLite format 3\0"


def open_store(address: str | PathLike[str]) -> MetadataStore:
    """Opens a store for reading.

    Args:
      address: the path of a SQLite file, the output folder of a run, `mysql://user:password@host:port/database`, or
        `postgresql://...` of the same form.

    Raises:
      UserError: there is no store, or it can't be read.
    """
    address = os.fspath(address)
    scheme, separator, _ = address.partition("://")
    if separator and scheme in ("mysql", "postgresql"):
        config = _server(scheme, urllib.parse.urlsplit(address))
    elif separator and scheme not in ("sqlite", "file"):
        raise UserError(
            f"`{address}` is not the address of a store",
            expected="a SQLite file, an output folder, mysql://... or postgresql://...",
            found=f"{scheme}://",
        )
    else:
        config = _sqlite(urllib.parse.urlsplit(address).path if separator else address)
    with tempfile.TemporaryDirectory() as folder:
        # The database clients write the reason to the standard error stream, from C++.
        log = Path(folder, "stderr")
        try:
            with output_to(log):
                store = MetadataStore(config)
                store.get_context_types()
        except (errors.StatusError, RuntimeError) as error:
            raise UserError(
                "the store of ML Metadata can't be read",
                file=_without_password(address),
                found=_reason(log.read_text(errors="replace")) or str(error).splitlines()[0],
                fix="check the address, the user's rights, and that the store was written by ML Metadata 1.x",
            ) from error
    return store


def store_above(path: str | PathLike[str]) -> str | None:
    """The store of the output folder that `path` lies in, if it lies in one."""
    folder = os.path.abspath(path)
    while True:
        if os.path.isfile(os.path.join(folder, _STORE_FILE)):
            return os.path.join(folder, _STORE_FILE)
        folder, below = os.path.dirname(folder), folder
        if folder == below:
            return None


def _sqlite(path: str) -> metadata_store_pb2.ConnectionConfig:
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
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = file
    config.sqlite.connection_mode = metadata_store_pb2.SqliteMetadataSourceConfig.READONLY
    config.retry_options.max_num_retries = 10
    return config


def _server(scheme: str, address: urllib.parse.SplitResult) -> metadata_store_pb2.ConnectionConfig:
    database = address.path.lstrip("/")
    try:
        port = address.port
    except ValueError:
        port = None
    if not address.hostname or not database or (port is None and ":" in address.netloc.rpartition("@")[2]):
        raise UserError(
            "the address of the store is not complete",
            expected=f"{scheme}://user:password@host:port/database",
            found=_without_password(address.geturl()),
        )
    config = metadata_store_pb2.ConnectionConfig()
    user, password = urllib.parse.unquote(address.username or ""), urllib.parse.unquote(address.password or "")
    if scheme == "mysql":
        config.mysql.MergeFrom(
            metadata_store_pb2.MySQLDatabaseConfig(
                host=address.hostname, port=port or 3306, database=database, user=user, password=password
            )
        )
        config.mysql.skip_db_creation = True
    else:
        config.postgresql.MergeFrom(
            metadata_store_pb2.PostgreSQLDatabaseConfig(
                host=address.hostname, port=str(port or 5432), dbname=database, user=user, password=password
            )
        )
        config.postgresql.skip_db_creation = True
    return config


def _reason(log: str) -> str:
    """The first error line of a C++ log, without its time and place."""
    found = re.search(r"^E\d+ [^\]]+\] (.+(?:\n\t.+)*)", log, re.MULTILINE)
    return " ".join(found[1].split()) if found else ""


def _without_password(address: str) -> str:
    parts = urllib.parse.urlsplit(address)
    return address.replace(f":{parts.password}@", ":***@") if parts.password else address
