"""Who may ask the page's server, and what browsers may do with its answers.

The server tells what is in a store and in files, and whoever is at this machine may look; a page of somebody else that
is open in the same browser may not. It's kept out by what browsers say of each request: the name that they looked up
(Host, which DNS rebinding can't make a loopback name), the page that asks (Origin, Sec-Fetch-Site). Programs say
none of these; on loopback they may ask, beyond it everybody needs the token.
"""

from __future__ import annotations

import asyncio
import dataclasses
import hmac
import http.cookies
import ipaddress
import json
import re
import socket
import urllib.parse
from collections.abc import Iterable, Mapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_COOKIE = "coralline_lineage"
_FILES = re.compile(r"/api/artifacts/\d+/files/")
_SEND_S = 30.0
"""A client that takes nothing for so long is left."""
_MOST_AT_ONCE = 64
"""Answers under way; further ones wait their turn. Streams of events aren't counted."""

SHELL_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy of the page itself: nothing inline, nothing from elsewhere."""

_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cache-control": "no-store",
    "content-security-policy": SHELL_POLICY,
}


@dataclasses.dataclass(frozen=True)
class Access:
    """Who may ask.

    Attributes:
      host: the address that the server listens on.
      token: what everybody must know; None: nothing, for loopback alone.
      names: further names of the server, as behind a reverse proxy.
    """

    host: str
    token: str | None = None
    names: frozenset[str] = frozenset()

    def knows_host(self, header: str) -> bool:
        """Whether a Host header names this server."""
        name = _name_of(header)
        if name in _LOOPBACK_NAMES or name in self.names or name == self.host.lower():
            return True
        # An address as such is nobody's name, so no rebinding leads there.
        return self.token is not None and (_is_address(name) or name == socket.gethostname().lower())


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server that listens there."""
    try:
        return host.lower() == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class SafetyMiddleware:
    """Refuses requests that no reader of the page makes, and puts the headers on every answer."""

    def __init__(self, app: ASGIApp, access: Access):
        self._app, self._access = app, access
        self._turns = asyncio.Semaphore(_MOST_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        refused = self._refusal(scope, given)
        if refused is not None:
            await _answer(send, *refused)
        elif self._access.token is not None and not self._is_known(scope, given):
            await self._ask_for_token(scope, send)
        elif scope["path"] == "/api/events":
            await self._app(scope, receive, _patient(_with_headers(send)))
        else:
            async with self._turns:
                await self._app(scope, receive, _patient(_with_headers(send)))

    def _refusal(self, scope: Scope, given: Mapping[str, str]) -> tuple[int, str, str | None, str | None] | None:
        if scope["method"] not in ("GET", "HEAD"):
            return 405, "this page is for reading", scope["method"], "ask with GET"
        host = given.get("host", "")
        if not self._access.knows_host(host):
            return 403, "the server is not known by this name", host, "use its address, or start it with --allow-host"
        origin = given.get("origin")
        if origin is not None and urllib.parse.urlsplit(origin).netloc.lower() != host.lower():
            return 403, "other pages may not ask this server", origin, "open its address itself"
        if given.get("sec-fetch-site", "none") not in ("none", "same-origin") and not _follows_link(scope, given):
            return 403, "other pages may not ask this server", given["sec-fetch-site"], "open its address itself"
        return None

    def _is_known(self, scope: Scope, given: Mapping[str, str]) -> bool:
        scheme, _, bearer = given.get("authorization", "").partition(" ")
        told = bearer if scheme.lower() == "bearer" else _cookie(given.get("cookie", ""))
        return _is_same(told, self._access.token)

    async def _ask_for_token(self, scope: Scope, send: Send) -> None:
        """Gives whoever comes with `?token=` a cookie in its place, and refuses everybody else."""
        query = urllib.parse.parse_qsl(scope["query_string"].decode("latin-1"))
        told = next((value for name, value in query if name == "token"), "")
        if not _is_same(told, self._access.token):
            fix = "open the address that the server printed when it started, which holds the token"
            await _answer(send, 403, "this server asks for a token", None, fix)
            return
        rest = urllib.parse.urlencode([(name, value) for name, value in query if name != "token"])
        path = "/" + urllib.parse.quote(scope["path"]).lstrip("/")
        secure = "; Secure" if scope.get("scheme") == "https" else ""
        headers = [
            (b"location", (path + (f"?{rest}" if rest else "")).encode()),
            (b"set-cookie", f"{_COOKIE}={told}; Path=/; HttpOnly; SameSite=Strict{secure}".encode()),
        ]
        await _with_headers(send)({"type": "http.response.start", "status": 303, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


def _follows_link(scope: Scope, given: Mapping[str, str]) -> bool:
    """Whether somebody goes to the page from elsewhere, or from a report in its frame, which has no origin, to another.

    Whoever else frames a report sees nothing: its policy names who may (frame-ancestors).
    """
    if given.get("sec-fetch-mode") != "navigate":
        return False
    of_artifact = _FILES.match(scope["path"]) is not None
    return of_artifact if given.get("sec-fetch-dest") == "iframe" else not scope["path"].startswith("/api/")


def _is_same(told: str, token: str | None) -> bool:
    return token is not None and hmac.compare_digest(told.encode(), token.encode())


def _cookie(header: str) -> str:
    try:
        found = http.cookies.SimpleCookie(header).get(_COOKIE)
    except http.cookies.CookieError:
        return ""
    return found.value if found else ""


def _name_of(host: str) -> str:
    """The name in a Host header, without the port and the brackets of an IPv6 address."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(message.get("headers", ()))
            there = {name.lower() for name, _ in headers}
            headers += [(n.encode(), v.encode()) for n, v in _HEADERS.items() if n.encode() not in there]
            message = {**message, "headers": headers}
        await send(message)

    return sending


def _patient(send: Send) -> Send:
    async def sending(message: Message) -> None:
        await asyncio.wait_for(send(message), _SEND_S)

    return sending


async def _answer(send: Send, status: int, message: str, found: str | None, fix: str | None) -> None:
    body = json.dumps(error_content(message, found, fix)).encode()
    headers: Iterable[Any] = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    start = {"type": "http.response.start", "status": status, "headers": headers}
    await _with_headers(send)(start)
    await send({"type": "http.response.body", "body": body})


def error_content(message: str, found: str | None = None, fix: str | None = None) -> dict[str, Any]:
    """An error as the page has it."""
    return {"error": {"message": message, "found": found, "fix": fix}}
