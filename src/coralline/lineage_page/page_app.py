"""The page's server as an ASGI application: which address gives what. Every answer is for reading."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import anyio
import anyio.to_thread
from starlette.applications import Starlette
from starlette.concurrency import iterate_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from coralline.foundation.errors import UserError, reason
from coralline.foundation.json_text import as_json_text
from coralline.foundation.printable import without_secrets
from coralline.lineage_page import details_answer, runs_answer
from coralline.lineage_page.change_stream import changes
from coralline.lineage_page.details_answer import NotInStoreError
from coralline.lineage_page.lineage_graph import DIRECTIONS, graph_around
from coralline.lineage_page.page_safety import Access, SafetyMiddleware, error_content
from coralline.lineage_page.previews import STATISTICS, how_served
from coralline.lineage_page.run_log import run_log
from coralline.lineage_page.search_answer import search_answer
from coralline.lineage_page.served_answer import ServedPlaces
from coralline.lineage_page.shown_files import NOT_THERE, AllowedRoots, ArtifactFolder, OpenedFile, RefusedFileError
from coralline.lineage_page.snapshot import Snapshot
from coralline.lineage_page.statistics_preview import statistics_preview
from coralline.lineage_page.store_watch import StoreWatch

STATIC = Path(__file__).parent / "static"
_BUILT = ("text/javascript", "text/css", "text/html; charset=utf-8", "image/svg+xml", "image/png", "font/woff2")
_TYPES = dict(zip((".js", ".css", ".html", ".svg", ".png", ".woff2"), _BUILT, strict=True))
_PIECE = 1 << 16
_THREADS = 8
"""For what asks the store or looks at files."""

_LONGEST_QUERY = 500
_LARGEST_ID = 2**63 - 1
_Answer: TypeAlias = Callable[[Request], dict[str, Any]]
_Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]
_log = logging.getLogger(__name__)


class JsonAnswer(Response):
    """JSON without secrets, NaN or anything that isn't ASCII."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return as_json_text(content, indent=None).encode("ascii")


@dataclasses.dataclass(frozen=True)
class LineagePage:
    """What the page's answers are made from.

    Attributes:
      watch: the store.
      address: its address without secrets, for people.
      roots: out of which files are shown.
      closing: set when the server ends.
      logs: the folder of runs' logs, where runs of this machine keep them; None: the store isn't one's of such runs.
    """

    watch: StoreWatch
    address: str
    roots: AllowedRoots
    logs: str | None = None
    closing: asyncio.Event = dataclasses.field(default_factory=asyncio.Event)

    def application(self, access: Access) -> ASGIApp:
        """The application, for those who may ask."""
        served, threads = ServedPlaces(self.watch.snapshot, self.roots), anyio.CapacityLimiter(_THREADS)
        quick: dict[str, _Answer] = {
            "/api/store": self._store,
            "/api/runs": self._runs,
            "/api/artifacts/{number:int}/graph": lambda r: self._graph(r, "a"),
            "/api/executions/{number:int}/graph": lambda r: self._graph(r, "e"),
            "/api/ap": lambda r: runs_answer.scores_answer(self._known, _text(r, "pipeline")),
            "/api/search": lambda r: search_answer(self._known, _text(r, "q")),
        }
        slow: dict[str, _Answer] = {
            "/api/runs/{run_id:path}": lambda r: details_answer.run_answer(self._known, r.path_params["run_id"]),
            "/api/executions/{number:int}": lambda r: details_answer.execution_answer(self._known, _id(r)),
            "/api/artifacts/{number:int}": lambda r: details_answer.artifact_answer(self._known, _id(r), self.roots),
            "/api/executions/{number:int}/log": self._run_log,
            "/api/diff": self._difference,
            "/api/impact/{number:int}": lambda r: details_answer.impact_answer(self._known, _id(r)),
            "/api/served": lambda _: served.answer(),
        }
        routes = [Route(path, _from_memory(self.watch, answer)) for path, answer in quick.items()]
        routes += [Route(path, _from_store(self.watch, answer, threads)) for path, answer in slow.items()]
        routes += [
            Route("/api/artifacts/{number:int}/files/{name:path}", self._file),
            Route("/api/events", self._events),
            Route("/static/{name:path}", _static),
            Route("/favicon.ico", lambda _: Response(status_code=204)),
            Route("/{path:path}", _shell),
        ]
        told = {UserError: _user_error, OSError: _os_error, HTTPException: _http_error, Exception: _bug}
        return SafetyMiddleware(Starlette(routes=routes, exception_handlers=told), access)

    @property
    def _known(self) -> Snapshot:
        return self.watch.snapshot

    def _store(self, request: Request) -> dict[str, Any]:
        known = self._known
        counts = {"runs": len(known.rows), "executions": len(known.executions), "artifacts": len(known.artifacts)}
        state = {"loading": known.loading, "problem": known.problem, "problem_since_ms": known.problem_since_ms}
        return {"address": self.address, **counts, "version": known.version, **state}

    def _runs(self, request: Request) -> dict[str, Any]:
        order = _choice(request, "order", ("desc", "asc"))
        wanted = runs_answer.RunsWanted(
            **{name: _text(request, name) for name in ("search", "state", "verdict", "pipeline")},
            sort=_text(request, "sort") or "began",
            descending=order == "desc",
            offset=_number(request, "offset", 0, 10_000_000),
            limit=_number(request, "limit", 50, runs_answer.MOST_ROWS),
        )
        return runs_answer.runs_answer(self._known, wanted)

    def _graph(self, request: Request, kind: str) -> dict[str, Any]:
        known, number = self._known, _id(request)
        if number not in (known.artifacts if kind == "a" else known.executions):
            raise NotInStoreError(f"the store has no {'artifact' if kind == 'a' else 'execution'} {number}")
        direction = _choice(request, "direction", ("both", *DIRECTIONS))
        depth, limit = _number(request, "depth", 2, 100), _number(request, "limit", 200, 2000)
        return graph_around(known, (kind, number), direction, depth, max(1, limit)) | {"version": known.version}

    def _difference(self, request: Request) -> dict[str, Any]:
        one, other = _text(request, "one"), _text(request, "other")
        return details_answer.difference_answer(self._known, one, other, self.roots)

    def _run_log(self, request: Request) -> dict[str, Any]:
        number = _id(request)
        execution = self._known.executions.get(number)
        if execution is None:
            raise NotInStoreError(f"the store has no execution {number}")
        return run_log(self.logs, execution.run_id)

    def _file(self, request: Request) -> Response:
        known, number = self.watch.snapshot, _id(request)
        if number not in known.artifacts:
            raise NotInStoreError(f"the store has no artifact {number}")
        name = request.path_params["name"]
        opened = ArtifactFolder(known.artifacts[number].uri, self.roots).open(name)
        if name.rpartition("/")[2] == STATISTICS:
            with opened.stream:
                return JsonAnswer(statistics_preview(opened.stream.read()))
        served = how_served(name)
        headers = {"content-security-policy": served.policy, "content-length": str(opened.size)}
        if served.download:
            headers["content-disposition"] = "attachment"
        return StreamingResponse(iterate_in_threadpool(_pieces(opened)), headers=headers, media_type=served.media_type)

    async def _events(self, request: Request) -> Response:
        stream: AsyncIterator[str] = changes(self.watch, self.closing)
        return StreamingResponse(stream, media_type="text/event-stream")


def _from_memory(watch: StoreWatch, answer: _Answer) -> _Endpoint:
    """An answer that takes some milliseconds; in threads, many would keep each other from the interpreter."""

    async def endpoint(request: Request) -> Response:
        await watch.look()
        try:
            return JsonAnswer(answer(request))
        except NotInStoreError:
            await watch.look_again()
            return JsonAnswer(answer(request))

    return endpoint


def _from_store(watch: StoreWatch, answer: _Answer, threads: anyio.CapacityLimiter) -> _Endpoint:
    """An answer that asks the store or looks at files, which may take long."""

    async def endpoint(request: Request) -> Response:
        await watch.look()
        try:
            return await anyio.to_thread.run_sync(lambda: JsonAnswer(answer(request)), limiter=threads)
        except NotInStoreError:
            await watch.look_again()
            return await anyio.to_thread.run_sync(lambda: JsonAnswer(answer(request)), limiter=threads)

    return endpoint


def _pieces(opened: OpenedFile) -> Any:
    with opened.stream:
        left = opened.size
        # A file that grows meanwhile is told as it was; of one that shrank, the connection is closed.
        while left and (piece := opened.stream.read(min(_PIECE, left))):
            left -= len(piece)
            yield piece


def _static(request: Request) -> Response:
    name = request.path_params["name"]
    # Names of the built files hold neither folders nor links: what's listed is all there is.
    built = {file.name: file for file in STATIC.iterdir() if file.is_file()} if STATIC.is_dir() else {}
    if name not in built:
        raise NotInStoreError("there is no such file", found=name)
    media_type = _TYPES.get(built[name].suffix, "application/octet-stream")
    return FileResponse(built[name], media_type=media_type, headers={"cache-control": "no-cache"})


def _shell(request: Request) -> Response:
    """The page itself, for each of its addresses, so that every one can be opened and sent to others."""
    first = request.path_params["path"].partition("/")[0]
    if first == "api":
        raise NotInStoreError("there is no such address", found=request.url.path)
    if not (STATIC / "index.html").is_file():
        raise UserError("the page has not been built", expected=str(STATIC / "index.html"), fix="npm run build")
    return FileResponse(STATIC / "index.html", media_type="text/html; charset=utf-8")


def _text(request: Request, name: str) -> str:
    value = request.query_params.get(name, "")
    if len(value) > _LONGEST_QUERY:
        raise UserError(f"`{name}` is too long", expected=f"at most {_LONGEST_QUERY} characters")
    return value


def _id(request: Request) -> int:
    number: int = request.path_params["number"]
    if number > _LARGEST_ID:
        raise NotInStoreError("the store has no such id", found=str(number)[:30])
    return number


def _choice(request: Request, name: str, choices: tuple[str, ...]) -> str:
    value = request.query_params.get(name, choices[0])
    if value not in choices:
        raise UserError(f"`{name}` is not known", expected=", ".join(dict.fromkeys(choices)), found=value[:100])
    return value


def _number(request: Request, name: str, default: int, most: int) -> int:
    value = request.query_params.get(name, str(default))
    if not (value.isascii() and value.isdigit() and len(value) <= 9):
        raise UserError(f"`{name}` must be a whole number", found=value[:100])
    return min(int(value), most)


def _told(status: int, content: Mapping[str, Any]) -> Response:
    return JsonAnswer(content, status_code=status)


def _user_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, UserError)
    status = 404 if isinstance(error, NotInStoreError) else 403 if isinstance(error, RefusedFileError) else 400
    return _told(status, error_content(error.what, error.found or error.expected, error.fix))


def _os_error(request: Request, error: Exception) -> Response:
    gone = isinstance(error, FileNotFoundError | NotADirectoryError)
    return _told(404 if gone else 500, error_content(NOT_THERE if gone else "the file can't be read", reason(error)))


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _told(error.status_code, error_content(str(error.detail)))


def _bug(request: Request, error: Exception) -> Response:
    _log.error("%s: %s", request.url.path, without_secrets(f"{type(error).__name__}: {error}"))
    return _told(500, error_content("the server has failed at this", type(error).__name__))
