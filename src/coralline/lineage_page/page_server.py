"""Starting and ending the page's server, and what it says on the way."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import secrets
import socket
import sys
import webbrowser
from collections.abc import Callable, Sequence
from pathlib import Path

import uvicorn

from coralline.foundation.errors import UserError
from coralline.foundation.printable import without_secrets
from coralline.lineage_page.page_app import LineagePage
from coralline.lineage_page.page_safety import Access, is_loopback
from coralline.lineage_page.patient_protocol import PatientProtocol
from coralline.lineage_page.shown_files import AllowedRoots
from coralline.lineage_page.store_watch import StoreWatch, store_file

TOKEN_VARIABLE = "CORALLINE_LINEAGE_TOKEN"
"""The token for servers beyond loopback; without it, and without a file, one is made."""

DEFAULT_PORT = 8130
_SWITCH_S = 0.001
"""The loop that takes and answers requests gets its turn so soon while threads are busy; Python's default is 5 ms."""

_SHORTEST_TOKEN = 16


@dataclasses.dataclass(frozen=True)
class PageOptions:
    """How the server runs.

    Attributes:
      store: as for `open_store`.
      host, port: where it listens; port 0: a free one.
      token_file: holds the token; None: it's in the environment, or made.
      roots: folders out of which artifacts' files are shown, beside the store's own.
      names: names of the server behind a reverse proxy.
      open_browser: whether a browser opens the page.
    """

    store: str
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    token_file: str | None = None
    roots: Sequence[str] = ()
    names: Sequence[str] = ()
    open_browser: bool = False


class _Server(uvicorn.Server):
    """Says when it's ready, and ends streams of events at once when it's told to end."""

    ready: Callable[[], None]

    def __init__(self, config: uvicorn.Config, closing: asyncio.Event):
        super().__init__(config)
        self._closing = closing

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._closing.set()
        await super().shutdown(sockets)


class PageServer:
    """The page's server, which listens from the beginning and answers within `run`.

    Raises:
      UserError: there is no store, the port is taken, or the token can't be used.
    """

    def __init__(self, options: PageOptions):
        token = _token(options)
        self._watch = StoreWatch(options.store)
        file = store_file(options.store)
        folder = os.path.dirname(file) if file else None
        self.page = LineagePage(
            self._watch,
            without_secrets(file or options.store),
            AllowedRoots.of([*([folder] if folder else []), *options.roots]),
            os.path.join(folder, "logs") if folder else None,
        )
        self._listener = _listening(options.host, options.port)
        address = _address(options.host, self._listener.getsockname()[1])
        self.address = f"{address}/?token={token}" if token else f"{address}/"
        config = uvicorn.Config(
            self.page.application(Access(options.host, token, frozenset(name.lower() for name in options.names))),
            http=PatientProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=1,
        )
        self._server = _Server(config, self.page.closing)

    def run(self, ready: Callable[[], None] = lambda: None) -> None:
        """Answers until it's interrupted or stopped; `ready` is called when it does."""
        self._server.ready = ready
        self._watch.start()
        try:
            with self._listener:
                self._server.run([self._listener])
        except KeyboardInterrupt:  # uvicorn ends, and then raises the signal again
            pass
        finally:
            self._watch.stop()

    def stop(self) -> None:
        """Has `run` end, from another thread."""
        self._server.should_exit = True


def serve_page(options: PageOptions, tell: Callable[[str], None] = print) -> None:
    """Serves the page until it's interrupted.

    Raises:
      UserError: as `PageServer` does.
    """
    server = PageServer(options)
    sys.setswitchinterval(_SWITCH_S)

    def ready() -> None:
        tell(f"lineage of {server.page.address}: {server.address}")
        tell("Ctrl-C ends it.")
        if options.open_browser:
            webbrowser.open(server.address)

    server.run(ready)


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host.strip("[]"), port))
        listener.listen(256)
    except OSError as error:
        listener.close()
        raise UserError(
            "the page can't be served there",
            file=_address(host, port),
            found=error,
            fix="give another --port (0: any that is free), or end what listens there",
        ) from error
    return listener


def _address(host: str, port: int) -> str:
    name = {"0.0.0.0": socket.gethostname(), "::": socket.gethostname()}.get(host, host)
    return f"http://[{name.strip('[]')}]:{port}" if ":" in name else f"http://{name}:{port}"


def _token(options: PageOptions) -> str | None:
    """What everybody must know. Beyond loopback there always is one."""
    given: str | None
    if options.token_file:
        try:
            given = Path(options.token_file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise UserError("the token can't be read", file=options.token_file, found=error) from error
        place = options.token_file
    else:
        given, place = os.environ.get(TOKEN_VARIABLE), TOKEN_VARIABLE
    if given is not None:
        if len(given) < _SHORTEST_TOKEN or not (given.isascii() and given.replace("-", "").replace("_", "").isalnum()):
            raise UserError(
                "the token can't be used",
                file=place,
                expected=f"at least {_SHORTEST_TOKEN} letters, digits, - and _",
                found=f"{len(given)} characters",
                fix="make one with `openssl rand -hex 32`",
            )
        return given
    return None if is_loopback(options.host) else secrets.token_urlsafe(32)
