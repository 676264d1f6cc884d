"""A session on a PostgreSQL server that reads only, and how it's handed to another client.

The bytes are those of PostgreSQL's "Frontend/Backend Protocol", version 3.0: StartupMessage, AuthenticationOk,
ParameterStatus, BackendKeyData, ReadyForQuery.
"""

from __future__ import annotations

import socket
import ssl
import struct

import pg8000.exceptions
import pg8000.native

from coralline.foundation.errors import UserError
from coralline.lineage.stores.database_session import ANSWER_S, CONNECT_S, Login, received

_READ_ONLY = "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"
_NO_TABLE, _NO_RIGHTS, _NO_ENTRY = "42P01", "42501", "28000"
_FIX = "check the address, the user and the password (in the address, or in CORALLINE_STORE_PASSWORD)"
_FIX_TLS = (
    "name the file of certificates that sign the server's in CORALLINE_STORE_CA (`system`: those of this machine)"
)


class PostgreSqlSession:
    """As `DatabaseSession` says."""

    socket_name = ".s.PGSQL.5432"

    def __init__(self, login: Login):
        self._login = login
        _require_a_server(login)
        try:
            verified = ssl.create_default_context(cafile=login.certificates) if login.certificates else None
            self._session = pg8000.native.Connection(
                login.user,
                host=login.host,
                port=login.port,
                database=login.database,
                password=login.password,
                ssl_context=verified,
                timeout=ANSWER_S,
                application_name="coralline lineage",
            )
            self._session.run(_READ_ONLY)
        except (pg8000.exceptions.Error, OSError, ValueError, KeyError, struct.error) as error:
            raise self._refused(error) from error

    def schema_version(self) -> int | None:
        try:
            rows = self._session.run("SELECT schema_version FROM MLMDEnv")
        except (pg8000.exceptions.Error, OSError) as error:
            if _fields(error).get("C") == _NO_TABLE:
                return None
            raise self._refused(error) from error
        return rows[0][0] if rows and isinstance(rows[0][0], int) else None

    def greet(self, client: socket.socket) -> None:
        (length,) = struct.unpack("!I", received(client, 4))
        received(client, length - 4)
        known = {name: _text(value) for name, value in self._session.parameter_statuses.items()}
        told = b"".join(_message(b"S", f"{name}\0{value}\0".encode()) for name, value in known.items())
        key = _message(b"K", self._session._backend_key_data or b"\0" * 8)
        client.sendall(_message(b"R", b"\0" * 4) + told + key + _message(b"Z", b"I"))

    @property
    def connection(self) -> socket.socket:
        taken: socket.socket = self._session._usock  # pg8000 has no other way to it
        return taken

    def _refused(self, error: Exception) -> UserError:
        fields, cause = _fields(error), error.__cause__
        fix = _FIX
        if fields.get("C") == _NO_RIGHTS:
            fix = "GRANT SELECT ON ALL TABLES IN SCHEMA public TO the user"
        elif isinstance(error, ssl.SSLError) or (fields.get("C") == _NO_ENTRY and "encryption" in fields.get("M", "")):
            fix = _FIX_TLS
        return UserError(
            "the store of ML Metadata can't be read",
            file=self._login.shown,
            found=fields.get("M") or (cause if isinstance(cause, OSError) else error),
            fix=fix,
        )


def _require_a_server(login: Login) -> None:
    """pg8000 waits as long for a host as for an answer."""
    try:
        socket.create_connection((login.host, login.port), CONNECT_S).close()
    except OSError as error:
        raise UserError("the store of ML Metadata can't be read", file=login.shown, found=error, fix=_FIX) from error


def _fields(error: Exception) -> dict[str, str]:
    """What the server said, by PostgreSQL's one-letter names."""
    told = error.args[0] if error.args else None
    return told if isinstance(told, dict) else {}


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _message(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("!I", len(content) + 4) + content
