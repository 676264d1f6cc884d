"""Connections to stores by address: credentials and endpoints from the environment, and how long an answer may take.

- `gs://`: Google's default credentials (gcsfs): GOOGLE_APPLICATION_CREDENTIALS, `gcloud auth application-default
  login`, the machine's own account. STORAGE_EMULATOR_HOST names another server.
- `s3://`: what botocore finds: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, ~/.aws, the machine's or
  the pod's role; AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL names a store that isn't Amazon's, AWS_CA_BUNDLE the file of
  the authority that signed its certificate.
- `minio://`: the same, and never Amazon: an endpoint must be named.

Anything else that fsspec knows works too, with that file system's own limits.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

from coralline.foundation import withheld
from coralline.foundation.few_tries import with_few_tries
from coralline.foundation.patience import patient
from coralline.foundation.store_errors import as_oserrors, is_gs, is_s3, scheme_of

CONNECT_S = 10.0
"""A connection has to come about in this time."""
SILENCE_S = 60.0
"""A server that sends nothing for this long while an answer is awaited has failed. What comes slowly may take long."""
SLOWEST_BYTES_PER_S = 1 << 16
"""An upload that is slower than this on the whole, and takes over a minute, has failed."""
CONNECTIONS = 32
"""At most, to one store at the same time."""
_TRIES = 3
_PART_BYTES = 16 << 20  # s3fs sends what has two of these at least in parts, ten at a time; gcsfs what has one
_T = TypeVar("_T")


@contextlib.contextmanager
def connected(path: str, writing: bool = False) -> Iterator[tuple[Any, str]]:
    """The file system of an address and the name within it; listings are never cached. What fails is an OSError."""
    with as_oserrors(path, writing):
        import fsspec

        rest = withheld.reveal(path).split("://", 1)[1]
        scheme = "s3" if is_s3(path) else scheme_of(path)
        files, name = fsspec.core.url_to_fs(f"{scheme}://{rest}", **_options(path))
        if is_s3(path):
            files.retries = 1  # botocore tries again; both would make it nine times
            if scheme_of(path) == "minio":
                _require_own_endpoint(files, path)
        elif is_gs(path):
            with_few_tries(files, _TRIES)
        yield files, name


@patient
def upload(path: str, content: bytes) -> None:
    """Writes a remote file, which appears when all of it has arrived. Raises OSError."""
    with connected(path, writing=True) as (files, name):
        if is_s3(path) or is_gs(path):
            in_time(files, len(content), lambda: files._pipe_file(name, content, **_sending(path)))
            _require_whole(files, name, path, len(content))
        else:
            files.pipe_file(name, content)


@patient
def upload_file(path: str, local: str) -> None:
    """Writes a remote file with the content of a local one; it appears when all of it has arrived. Raises OSError."""
    size = os.path.getsize(local)
    with connected(path, writing=True) as (files, name):
        if is_s3(path) or is_gs(path):
            in_time(files, size, lambda: _put(files, local, name, _sending(path)))
            _require_whole(files, name, path, size)
        else:
            files.put_file(local, name)


def in_time(files: Any, size: int, request: Callable[[], Awaitable[_T]]) -> _T:
    """Runs a request that sends `size` bytes on the file system's own thread; TimeoutError if it takes too long.

    The libraries' limits don't count while a request is sent: a server that stops reading would keep it for ever.
    """
    from fsspec import asyn

    limit = _TRIES * (CONNECT_S + SILENCE_S) + size / SLOWEST_BYTES_PER_S

    async def bounded() -> _T:
        try:
            return await asyncio.wait_for(request(), limit)
        except asyncio.TimeoutError as e:
            raise TimeoutError(f"it took more than {limit:.0f} s") from e

    result: _T = asyn.sync(files.loop, bounded)
    return result


def _sending(path: str) -> dict[str, Any]:
    """Options of an upload. Each part to S3 has a checksum of botocore's already."""
    return {"chunksize": _PART_BYTES, **({"consistency": "md5"} if is_gs(path) else {})}


async def _put(files: Any, local: str, name: str, options: dict[str, Any]) -> None:
    try:
        await files._put_file(local, name, **options)
    except AttributeError as e:  # gcsfs 2025.12 stumbles over its own clearing away and hides what went wrong
        raise e.__context__ or e from None


def _require_whole(files: Any, name: str, path: str, size: int) -> None:
    if size >= _PART_BYTES and (there := int(files.info(name)["size"])) != size:
        raise OSError(errno.EIO, f"{there} of {size} bytes arrived", path)


def _options(path: str) -> dict[str, Any]:
    if is_gs(path):
        import aiohttp

        limits = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S, sock_read=SILENCE_S)
        return {"use_listings_cache": False, "requests_timeout": limits}
    if is_s3(path):
        config: dict[str, Any] = {"connect_timeout": CONNECT_S, "read_timeout": SILENCE_S}
        config["max_pool_connections"] = CONNECTIONS
        if not {"AWS_MAX_ATTEMPTS", "AWS_RETRY_MODE"} & set(os.environ):
            config["retries"] = {"mode": "standard", "total_max_attempts": _TRIES}
        return {"use_listings_cache": False, "config_kwargs": config}
    return {"auto_mkdir": True} if scheme_of(path) == "file" else {"use_listings_cache": False}


def _require_own_endpoint(files: Any, path: str) -> None:
    if str(files.s3.meta.endpoint_url).rstrip("/").endswith((".amazonaws.com", ".amazonaws.com.cn")):
        raise OSError(errno.EDESTADDRREQ, "no store is named: set AWS_ENDPOINT_URL to MinIO's address", path)
