"""A store in a MySQL, MariaDB or PostgreSQL database."""

from __future__ import annotations

import contextlib
import os
import urllib.parse
from collections.abc import Iterator

from ml_metadata.proto import metadata_store_pb2 as pb

from coralline.foundation.errors import UserError
from coralline.foundation.printable import without_secrets
from coralline.lineage.stores.metadata_service import trusted_certificates
from coralline.lineage.stores.schema_version import require_readable

PASSWORD_VARIABLE = "CORALLINE_STORE_PASSWORD"
"""Holds the password of an address that names a user without one."""

_PORTS = {"mysql": 3306, "postgresql": 5432}
_TIMEOUT_S = 5


def connection(address: urllib.parse.SplitResult) -> pb.ConnectionConfig:
    """How to open the database at `mysql://user:password@host:port/database` or `postgresql://...`.

    A MySQL database has been looked at by then: there is a server, it lets the user in, and holds a store. A PostgreSQL
    one is to be opened within `reading_only`.

    Raises:
      UserError: the address isn't complete, or the database can't be opened without changing it.
    """
    shown, database = without_secrets(address.geturl()), address.path.lstrip("/")
    try:
        port = address.port
    except ValueError:
        port = None
    if not address.hostname or not database or (port is None and ":" in address.netloc.rpartition("@")[2]):
        raise UserError(
            "the address of the store is not complete",
            expected=f"{address.scheme}://user:password@host:port/database",
            found=shown,
        )
    host, port = address.hostname, port or _PORTS[address.scheme]
    user = urllib.parse.unquote(address.username or "")
    password = urllib.parse.unquote(address.password or "") or os.environ.get(PASSWORD_VARIABLE, "")
    config = pb.ConnectionConfig()
    if address.scheme == "mysql":
        given = pb.MySQLDatabaseConfig(host=host, port=port, database=database, user=user, password=password)
        if certificates := trusted_certificates():
            given.ssl_options.ca = certificates
            given.ssl_options.verify_server_cert = True
        require_readable(_schema_version(given, shown), shown)
        config.mysql.MergeFrom(given)
        config.mysql.skip_db_creation = True
    else:
        config.postgresql.MergeFrom(
            pb.PostgreSQLDatabaseConfig(host=host, port=str(port), dbname=database, user=user, password=password)
        )
        config.postgresql.skip_db_creation = True
    return config


@contextlib.contextmanager
def reading_only() -> Iterator[None]:
    """Within it PostgreSQL's client opens connections that can't change anything, and gives up soon.

    ML Metadata has no such option; libpq takes them from the environment too.
    """
    read_only = f"{os.environ.get('PGOPTIONS', '')} -c default_transaction_read_only=on".strip()
    wanted = {"PGOPTIONS": read_only, "PGCONNECT_TIMEOUT": str(_TIMEOUT_S)}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _schema_version(config: pb.MySQLDatabaseConfig, shown: str) -> int | None:
    """As the table MLMDEnv says, read by a client that changes nothing and gives up; None: there is no such table."""
    import pymysql
    from pymysql.constants import ER

    certificates = config.ssl_options.ca
    tls = {"ssl_ca": certificates, "ssl_verify_cert": True, "ssl_verify_identity": True} if certificates else {}
    try:
        connected = pymysql.connect(
            host=config.host,
            port=config.port,
            user=config.user,
            password=config.password,
            database=config.database,
            connect_timeout=_TIMEOUT_S,
            read_timeout=_TIMEOUT_S,
            **tls,
        )
        with connected, connected.cursor() as cursor:
            cursor.execute("SELECT schema_version FROM MLMDEnv")
            row = cursor.fetchone()
    except (pymysql.Error, OSError, RuntimeError) as error:
        code, *told = error.args if error.args else (None,)
        if code == ER.NO_SUCH_TABLE:
            return None
        raise UserError(
            "the store of ML Metadata can't be read",
            file=shown,
            found=str(told[0] if told else error),
            fix=f"check the address, the user and the password (in the address, or in {PASSWORD_VARIABLE})",
        ) from error
    return None if row is None else int(row[0])
