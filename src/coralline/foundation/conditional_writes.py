"""Writes that happen only if nobody has written since: how several writers share a file of an object store.

S3's If-None-Match and If-Match (Amazon, MinIO, Ceph), and Google's ifGenerationMatch. Other file systems have nothing
like it.

S3 knows a file's state by its ETag, a hash of the content: one that is written again with older content looks as it
did then. Whoever relies on a state must therefore write content that was never there before.
"""

from __future__ import annotations

import base64
import dataclasses
import errno
import hashlib
import json
import uuid
from typing import Any

from coralline.foundation.patience import patient
from coralline.foundation.store_connection import connected, in_time
from coralline.foundation.store_errors import answer_of, is_gs, is_s3

_CHANGED = (409, 412)  # a write at the same moment (Amazon), and a condition that doesn't hold
# After these the file may have been written all the same: the answer was lost, or it's one's own write of a moment ago.
_PERHAPS_WRITTEN = (errno.EIO, errno.ETIMEDOUT, errno.EEXIST)
_NOWHERE_ETAG = '"00000000000000000000000000000000"'
_ABSENT_GENERATION = "0"


@dataclasses.dataclass(frozen=True)
class Seen:
    """A file as it was read or written.

    Attributes:
      content: None if there was no file.
      state: what the store knows this very state by; None if there was no file.
    """

    content: bytes | None = None
    state: str | None = None


ABSENT = Seen()
"""No file."""


def has_conditions(path: str) -> bool:
    """Whether the address is of a kind of store that conditional writes are known of."""
    return is_s3(path) or is_gs(path)


@patient
def read_with_state(path: str) -> Seen:
    """A file's content and state, of one moment; `ABSENT` if it isn't there. Raises OSError."""
    with connected(path) as (files, name):
        bucket, key, *_ = files.split_path(name)
        try:
            return in_time(files, 0, lambda: (_s3_read if is_s3(path) else _gs_read)(files, bucket, key))
        except FileNotFoundError as e:
            if answer_of(e)[0] == "NoSuchBucket":
                raise
            return ABSENT


def write_if_unchanged(path: str, content: bytes, seen: Seen) -> Seen | None:
    """Writes a file if it's still as it was seen, in one step.

    If the answer to a write is lost, the file tells whether it was written: content that is there already counts as
    written by this call, whoever wrote it.

    Args:
      path: an address for which `has_conditions`.
      content: the new content.
      seen: what `read_with_state` or this function gave; `ABSENT` to write only where there is no file.

    Returns:
      the file as it is now; None if another writer was faster.

    Raises:
      OSError: it can't be written; EOPNOTSUPP if the store has no conditional writes.
    """
    try:
        return _write(path, content, seen)
    except OSError as e:
        if e.errno not in _PERHAPS_WRITTEN:
            raise
        now = read_with_state(path)
        if now.content == content:
            return now
        if now == seen and not isinstance(e, FileExistsError):
            raise
        return None


def keeps_conditions(path: str, content: bytes) -> bool:
    """Whether the store of a file with this content refuses writes whose condition doesn't hold; some ignore them.

    Raises OSError.
    """
    if is_gs(path):
        return True
    for wrong in (ABSENT, Seen(content, _NOWHERE_ETAG)):
        try:
            _write(path, content, wrong)
        except FileExistsError:
            continue
        return False
    return True


def _write(path: str, content: bytes, seen: Seen) -> Seen:
    """Raises FileExistsError if the condition doesn't hold, other OSErrors if it can't be said or written."""
    with connected(path, writing=True) as (files, name):
        bucket, key, *_ = files.split_path(name)
        write = _s3_write if is_s3(path) else _gs_write
        try:
            state = in_time(files, len(content), lambda: write(files, bucket, key, content, seen.state))
        except Exception as e:
            code, status = answer_of(e)
            if status in _CHANGED or (code == "NoSuchKey" and seen.state is not None):
                raise FileExistsError(errno.EEXIST, "it was changed by another writer", path) from e
            if status == 501 or code == "NotImplemented":
                raise OSError(errno.EOPNOTSUPP, "this store has no conditional writes", path) from e
            raise
    return Seen(content, state)


async def _s3_read(files: Any, bucket: str, key: str) -> Seen:
    answer = await files._call_s3("get_object", Bucket=bucket, Key=key)
    async with answer["Body"] as body:
        return Seen(await body.read(), answer["ETag"])


async def _s3_write(files: Any, bucket: str, key: str, content: bytes, state: str | None) -> str:
    condition = {"IfNoneMatch": "*"} if state is None else {"IfMatch": state}
    answer = await files._call_s3("put_object", Bucket=bucket, Key=key, Body=content, **condition)
    return str(answer["ETag"])


async def _gs_read(files: Any, bucket: str, key: str) -> Seen:
    found = await files._call("GET", "b/{}/o/{}", bucket, key, json_out=True)
    generation = found["generation"]
    # Without the generation a newer content could be taken for this state's.
    _, content = await files._call("GET", "b/{}/o/{}", bucket, key, alt="media", generation=generation)
    return Seen(content, generation)


async def _gs_write(files: Any, bucket: str, key: str, content: bytes, state: str | None) -> str:
    boundary = f"=={uuid.uuid4().hex}=="  # multipart/related: cloud.google.com/storage/docs/uploading-objects
    parts = (("application/json", json.dumps({"name": key}).encode()), ("application/octet-stream", content))
    body = b"".join(f"--{boundary}\r\nContent-Type: {kind}\r\n\r\n".encode() + part + b"\r\n" for kind, part in parts)
    made = await files._call(
        "POST",
        f"{files._location}/upload/storage/v1/b/{bucket}/o",
        uploadType="multipart",
        ifGenerationMatch=state or _ABSENT_GENERATION,
        data=body + f"--{boundary}--\r\n".encode(),
        headers={"Content-Type": f'multipart/related; boundary="{boundary}"'},
        json_out=True,
    )
    if base64.b64decode(made.get("md5Hash", "")) != hashlib.md5(content, usedforsecurity=False).digest():
        raise OSError(errno.EIO, "something else arrived than was sent")
    return str(made["generation"])
