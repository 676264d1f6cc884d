"""A store in a MySQL, MariaDB or PostgreSQL database."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import urllib.parse
import weakref
from pathlib import Path

from ml_metadata.proto import metadata_store_pb2 as pb

from coralline.foundation.errors import UserError
from coralline.foundation.printable import without_secrets
from coralline.lineage.stores.certificates import trusted_certificates
from coralline.lineage.stores.database_session import Login
from coralline.lineage.stores.how_to_open import HowToOpen
from coralline.lineage.stores.schema_version import require_readable

PASSWORD_VARIABLE = "CORALLINE_STORE_PASSWORD"
"""Holds the password of an address that names a user without one."""

_PORTS = {"mysql": 3306, "postgresql": 5432}
_RELAY = "coralline.lineage.stores.session_relay"


def open_server(address: urllib.parse.SplitResult) -> HowToOpen:
    """How to open the database at `mysql://user:password@host:port/database` or `postgresql://...`.

    It has been looked at by then: there is a server, it lets the user in, and holds a store that can be read.

    Raises:
      UserError: within seconds, if the address isn't complete, or any of that isn't so.
    """
    login = _login(address)
    relay = _SessionRelay(login)
    require_readable(relay.schema_version, login.shown)
    return HowToOpen(_config(login, relay.place), kept=relay)


class _SessionRelay:
    """The process that logs in for ML Metadata's client (see `session_relay`); it ends with this object.

    Attributes:
      place: of the socket at which it waits for that client.
      schema_version: as the database says; None: it's not a store.
    """

    def __init__(self, login: Login):
        # An editable installation isn't in the path: a finder knows it, which `-S` doesn't load.
        path = [os.fspath(Path(__file__).parents[3]), *sys.path]
        code = f"import sys; sys.path[:] = {path!r}; from {_RELAY} import relay_sessions; relay_sessions()"
        with tempfile.TemporaryFile() as log:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", code],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,  # Ctrl-C is the parent's, with which it ends
            )
            end = weakref.finalize(self, _end, process)
            assert process.stdin and process.stdout
            process.stdin.write(json.dumps(dataclasses.asdict(login)).encode() + b"\n")
            process.stdin.flush()
            answer = process.stdout.readline()
            if not answer:
                process.wait()
                log.seek(0)
                raise RuntimeError(f"the process that logs in ended: {log.read().decode(errors='replace')}")
        told = json.loads(answer)
        if "refused" in told:
            end()
            raise UserError(**told["refused"])
        self.place, self.schema_version = Path(told["socket"]), told["schema_version"]


def _end(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin and process.stdout
    process.stdin.close()
    process.stdout.close()
    process.wait()


def _config(login: Login, place: Path) -> pb.ConnectionConfig:
    config = pb.ConnectionConfig()
    if login.scheme == "mysql":
        config.mysql.MergeFrom(
            pb.MySQLDatabaseConfig(socket=str(place), database=login.database, user="reader", skip_db_creation=True)
        )
    else:
        server = pb.PostgreSQLDatabaseConfig(host=str(place.parent), port=place.suffix.removeprefix("."))
        server.dbname, server.user, server.skip_db_creation = "store", "reader", True
        config.postgresql.MergeFrom(server)
    return config


def _login(address: urllib.parse.SplitResult) -> Login:
    """From `mysql://user:password@host:port/database` or `postgresql://...`; the rest from the environment.

    Raises:
      UserError: the address isn't complete.
    """
    database = urllib.parse.unquote(address.path.lstrip("/"))
    try:
        port = address.port
    except ValueError:
        port = None
    half_a_port = port is None and ":" in address.netloc.rpartition("@")[2].rpartition("]")[2]
    if not address.hostname or not address.username or not database or half_a_port or address.query:
        raise UserError(
            "the address of the store is not complete" if not address.query else "the address of the store has options",
            expected=f"{address.scheme}://user:password@host:port/database",
            found=without_secrets(address.geturl()),
            fix="TLS is asked for by CORALLINE_STORE_CA" if address.query else None,
        )
    return Login(
        scheme=address.scheme,
        host=address.hostname,
        port=port or _PORTS[address.scheme],
        database=database,
        user=urllib.parse.unquote(address.username),
        password=urllib.parse.unquote(address.password or "") or os.environ.get(PASSWORD_VARIABLE, ""),
        certificates=trusted_certificates(),
    )
