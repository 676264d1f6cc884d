"""Real database servers, with TLS, that hold what Kubeflow keeps there; and certificates for them."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ml_metadata import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as pb

_DATABASES = ("metadb", "plain", "older", "newer", "empty")


@dataclasses.dataclass(frozen=True)
class Server:
    """On loopback: `metadb` is Kubeflow's, `plain` TFX's, `empty` has no tables, `older` and `newer` another schema.

    `reader` may SELECT only; `owner` may do anything; `encrypted` is let in with TLS only, `outsider` may read nothing;
    the password of each is `s3cret`. The certificate, which is its own authority's, is for `localhost`.

    Attributes:
      sql: runs statements in a database (of PostgreSQL's; MariaDB's may name any) as the administrator.
    """

    scheme: str
    port: int
    certificate: Path
    sql: Callable[..., str]

    def address(self, database: str, user: str = "reader:s3cret", host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{user}@{host}:{self.port}/{database}"

    def end_sessions(self) -> None:
        """As a server does that is started again, or has waited for hours."""
        if self.scheme == "postgresql":
            self.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'coralline%'")
        else:
            self.sql("KILL USER reader@'127.0.0.1'")


def _make_certificate(folder: Path) -> Path:
    """A folder with a self-signed certificate for localhost."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make a certificate with")
    made = "req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -keyout key.pem -out cert.pem"
    named = "-subj /CN=localhost -addext subjectAltName=DNS:localhost"
    subprocess.run(["openssl", *made.split(), *named.split()], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `cert.pem` and `key.pem`, for localhost."""
    return _make_certificate(tmp_path_factory.mktemp("tls"))


@contextlib.contextmanager
def _running(
    command: list[str], log: Path, asks: Callable[[], object], ends_by: int = signal.SIGTERM, **how: object
) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log.open("w"), **how)  # type: ignore[call-overload]
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                asks()
                break
            except subprocess.CalledProcessError:
                assert process.poll() is None and time.monotonic() < deadline, log.read_text()
                time.sleep(0.05)
        yield
    finally:
        process.send_signal(ends_by)
        process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def mariadb(tmp_path_factory: pytest.TempPathFactory, kubeflow_writer, tfx_writer) -> Iterator[Server]:
    program = shutil.which("mariadbd", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("there is no MariaDB server here (Debian's package mariadb-server)")
    folder = _make_certificate(tmp_path_factory.mktemp("db"))

    def sql(statements: str, database: str = "mysql") -> str:
        command = ["mariadb", "--no-defaults", f"--socket={folder}/s", "-uroot", "--skip-column-names", database]
        return subprocess.run(command, input=statements, text=True, check=True, capture_output=True).stdout

    server = Server("mysql", _free_port(), folder / "cert.pem", sql)
    place = [f"--datadir={folder}/data", "--user=root" if os.getuid() == 0 else f"--user={os.getuid()}"]
    install = ["mariadb-install-db", "--no-defaults", *place, "--auth-root-authentication-method=normal"]
    subprocess.run([*install, "--skip-test-db"], check=True, capture_output=True)
    where = [f"--socket={folder}/s", f"--port={server.port}", "--bind-address=127.0.0.1"]
    tls = [f"--ssl-cert={folder}/cert.pem", f"--ssl-key={folder}/key.pem", "--innodb-flush-log-at-trx-commit=0"]
    with _running([program, "--no-defaults", *place, *where, *tls], folder / "log", lambda: sql("SELECT 1")):
        sql("".join(f"CREATE DATABASE {database};" for database in _DATABASES))
        for user, condition in (("owner", ""), ("reader", ""), ("outsider", ""), ("encrypted", "REQUIRE SSL")):
            sql(f"CREATE USER {user}@'127.0.0.1' IDENTIFIED BY 's3cret' {condition}")
        sql("GRANT ALL ON *.* TO owner@'127.0.0.1'")
        sql("".join(f"GRANT SELECT ON {database}.* TO reader@'127.0.0.1';" for database in _DATABASES))
        sql("GRANT SELECT ON metadb.* TO encrypted@'127.0.0.1'")
        config = pb.ConnectionConfig()
        config.mysql.host, config.mysql.port, config.mysql.database = "127.0.0.1", server.port, "metadb"
        config.mysql.user, config.mysql.password = "owner", "s3cret"
        _fill(server, config, (kubeflow_writer, tfx_writer))
        sql("GRANT SELECT ON metadb.Type TO outsider@'127.0.0.1'")
        yield server


@pytest.fixture(scope="module")
def postgresql(kubeflow_writer, tfx_writer) -> Iterator[Server]:
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    path = os.pathsep.join([os.environ["PATH"], *(str(program.parent) for program in reversed(programs))])
    program, initdb, psql = (shutil.which(name, path=path) for name in ("postgres", "initdb", "psql"))
    if not (program and initdb and psql):
        pytest.skip("there is no PostgreSQL server here (Debian's package postgresql)")
    # It refuses to run as root, and another user can't enter pytest's own folder.
    user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
    with tempfile.TemporaryDirectory(prefix="pg-") as place:
        folder = _make_certificate(Path(place))
        (folder / "password").write_text("s3cret")
        if user:
            owner = pwd.getpwnam("postgres")
            for path_of_it in (folder, *folder.iterdir()):
                os.chown(path_of_it, owner.pw_uid, owner.pw_gid)
        (folder / "key.pem").chmod(0o600)

        def sql(statements: str, database: str = "postgres") -> str:
            command = [psql, "-qtAX", "-vON_ERROR_STOP=1", f"-h{folder}", f"-p{server.port}", "-Uowner", database]
            environment = os.environ | {"PGPASSWORD": "s3cret"}
            done = subprocess.run(
                command, input=statements, text=True, check=True, capture_output=True, env=environment
            )
            return done.stdout

        server = Server("postgresql", _free_port(), folder / "cert.pem", sql)
        data = f"{folder}/data"
        made = [initdb, f"-D{data}", "-Ascram-sha-256", "-Uowner", f"--pwfile={folder}/password", "--no-sync", "-EUTF8"]
        subprocess.run([*made, "--locale=C"], check=True, capture_output=True, cwd=folder, **user)
        rules = ("local all all scram-sha-256", "hostnossl all encrypted all reject", "host all all all scram-sha-256")
        Path(data, "pg_hba.conf").write_text("\n".join(rules) + "\n")
        where = ["-D", data, "-h", "127.0.0.1", "-p", str(server.port), "-k", str(folder), "-F"]
        tls = ["-cssl=on", f"-cssl_cert_file={folder}/cert.pem", f"-cssl_key_file={folder}/key.pem"]
        # SIGTERM would wait until every session has ended by itself.
        how = {"ends_by": signal.SIGINT, "cwd": folder, **user}
        with _running([program, *where, *tls], folder / "log", lambda: sql("SELECT 1"), **how):
            for database in _DATABASES:
                sql(f"CREATE DATABASE {database}")
            for name in ("reader", "outsider", "encrypted"):
                sql(f"CREATE ROLE {name} LOGIN PASSWORD 's3cret'")
            config = pb.ConnectionConfig()
            config.postgresql.host, config.postgresql.port = "127.0.0.1", str(server.port)
            config.postgresql.dbname, config.postgresql.user, config.postgresql.password = "metadb", "owner", "s3cret"
            _fill(server, config, (kubeflow_writer, tfx_writer))
            for database in _DATABASES:
                sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader, encrypted", database)
            yield server


def _fill(server: Server, config: pb.ConnectionConfig, writers: tuple[Any, Any]) -> None:
    kubeflow_writer, tfx_writer = writers
    kubeflow_writer(MetadataStore(config)).run("0b7e64f1-first", failing="StatisticsGen")
    if server.scheme == "mysql":
        config.mysql.database = "plain"
    else:
        config.postgresql.dbname = "plain"
    writer = tfx_writer(config)
    for run in ("run_1", "run_2"):
        model = writer.artifact("Model", f"/{run}/model")
        writer.execute(run, "Trainer", pb.Execution.COMPLETE, {}, {"model": model}, train='{"seed": 3}')
        writer.execute(run, "Pusher", pb.Execution.COMPLETE, {"model": model}, {})
    server.sql("CREATE TABLE MLMDEnv AS SELECT 7 AS schema_version", "older")
    server.sql("CREATE TABLE MLMDEnv AS SELECT 11 AS schema_version", "newer")


@pytest.fixture(params=["mariadb", "postgresql"])
def database(request: pytest.FixtureRequest) -> Server:
    """Each of them in turn."""
    server: Server = request.getfixturevalue(request.param)
    return server
