"""Small remote files that will be read one after the other: the next ones are fetched while one is worked on.

`with read_ahead.of(paths):` begins; `storage.read_bytes` and `storage.sha256` then take what has been fetched. Whatever
couldn't be fetched, is large, or is read out of order is read as without.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import contextvars
from collections.abc import Iterator, Sequence
from typing import Any

from coralline.foundation.store_connection import CONNECTIONS, connected
from coralline.foundation.store_errors import is_gs, is_s3

_SMALL_BYTES = 8 << 20
_reading: contextvars.ContextVar[_ReadAhead | None] = contextvars.ContextVar("reading", default=None)


@contextlib.contextmanager
def of(paths: Sequence[str]) -> Iterator[None]:
    """Fetches ahead within it, if the paths are those of a store; `paths` in the order in which they'll be read."""
    if len(paths) < 2 or not all(is_s3(path) or is_gs(path) for path in (paths[0], paths[-1])):
        yield
        return
    ahead = _ReadAhead(paths)
    before = _reading.set(ahead)
    try:
        yield
    finally:
        _reading.reset(before)
        ahead.stop()


def fetched(path: str) -> bytes | None:
    """The content of a file that has been fetched ahead; given once, None if it hasn't been."""
    ahead = _reading.get()
    return None if ahead is None else ahead.take(path)


class _ReadAhead:
    def __init__(self, paths: Sequence[str]):
        self._paths = paths
        self._place = {path: number for number, path in enumerate(paths)}
        self._begun = 0
        self._waiting: dict[str, concurrent.futures.Future[bytes | None]] = {}
        self._fetch_up_to(CONNECTIONS)

    def take(self, path: str) -> bytes | None:
        number, waiting = self._place.get(path), self._waiting.pop(path, None)
        if number is None or waiting is None:
            return None
        for passed_over in [other for other in self._waiting if self._place[other] < number - CONNECTIONS]:
            self._waiting.pop(passed_over).cancel()
        self._fetch_up_to(number + CONNECTIONS)
        with contextlib.suppress(Exception):  # it's read again, and that says what is wrong
            return waiting.result()
        return None

    def stop(self) -> None:
        for waiting in self._waiting.values():
            waiting.cancel()

    def _fetch_up_to(self, number: int) -> None:
        while self._begun < min(number, len(self._paths)):
            path = self._paths[self._begun]
            self._begun += 1
            with contextlib.suppress(OSError), connected(path) as (files, name):
                fetching = _fetch(files, name, is_s3(path))
                self._waiting[path] = asyncio.run_coroutine_threadsafe(fetching, files.loop)


async def _fetch(files: Any, name: str, in_s3: bool) -> bytes | None:
    if in_s3:
        bucket, key, _ = files.split_path(name)
        answer = await files._call_s3("get_object", Bucket=bucket, Key=key)
        async with answer["Body"] as body:
            return None if answer["ContentLength"] > _SMALL_BYTES else bytes(await body.read())
    if (await files._info(name))["size"] > _SMALL_BYTES:
        return None
    return bytes(await files._cat_file(name))
