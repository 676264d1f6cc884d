"""Weights from the web: cached by their SHA-256 in the user's folder; interrupted downloads are resumed.

Why not a library: pooch 1.9.0 and fsspec 2025.12.0 have caches and checksums, but both start an interrupted download
from the beginning (neither asks for a range), and weights are tens to hundreds of MB.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import http.client
import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from coralline.foundation import progress, withheld
from coralline.foundation.errors import UserError
from coralline.foundation.patience import WAITS_S

_URL = re.compile(r"https?://", re.IGNORECASE)
_TIMEOUT_S = 30
_PIECE_BYTES = 1 << 16
_RANGE_REFUSED = 416
_BUSY = {429, 500, 502, 503, 504}


def is_url(address: str) -> bool:
    """Whether it's to be fetched by HTTP, as against a path or one of storage's addresses."""
    return _URL.match(address) is not None


def fetch(url: str, sha256: str | None) -> str:
    """The path of the file in the cache, downloaded if it isn't there yet.

    Raises:
      UserError: no SHA-256, the server can't be reached or refuses, the download breaks off, or it's another content.
    """
    if sha256 is None:
        raise UserError(
            "a warm start from the web needs its SHA-256",
            file=url,
            expected="model.warm_start_sha256, 64 hexadecimal digits: what is downloaded is checked against it",
            fix="set model.warm_start_sha256 (`sha256sum FILE` prints it for a file that you trust)",
        )
    kept = _cache() / sha256
    try:
        with _held(kept):
            if not kept.exists():
                _download(url, sha256, kept)
    except OSError as e:
        raise UserError(
            "the warm start can't be kept",
            file=kept.parent,
            expected="a folder that can be written to, on a disk with room",
            found=e,
            fix="make room, or set XDG_CACHE_HOME to another folder",
        ) from e
    return str(kept)


def _cache() -> Path:
    """By the XDG base directory specification."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(base, "coralline", "warm_starts")


@contextlib.contextmanager
def _held(kept: Path) -> Iterator[None]:
    """Keeps two runs from writing one file; the system releases the lock when its holder dies."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    with open(kept.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _download(url: str, sha256: str, kept: Path) -> None:
    """Writes to a temporary name; the file gets its name when it is complete and checked."""
    part = kept.with_suffix(".part")
    progress.note(f"downloading the warm start from {url}")
    while (missing := _resume(url, part)) > 0:
        progress.note(f"the connection broke off, {missing} bytes are missing: resuming")
    found = hashlib.sha256(part.read_bytes()).hexdigest()
    if found != sha256:
        part.unlink()
        raise UserError(
            "the warm start from the web doesn't match `model.warm_start_sha256`",
            file=url,
            expected=f"SHA-256 {sha256}",
            found=found,
            fix="correct model.warm_start_sha256, if you trust the new content; nothing of it was kept",
        )
    part.rename(kept)


def _resume(url: str, part: Path) -> int:
    """Fetches what `part` doesn't have yet; returns how many bytes are still missing then.

    Raises:
      UserError: the server refuses or can't be reached, or not a byte came.
    """
    have = part.stat().st_size if part.exists() else 0
    try:
        request = urllib.request.Request(withheld.reveal(url), headers={"Range": f"bytes={have}-"} if have else {})
        with _open(request) as response, open(part, "ab") as file:
            if response.status != http.client.PARTIAL_CONTENT:
                have = file.truncate(0)  # a server that doesn't know ranges sends it all again
            came, expected = 0, response.headers.get("Content-Length")
            with contextlib.suppress(ConnectionError, TimeoutError):
                while piece := response.read(_PIECE_BYTES):
                    came += file.write(piece)
    except urllib.error.HTTPError as e:
        if e.code == _RANGE_REFUSED and have:
            return 0  # there is no more of it
        raise _unreachable(url, f"HTTP status {e.code}: {e.reason}") from e
    except urllib.error.URLError as e:
        raise _unreachable(url, str(getattr(e.reason, "strerror", None) or e.reason)) from e
    except (http.client.HTTPException, ValueError) as e:
        raise _unreachable(url, str(e) or type(e).__name__) from e
    missing = 0 if expected is None else int(expected) - came
    if missing > 0 and not (have and came):
        raise UserError(
            "the download of the warm start broke off",
            file=url,
            expected=f"{int(expected) + have} bytes",
            found=f"{came + have}",
            fix="try again: the same command resumes the download if the server supports that",
        )
    return missing


def _open(request: urllib.request.Request) -> Any:
    """The server's response; one that is busy for a moment is asked again. Raises what `urlopen` raises."""
    for wait in WAITS_S:
        try:
            return urllib.request.urlopen(request, timeout=_TIMEOUT_S)
        except urllib.error.HTTPError as e:
            if e.code not in _BUSY:
                raise
        time.sleep(wait)
    return urllib.request.urlopen(request, timeout=_TIMEOUT_S)


def _unreachable(url: str, found: str) -> UserError:
    return UserError(
        "the warm start can't be downloaded",
        file=url,
        expected="a file at this address, and a connection to it",
        found=found,
        fix="correct model.warm_start, or fetch the file by hand and name its path",
    )
