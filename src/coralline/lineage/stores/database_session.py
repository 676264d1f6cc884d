"""What the relay of sessions and the clients for MySQL and PostgreSQL have in common: a login, and a session."""

from __future__ import annotations

import dataclasses
import socket
from typing import Protocol

from coralline.foundation.printable import without_secrets

CONNECT_S, ANSWER_S = 5.0, 6.0
"""What a server has to answer a connection, and each step of a login."""


@dataclasses.dataclass(frozen=True)
class Login:
    """Where to log in, and as whom; `certificates` is the file that signs the server's, None: any will do."""

    scheme: str
    host: str
    port: int
    database: str
    user: str
    password: str
    certificates: str | None

    @property
    def shown(self) -> str:
        """The address, without the password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return without_secrets(f"{self.scheme}://{self.user}@{host}:{self.port}/{self.database}")


class DatabaseSession(Protocol):
    """A session on a server that reads only.

    Attributes:
      socket_name: how the file of the socket must be called.
    """

    socket_name: str

    def __init__(self, login: Login):
        """Logs in.

        Raises:
          UserError: there is no server, or it doesn't let the user in.
        """

    def schema_version(self) -> int | None:
        """As the table MLMDEnv says; None: there is no such table, or no number in it.

        Raises:
          UserError: the user may not read it.
        """

    def greet(self, client: socket.socket) -> None:
        """Tells a client that it's logged in, whatever it says."""

    @property
    def connection(self) -> socket.socket:
        """To the server, which waits for a statement."""


def received(connection: socket.socket, count: int) -> bytes:
    """Exactly so many bytes.

    Raises:
      OSError: the connection ended before.
    """
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        if not more:
            raise ConnectionResetError("the other side hung up")
        data += more
    return data
