"""A session on a MySQL or MariaDB server that reads only, and how it's handed to another client.

The bytes are those of MySQL's "Client/Server Protocol": Protocol::HandshakeV10, Protocol::HandshakeResponse41,
OK_Packet.
"""

from __future__ import annotations

import os
import socket
import struct

import pymysql
from pymysql.constants import CLIENT, ER

from coralline.foundation.errors import UserError
from coralline.lineage.stores.database_session import ANSWER_S, CONNECT_S, Login, received

_READ_ONLY = "SET SESSION TRANSACTION READ ONLY"
_FIX = "check the address, the user and the password (in the address, or in CORALLINE_STORE_PASSWORD)"
_NO_RIGHTS = (ER.TABLEACCESS_DENIED_ERROR, ER.COLUMNACCESS_DENIED_ERROR)
# What PyMySQL agreed on with the server, so far as a client sees it in answers.
_ABILITIES = (
    CLIENT.LONG_PASSWORD
    | CLIENT.LONG_FLAG
    | CLIENT.CONNECT_WITH_DB
    | CLIENT.PROTOCOL_41
    | CLIENT.TRANSACTIONS
    | CLIENT.SECURE_CONNECTION
    | CLIENT.MULTI_RESULTS
    | CLIENT.PLUGIN_AUTH
)
_UTF8MB4, _AUTOCOMMIT = 45, 2
_OK = b"\x00\x00\x00" + struct.pack("<HH", _AUTOCOMMIT, 0)


class MySqlSession:
    """As `DatabaseSession` says."""

    socket_name = "mysql"

    def __init__(self, login: Login):
        self._login = login
        verified = {"ssl_ca": login.certificates, "ssl_verify_cert": True, "ssl_verify_identity": True}
        try:
            self._session = pymysql.connect(
                host=login.host,
                port=login.port,
                user=login.user,
                password=login.password,
                database=login.database,
                charset="utf8mb4",
                connect_timeout=int(CONNECT_S),
                read_timeout=ANSWER_S,
                write_timeout=ANSWER_S,
                autocommit=True,
                init_command=_READ_ONLY,
                **(verified if login.certificates else {}),
            )
        except (pymysql.Error, OSError, RuntimeError, ValueError, IndexError) as error:
            raise self._refused(error) from error

    def schema_version(self) -> int | None:
        try:
            with self._session.cursor() as cursor:
                cursor.execute("SELECT schema_version FROM MLMDEnv")
                row = cursor.fetchone()
        except (pymysql.Error, OSError, RuntimeError) as error:
            if error.args and error.args[0] == ER.NO_SUCH_TABLE:
                return None
            raise self._refused(error) from error
        return row[0] if row and isinstance(row[0], int) else None

    def greet(self, client: socket.socket) -> None:
        salt = bytes(1 + byte % 127 for byte in os.urandom(20))
        greeting = (
            b"\x0a"
            + str(self._session.server_version).encode("latin1")
            + b"\0"
            + struct.pack("<I", self._session.thread_id())
            + salt[:8]
            + b"\0"
            + struct.pack("<HBHH", _ABILITIES & 0xFFFF, _UTF8MB4, _AUTOCOMMIT, _ABILITIES >> 16)
            + struct.pack("<B10x", len(salt) + 1)
            + salt[8:]
            + b"\0mysql_native_password\0"
        )
        client.sendall(_packet(0, greeting))
        header = received(client, 4)
        received(client, int.from_bytes(header[:3], "little"))
        client.sendall(_packet(header[3] + 1, _OK))

    @property
    def connection(self) -> socket.socket:
        taken: socket.socket = self._session._sock  # PyMySQL has no other way to it
        return taken

    def _refused(self, error: Exception) -> UserError:
        code, *told = error.args if error.args else (None,)
        no_rights = code in _NO_RIGHTS
        return UserError(
            "the store of ML Metadata can't be read",
            file=self._login.shown,
            found=str(told[0] if told else error),
            fix=f"GRANT SELECT ON {self._login.database}.* TO the user" if no_rights else _FIX,
        )


def _packet(number: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "little") + bytes([number]) + payload
