"""The process that logs in to a database server, and hands each session to ML Metadata's client in its parent.

What the clients in ML Metadata's wheel can't do is done here, by two small ones in Python: PostgreSQL's is built
without TLS, MySQL's accepts no server's certificate and doesn't know `caching_sha2_password` (seen in 1.16). A session
is told to read only, so that the server itself refuses everything else; then ML Metadata's client meets it on a socket
in a folder that only this user may enter, where it needs no password. It has to be a process: that client holds
Python's lock while it connects.

The parent writes one line of JSON (`Login`), and reads one: the socket and the schema's version, or a UserError. The
process ends when its parent closes its standard input, or ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import socket
import ssl
import sys
import tempfile
import threading
from pathlib import Path

from coralline.foundation.errors import UserError
from coralline.lineage.stores.database_session import ANSWER_S, DatabaseSession, Login

_QUERY_S = 120.0
_LONGEST_PLACE = 60  # a socket's path has at most 104 bytes on some systems, and its own name needs some
_CHUNK = 1 << 16


def relay_sessions() -> None:
    """Serves the parent until it ends."""
    login = Login(**json.loads(sys.stdin.readline()))
    with contextlib.ExitStack() as stack:
        try:
            first = _log_in(login)
            version = first.schema_version()
            folder = _private_folder()
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            place = Path(folder, first.socket_name)
            listening = socket.socket(socket.AF_UNIX)
            listening.bind(str(place))
            listening.listen()
        except UserError as error:
            print(json.dumps({"refused": error.fields()}), flush=True)
            return
        print(json.dumps({"socket": str(place), "schema_version": version}), flush=True)
        threading.Thread(target=_accept, args=(listening, login, first), daemon=True).start()
        sys.stdin.read()
    os._exit(0)  # a thread may be waiting for a server


def _private_folder() -> str:
    try:
        short = len(tempfile.gettempdir()) <= _LONGEST_PLACE
        return tempfile.mkdtemp(prefix="coralline-", dir=None if short else "/tmp")
    except OSError as error:
        raise UserError("there is no room for a socket", found=error, fix="set TMPDIR to a folder with room") from error


def _log_in(login: Login) -> DatabaseSession:
    if login.scheme == "mysql":
        from coralline.lineage.stores.mysql_session import MySqlSession

        return MySqlSession(login)
    from coralline.lineage.stores.postgresql_session import PostgreSqlSession

    return PostgreSqlSession(login)


def _accept(listening: socket.socket, login: Login, first: DatabaseSession | None) -> None:
    while True:
        client, _ = listening.accept()
        threading.Thread(target=_serve_client, args=(client, login, first), daemon=True).start()
        first = None


def _serve_client(client: socket.socket, login: Login, session: DatabaseSession | None) -> None:
    with client, contextlib.suppress(OSError, UserError):
        session = session or _log_in(login)
        client.settimeout(ANSWER_S)
        session.greet(client)
        client.settimeout(None)
        with session.connection:
            _hand_over(client, session.connection)


def _hand_over(client: socket.socket, server: socket.socket) -> None:
    """Passes everything on, until one of them hangs up, or the server leaves a statement unanswered."""
    asked = False
    while True:
        ready: list[socket.socket] = [server] if isinstance(server, ssl.SSLSocket) and server.pending() else []
        ready = ready or select.select([client, server], [], [], _QUERY_S if asked else None)[0]
        if not ready:
            return
        for source in ready:
            source.settimeout(0)
            try:
                data = source.recv(_CHUNK)
            except (ssl.SSLWantReadError, BlockingIOError):  # TLS had something to say to itself
                continue
            if not data:
                return
            asked = source is client
            target = server if source is client else client
            target.settimeout(_QUERY_S)
            target.sendall(data)
