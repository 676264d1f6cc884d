"""`--store mysql://...` and `postgresql://...` on real servers: a store is read, whatever is none is left alone."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from typing import Any

import pytest
from ml_metadata import errors
from ml_metadata.proto import metadata_store_pb2 as pb

from coralline.foundation.errors import UserError
from coralline.lineage.answers.trace import why
from coralline.lineage.lineage_steps import came_from, came_of
from coralline.lineage.run_history import open_lineage
from coralline.lineage.stores.store import open_store


def test_what_kubeflow_keeps_is_read_by_a_user_who_may_not_write(database) -> None:
    (run,) = open_lineage(database.address("metadb")).runs()
    assert (run.run_id, run.pipeline, run.state) == ("0b7e64f1-first", "coralline", "FAILED")
    assert [execution.node for execution in run.executions] == ["VocExampleGen", "StatisticsGen"]
    (examples,) = open_lineage(database.address("metadb")).artifacts_of_type("Examples")
    data = why(examples.uri, database.address("metadb"))["data"]["VocExampleGen"]
    assert data["data"]["path"] == "s3://yard/data"


def test_what_tfx_keeps_is_read(database) -> None:
    history = open_lineage(database.address("plain"))
    runs = history.runs()
    assert sorted(run.run_id for run in runs) == ["run_1", "run_2"]
    assert [execution.node for run in runs for execution in run.executions] == ["Trainer", "Pusher"] * 2
    run = history.run("run_2")
    assert run is not None and run.pipeline == "coralline" and run.executions[0].settings == {"train": {"seed": 3}}
    (model,) = history.artifacts_at("/run_2/model")
    assert [step.execution.node for step in came_of(history, model)] == ["Pusher"]


def test_rows_that_were_deleted_by_hand_are_marked_as_missing(database) -> None:
    history = open_lineage(database.address("plain"))
    (model,) = history.artifacts_at("/run_1/model")
    maker = history.producers([model.id])[model.id][0]
    database.sql(f"DELETE FROM Execution WHERE id = {maker}", "plain")  # its properties are left
    assert [step.execution.node for step in came_from(history, model)] == ["missing from the store"]
    run = history.run("run_1")
    assert run is not None and [execution.node for execution in run.executions] == ["Pusher"]


def test_the_password_may_stand_in_the_environment(database, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match=r"Access denied|password") as told:
        open_store(database.address("metadb", "reader"))
    assert "CORALLINE_STORE_PASSWORD" in str(told.value)
    monkeypatch.setenv("CORALLINE_STORE_PASSWORD", "s3cret")
    assert len(open_lineage(database.address("metadb", "reader")).runs()) == 1


@pytest.mark.parametrize(
    ("place", "user", "found"),
    [
        ("metadb", "reader:wr0ng", "(Access denied|authentication failed) for user .reader"),
        ("nothing", "owner:s3cret", "Unknown database .nothing|database .nothing. does not exist"),
        ("metadb", "outsider:s3cret", "denied"),
        ("metadb", "nobody:s3cret", "nobody"),
    ],
)  # fmt: skip
def test_what_keeps_a_user_out_is_told_without_the_password(database, place: str, user: str, found: str) -> None:
    with pytest.raises(UserError, match=found) as told:
        open_store(database.address(place, user))
    shown = str(told.value) + json.dumps(told.value.fields())
    assert "wr0ng" not in shown and "s3cret" not in shown
    assert "GRANT SELECT" in shown or user != "outsider:s3cret"


def test_an_error_as_json_and_the_processes_do_not_show_the_password(database) -> None:
    code = "from pipeline.cli import main; main()"
    address = database.address("metadb", "reader:wr0ng")
    command = [sys.executable, "-c", code, "lineage", "list", "--json", "--store", address]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert "reader" in done.stdout + done.stderr
    assert "wr0ng" not in done.stdout + done.stderr


def test_a_database_without_a_store_stays_as_it_is(database) -> None:
    with pytest.raises(UserError, match="not a store of ML Metadata"):
        open_store(database.address("empty", "owner:s3cret"))
    assert "MLMDEnv" not in _tables(database, "empty")


@pytest.mark.parametrize(("place", "version"), [("older", "7"), ("newer", "11")])
def test_a_store_of_another_schema_version_stays_as_it_is(database, place: str, version: str) -> None:
    with pytest.raises(UserError, match=f"{place[:3]}.* ML Metadata") as told:
        open_store(database.address(place, "owner:s3cret"))
    assert told.value.expected == "schema version 10"
    assert str(told.value.found).startswith(f"schema version {version}")
    assert "1.1 to 1.6" in str(told.value.found) or place == "newer"
    assert _tables(database, place).lower().split() == ["mlmdenv"]
    assert database.sql("SELECT * FROM MLMDEnv", place).split() == [version]


def test_a_session_of_a_user_who_may_do_anything_changes_nothing(database) -> None:
    store = open_store(database.address("metadb", "owner:s3cret"))
    with pytest.raises(errors.StatusError, match=r"(?i)read.only"):
        store._store.put_context_type(pb.ContextType(name="made by a reader"))
    assert "made by a reader" not in {known.name for known in store.get_context_types()}


def test_a_server_with_tls_is_trusted_by_the_named_certificates_only(
    database, certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORALLINE_STORE_CA", str(database.certificate))
    address = database.address("metadb", "encrypted:s3cret", host="localhost")
    assert len(open_lineage(address).runs()) == 1
    with pytest.raises(UserError, match=r"(?i)certificate"):
        open_store(database.address("metadb", "encrypted:s3cret"))  # it isn't 127.0.0.1's
    monkeypatch.setenv("CORALLINE_STORE_CA", str(certificate / "cert.pem"))
    with pytest.raises(UserError, match=r"(?i)certificate"):
        open_store(address)
    monkeypatch.setenv("CORALLINE_STORE_CA", str(certificate / "key.pem"))
    with pytest.raises(UserError, match="holds no certificates"):
        open_store(address)


def test_sessions_that_the_server_ended_begin_again(database) -> None:
    history = open_lineage(database.address("metadb"))
    for _ in range(2):
        assert len(history.runs()) == 1
        database.end_sessions()
    assert len(history.runs()) == 1


def test_names_and_passwords_may_hold_anything(postgresql, mariadb) -> None:
    quoted = "p%27%20%5C%20%40%2F%3A%25"
    postgresql.sql("""CREATE ROLE "o'dd user" LOGIN PASSWORD E'p'' \\\\ @/:%'""")
    postgresql.sql("""GRANT SELECT ON ALL TABLES IN SCHEMA public TO "o'dd user" """, "metadb")
    mariadb.sql("CREATE USER `o'dd user`@'127.0.0.1' IDENTIFIED BY 'p\\' \\\\ @/:%'")
    mariadb.sql("GRANT SELECT ON metadb.* TO `o'dd user`@'127.0.0.1'")
    for server in (postgresql, mariadb):
        assert len(open_lineage(server.address("metadb", f"o%27dd%20user:{quoted}")).runs()) == 1


@pytest.mark.parametrize("scheme", ["mysql", "postgresql"])
@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", b"", b"N", b"\x00" * 64])
def test_what_is_no_database_server_is_told(scheme: str, answer: bytes) -> None:
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.sendall(answer)

    threading.Thread(target=serve, daemon=True).start()
    with pytest.raises(UserError, match="can't be read") as told:
        open_store(f"{scheme}://user:s3cret@127.0.0.1:{server.getsockname()[1]}/metadb")
    server.close()
    assert "s3cret" not in str(told.value)


def test_a_server_without_tls_gets_no_password_where_certificates_are_named(
    certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            connection, _ = server.accept()
            with connection:
                heard.append(connection.recv(8))
                connection.sendall(b"N")
                heard.append(connection.recv(1000))

    threading.Thread(target=serve, daemon=True).start()
    monkeypatch.setenv("CORALLINE_STORE_CA", str(certificate / "cert.pem"))
    with pytest.raises(UserError, match="SSL"):
        open_store(f"postgresql://user:s3cret@localhost:{server.getsockname()[1]}/metadb")
    assert not any(b"user" in data for data in heard)


@pytest.mark.parametrize(
    "address",
    ["mysql://host", "postgresql://host/db", "mysql://user@host:port/db", "postgresql://u@host/db?sslmode=no"],
)
def test_an_address_that_is_not_complete_is_told(address: str) -> None:
    with pytest.raises(UserError, match="address of the store") as told:
        open_store(address)
    assert "://user:password@host:port/database" in str(told.value.expected)


def _tables(database: Any, place: str) -> str:
    schema = place if database.scheme == "mysql" else "public"
    asked: str = database.sql(
        f"SELECT table_name FROM information_schema.tables WHERE table_schema = '{schema}'", place
    )
    return asked
