"""`--store mysql://...` on a real server: what Kubeflow keeps there is read, whatever isn't its own is left alone."""

from __future__ import annotations

import dataclasses
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ml_metadata import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as pb

from coralline.foundation.errors import UserError
from coralline.lineage.answers.trace import why
from coralline.lineage.run_history import open_lineage
from coralline.lineage.stores.database_server import reading_only
from coralline.lineage.stores.store import open_store


@dataclasses.dataclass(frozen=True)
class Server:
    """MariaDB on loopback: `metadb` is Kubeflow's, `empty` has no tables, `older` another schema version.

    `reader` may SELECT only; `owner` may do anything; the password of both is `s3cret`.
    """

    port: int
    socket: Path

    def address(self, database: str, user: str = "reader:s3cret") -> str:
        return f"mysql://{user}@127.0.0.1:{self.port}/{database}"

    def sql(self, statements: str) -> str:
        command = ["mariadb", "--no-defaults", f"--socket={self.socket}", "-uroot", "--skip-column-names"]
        return subprocess.run(command, input=statements, text=True, check=True, capture_output=True).stdout


@pytest.fixture(scope="module")
def mariadb(tmp_path_factory: pytest.TempPathFactory, kubeflow_writer) -> Iterator[Server]:
    if shutil.which("mariadbd", path=f"{os.environ['PATH']}:/usr/sbin") is None:
        pytest.skip("there is no MariaDB server here (Debian's package mariadb-server)")
    folder = tmp_path_factory.mktemp("db")
    with socket.create_server(("127.0.0.1", 0)) as free:
        server = Server(free.getsockname()[1], folder / "s")
    place = [f"--datadir={folder}/data", "--user=root" if os.getuid() == 0 else f"--user={os.getuid()}"]
    install = ["mariadb-install-db", "--no-defaults", *place, "--auth-root-authentication-method=normal"]
    subprocess.run([*install, "--skip-test-db"], check=True, capture_output=True)
    program = shutil.which("mariadbd", path=f"{os.environ['PATH']}:/usr/sbin")
    where = [f"--socket={server.socket}", f"--port={server.port}", "--bind-address=127.0.0.1"]
    running = subprocess.Popen(
        [str(program), "--no-defaults", *place, *where, "--innodb-flush-log-at-trx-commit=0"],
        stdout=subprocess.DEVNULL,
        stderr=(folder / "log").open("w"),
    )
    try:
        _prepare(server, running, kubeflow_writer)
        yield server
    finally:
        running.terminate()
        running.wait()


def _prepare(server: Server, running: subprocess.Popen[bytes], kubeflow_writer) -> None:
    deadline = time.monotonic() + 60
    while running.poll() is None and time.monotonic() < deadline:
        try:
            server.sql("SELECT 1")
            break
        except subprocess.CalledProcessError:
            time.sleep(0.05)
    databases = ("metadb", "older", "empty")
    server.sql(
        "".join(f"CREATE DATABASE {database};" for database in databases)
        + "CREATE USER owner@'127.0.0.1' IDENTIFIED BY 's3cret'; GRANT ALL ON *.* TO owner@'127.0.0.1';"
        + "CREATE USER reader@'127.0.0.1' IDENTIFIED BY 's3cret';"
        + "".join(f"GRANT SELECT ON {database}.* TO reader@'127.0.0.1';" for database in databases)
    )
    config = pb.ConnectionConfig()
    config.mysql.MergeFrom(
        pb.MySQLDatabaseConfig(host="127.0.0.1", port=server.port, database="metadb", user="owner", password="s3cret")
    )
    kubeflow_writer(MetadataStore(config)).run("0b7e64f1-first", failing="StatisticsGen")
    server.sql("CREATE TABLE older.MLMDEnv AS SELECT 9 AS schema_version")


def test_what_kubeflow_keeps_is_read_by_a_user_who_may_not_write(mariadb: Server) -> None:
    (run,) = open_lineage(mariadb.address("metadb")).runs()
    assert (run.run_id, run.pipeline, run.state) == ("0b7e64f1-first", "coralline", "FAILED")
    assert [execution.node for execution in run.executions] == ["VocExampleGen", "StatisticsGen"]
    (examples,) = open_lineage(mariadb.address("metadb")).artifacts_of_type("Examples")
    data = why(examples.uri, mariadb.address("metadb"))["data"]["VocExampleGen"]
    assert data["data"]["path"] == "s3://yard/data"


def test_the_password_may_stand_in_the_environment(mariadb: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="Access denied") as told:
        open_store(mariadb.address("metadb", "reader"))
    assert "CORALLINE_STORE_PASSWORD" in str(told.value)
    monkeypatch.setenv("CORALLINE_STORE_PASSWORD", "s3cret")
    assert len(open_lineage(mariadb.address("metadb", "reader")).runs()) == 1


def test_a_wrong_password_and_a_missing_database_are_told_without_the_password(mariadb: Server) -> None:
    for address, found in (
        (mariadb.address("metadb", "reader:wr0ng"), "Access denied for user 'reader'"),
        (mariadb.address("nothing", "owner:s3cret"), "Unknown database 'nothing'"),
    ):
        with pytest.raises(UserError) as told:
            open_store(address)
        assert found in str(told.value)
        assert "wr0ng" not in str(told.value) and "s3cret" not in str(told.value)


def test_a_database_without_a_store_stays_as_it_is(mariadb: Server) -> None:
    with pytest.raises(UserError, match="not a store of ML Metadata"):
        open_store(mariadb.address("empty", "owner:s3cret"))
    assert mariadb.sql("SHOW TABLES IN empty") == ""


def test_a_store_of_another_schema_version_stays_as_it_is(mariadb: Server) -> None:
    with pytest.raises(UserError, match="older ML Metadata") as told:
        open_store(mariadb.address("older", "owner:s3cret"))
    assert (told.value.expected, told.value.found) == ("schema version 10", "schema version 9")
    assert mariadb.sql("SHOW TABLES IN older; SELECT * FROM older.MLMDEnv").split() == ["MLMDEnv", "9"]


def test_postgresql_is_told_to_read_only_while_a_store_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGOPTIONS", "-c search_path=mlmd")
    monkeypatch.delenv("PGCONNECT_TIMEOUT", raising=False)
    with reading_only():
        assert os.environ["PGOPTIONS"] == "-c search_path=mlmd -c default_transaction_read_only=on"
    assert os.environ["PGOPTIONS"] == "-c search_path=mlmd" and "PGCONNECT_TIMEOUT" not in os.environ
