"""A SQLite file in whatever shape: it is read, or refused in one message, and never changed."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ml_metadata.metadata_store import downgrade_schema
from ml_metadata.proto import metadata_store_pb2 as pb

from coralline.foundation.errors import UserError
from coralline.lineage.answers.run_table import run_rows
from coralline.lineage.run_history import open_lineage
from coralline.lineage.stores.store import open_store

_NEWEST = "20260103-000000-cccc"


@pytest.fixture
def store(out: Path) -> Path:
    return out / "metadata.sqlite"


@pytest.fixture
def unchanged(store: Path) -> Iterator[Callable[[], None]]:
    """Call it when the store is as it should stay, beside its journals."""
    seen: list[dict[str, bytes]] = []

    def look() -> dict[str, bytes]:
        return {file.name: file.read_bytes() for file in store.parent.glob("metadata.sqlite*")}

    yield lambda: seen.append(look())
    assert seen == [look()]


@pytest.mark.parametrize("version", range(10))
def test_a_store_of_an_older_schema_is_read_from_a_copy(store: Path, unchanged, version: int) -> None:
    config = pb.ConnectionConfig()
    config.sqlite.filename_uri = str(store)
    config.sqlite.connection_mode = pb.SqliteMetadataSourceConfig.READWRITE
    downgrade_schema(config, version)
    unchanged()
    history = open_lineage(store)
    assert len(history.artifacts_of_type("Model")) == 1
    rows = run_rows(history)
    # Before schema 4 there were no contexts of executions, before 5 no states and times.
    assert [row.run_id for row in rows][:1] == ([_NEWEST] if version >= 3 else [])
    assert version < 4 or rows[0].state == ("FAILED" if version >= 5 else "UNKNOWN")
    assert list(Path(store).parent.glob("coralline-*")) == []


def test_what_a_killed_writer_left_is_undone_in_a_copy(store: Path, unchanged) -> None:
    _write_and_die(store, "PRAGMA cache_size = 1", 'UPDATE Artifact SET uri = uri || "changed"', grow=True)
    assert store.with_name("metadata.sqlite-journal").stat().st_size > 0
    unchanged()
    assert [artifact.uri[-7:] for artifact in open_lineage(store).artifacts_of_type("Model")] == ["model/2"]


def test_a_write_ahead_log_is_read_with_and_without_its_writer(store: Path) -> None:
    with contextlib.closing(sqlite3.connect(store)) as writer, writer:
        writer.execute("PRAGMA journal_mode = WAL")
    with contextlib.closing(sqlite3.connect(store)) as writer:
        with writer:
            writer.execute("UPDATE Artifact SET uri = 'of a live writer' WHERE id = 3")
        assert open_lineage(store).artifacts([3])[0].uri == "of a live writer"
    _write_and_die(store, "UPDATE Artifact SET uri = 'of a killed writer' WHERE id = 3", "COMMIT")
    store.with_name("metadata.sqlite-shm").unlink()
    before = sorted(file.name for file in store.parent.iterdir())
    assert open_lineage(store).artifacts([3])[0].uri == "of a killed writer"
    assert sorted(file.name for file in store.parent.iterdir()) == before == sorted({*before, "metadata.sqlite-wal"})


def test_what_a_pipeline_is_writing_is_not_waited_for_unless_it_holds_the_file(store: Path) -> None:
    history = open_lineage(store)
    with _held(store, "BEGIN IMMEDIATE", "UPDATE Artifact SET uri = 'changed'"):
        assert open_lineage(store).artifacts([3])[0].uri != "changed"
    with _held(store, "BEGIN EXCLUSIVE"):
        with pytest.raises(UserError, match="locked") as told:
            open_store(store)
        assert "try again" in str(told.value)
        with pytest.raises(UserError, match="locked"):
            history.artifacts([3])
    assert len(history.runs()) == 3


def test_half_a_copy_is_told_with_its_size(store: Path, unchanged) -> None:
    size = store.stat().st_size
    os.truncate(store, size // 2)
    unchanged()
    with pytest.raises(UserError, match="not whole") as told:
        open_store(store)
    assert (told.value.expected, told.value.found) == (f"{size} bytes, as it says itself", f"{size // 2} bytes")
    assert ".backup" in str(told.value.fix)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_a_damaged_file_is_one_message(store: Path, unchanged, share: float) -> None:
    with store.open("r+b") as stream:
        stream.seek(int(store.stat().st_size * share) // 4096 * 4096)
        stream.write(b"\xff" * 8192)
    unchanged()
    with contextlib.suppress(UserError):  # what doesn't need the damaged pages may be read
        run_rows(open_lineage(store))


@pytest.mark.parametrize(
    "statements",
    [
        "DROP TABLE MLMDEnv",
        "DELETE FROM MLMDEnv",
        "DROP TABLE MLMDEnv; CREATE TABLE MLMDEnv AS SELECT 'ten' AS schema_version",
        "DROP TABLE MLMDEnv; CREATE TABLE MLMDEnv AS SELECT NULL AS schema_version",
        "DROP TABLE MLMDEnv; CREATE TABLE MLMDEnv AS SELECT 10 AS version",
        "UPDATE MLMDEnv SET schema_version = 12",
        "UPDATE MLMDEnv SET schema_version = -1",
        "DROP TABLE Artifact",
        "DROP TABLE Association",
        "ALTER TABLE Execution RENAME COLUMN last_known_state TO state",
        "DELETE FROM Type",
        "UPDATE Artifact SET uri = CAST(X'ff' AS TEXT), name = CAST(X'fe00' AS TEXT)",
        "UPDATE Context SET name = CAST(X'ff' AS TEXT) WHERE id = 2",
        "UPDATE Artifact SET id = id + 9223372036854775700",
        "UPDATE Execution SET last_known_state = 99",
        "UPDATE Artifact SET state = 99, uri = NULL",
        "UPDATE Execution SET create_time_since_epoch = 9223372036854775807",
        "UPDATE Event SET type = 77",
        "DELETE FROM EventPath",
    ],
)  # fmt: skip
def test_a_file_that_something_else_has_changed_is_read_or_one_message(store: Path, unchanged, statements: str) -> None:
    with contextlib.closing(sqlite3.connect(store)) as database, database:
        database.executescript(statements)
    unchanged()
    with contextlib.suppress(UserError):
        history = open_lineage(store)
        run_rows(history)
        history.artifacts_of_type("Model")


def test_what_is_no_file_is_told_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    os.mkdir(tmp_path / "folder")
    for place, found in (
        (tmp_path / "pipe", "a pipe"),
        ("/dev/zero", "a device"),
        (tmp_path / "folder", "No such file"),
        (tmp_path / "folder/nothing/more", "No such file"),
        (f"{tmp_path}/a\0b", "null"),
        (tmp_path / ("x" * 300), "name too long"),
        ("", "No such file"),
    ):
        with pytest.raises(UserError, match=found):
            open_store(place)


def test_a_file_that_its_reader_may_not_read_is_told(store: Path) -> None:
    if os.getuid() == 0:
        pytest.skip("root may read everything")
    store.chmod(0)
    with pytest.raises(UserError, match="Permission denied"):
        open_store(store)


@pytest.mark.parametrize("name", ["a?mode=rwc", "a#b", "100%", "with space", "file:a", "ö🐦.sqlite", "a'b;--"])
def test_any_name_will_do(store: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store.rename(store.with_name(name))
    monkeypatch.chdir(store.parent)
    assert len(open_lineage(store.with_name(name)).runs()) == len(open_lineage(name).runs()) == 3
    assert not store.with_name("a").exists()


def _write_and_die(store: Path, *statements: str, grow: bool = False) -> None:
    """In a process that is killed in the middle of a transaction, after some of it is in the file."""
    code = (
        "import os, sqlite3, sys\n"
        "database = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "database.execute('PRAGMA cache_size = 1')\n"
        "database.execute('BEGIN IMMEDIATE')\n"
        "for statement in sys.argv[3:]: database.execute(statement)\n"
        "for number in range(int(sys.argv[2])):\n"
        "    database.execute('INSERT INTO Artifact(type_id, uri) VALUES (1, ?)', ['x' * 4000])\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(store), "200" if grow else "0", *statements])


@contextlib.contextmanager
def _held(store: Path, *statements: str) -> Iterator[None]:
    """By another process: locks of files are a process's."""
    code = (
        "import sqlite3, sys\n"
        "database = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "for statement in sys.argv[2:]: database.execute(statement)\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", code, str(store), *statements]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin and process.stdout and process.stdout.readline() == b"held\n"
        yield
        process.stdin.close()
        process.wait()
