"""Opening a store: every address that can't be one is told in one message."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

import coralline
from coralline.foundation.errors import UserError
from coralline.lineage.run_history import RunHistory
from coralline.lineage.stores.store import open_store, store_above


def test_opens_an_output_folder_a_file_and_a_sqlite_address(out: Path) -> None:
    for address in (str(out), str(out / "metadata.sqlite"), f"sqlite://{out}/metadata.sqlite"):
        assert len(RunHistory(open_store(address)).runs()) == 3


def test_a_store_without_runs_has_none(tmp_path: Path) -> None:
    import ml_metadata
    from ml_metadata.proto import metadata_store_pb2 as pb

    config = pb.ConnectionConfig()
    config.sqlite.filename_uri = str(tmp_path / "metadata.sqlite")
    config.sqlite.connection_mode = pb.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
    ml_metadata.MetadataStore(config)
    history = RunHistory(open_store(str(tmp_path)))
    assert (history.runs(), history.run("latest")) == ([], None)


def test_does_not_make_a_store_where_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no store"):
        open_store(str(tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"not a database", b"SQLite format 3\0" + b"x" * 4000])
def test_rejects_a_file_that_is_no_store(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "metadata.sqlite").write_bytes(content)
    with pytest.raises(UserError):
        open_store(str(tmp_path))


@pytest.mark.parametrize("address", ["mysql://host", "postgresql://user@host:port/db", "redis://host/0"])
def test_rejects_an_incomplete_or_unknown_address(address: str) -> None:
    with pytest.raises(UserError, match="address of"):
        open_store(address)


@pytest.mark.parametrize("scheme", ["mysql", "postgresql"])
def test_says_why_a_server_cannot_be_reached_and_hides_the_password(scheme: str) -> None:
    with pytest.raises(UserError) as told:
        open_store(f"{scheme}://user:secret@127.0.0.1:1/db")
    assert "secret" not in str(told.value)
    assert "127.0.0.1" in str(told.value)


def test_a_file_of_another_schema_version_stays_as_it_is(out: Path) -> None:
    with contextlib.closing(sqlite3.connect(out / "metadata.sqlite")) as database, database:
        database.execute("UPDATE MLMDEnv SET schema_version = 11")
    before = (out / "metadata.sqlite").read_bytes()
    with pytest.raises(UserError, match="newer ML Metadata") as told:
        open_store(out)
    assert "grpc://" in str(told.value)
    assert (out / "metadata.sqlite").read_bytes() == before


def test_finds_the_store_of_the_folder_that_a_file_lies_in(out: Path) -> None:
    assert store_above(str(out / "published/v1/model.tflite")) == str(out / "metadata.sqlite")
    assert store_above("/") is None


def test_the_public_interface_reads_runs_and_why(out: Path) -> None:
    history = coralline.open_lineage(str(out))
    newest = history.run("latest")
    assert newest is not None and newest.state == "FAILED"
    explained = coralline.why(str(out / "published/latest/model.tflite"))
    assert "/data/raccoon" in str(explained["data"]["VocExampleGen"])
    with pytest.raises(UserError, match="no store"):
        coralline.why("/nowhere/model.tflite")
