"""Reading and writing files by address: plain paths directly, others (`gs://`, `s3://`, ...) through fsspec.

`store_connection` says which credentials, endpoints and time limits an address has, `store_errors` what is told when a
store refuses. fsspec is imported for addresses with a scheme only, so that local work starts at once.

What fails raises OSError, whatever the file system; `strerror` and `filename` hold no password or signature. What can't
be read or written for a moment is tried again, so that FileNotFoundError alone means that something isn't there. A
remote file appears whole, when all of it has arrived, or not at all.

Readers of TensorFlow and TFX (tf.data, Beam, checkpoints) take addresses to tf.io.gfile, which knows `gs://` but
`s3://` only with tensorflow-io: on a cluster they work on folders, to and from which the artifacts are carried.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import hashlib
import io
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from typing import IO, Any, cast

from coralline.foundation import read_ahead
from coralline.foundation.patience import PASSING, patient
from coralline.foundation.store_connection import connected, upload, upload_file
from coralline.foundation.store_errors import as_oserrors

_SCHEME = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]*://")
_WRITE_BUFFER = 1 << 20
_REMOTE_BUFFER = 1 << 16
_PIECE_BYTES = 1 << 20


def is_remote(path: str) -> bool:
    """Whether the address has a scheme, such as `gs://`."""
    return _SCHEME.match(path) is not None


def absolute(path: str) -> str:
    """The address in the one form that lineage and the cache see, however it was typed."""
    return path.rstrip("/") if is_remote(path) else os.path.abspath(os.path.expanduser(path))


def in_same_folder(path: str, name: str) -> str:
    """The address of another file in the same folder."""
    return f"{path.rpartition('/')[0]}/{name}" if is_remote(path) else os.path.join(os.path.dirname(path), name)


@patient
def read_bytes(path: str, at_most: int | None = None) -> bytes:
    """The whole file. Raises OSError for a file of more than `at_most` bytes too."""
    if is_remote(path):
        if (content := read_ahead.fetched(path)) is not None:
            _require_size(len(content), at_most, path)
            return content
        if at_most is not None:
            _require_size(size(path), at_most, path)
        with connected(path) as (files, name):
            return bytes(files.cat_file(name))
    with open(path, "rb") as f:
        _require_size(os.fstat(f.fileno()).st_size, at_most, path)
        return f.read()


def read_head(path: str, size: int) -> bytes:
    """The first bytes of a file, at most `size`."""
    with open_to_read(path) as file:
        return file.read(size)


def open_to_read(path: str) -> IO[bytes]:
    """A file, to read from any place in it."""
    if is_remote(path):
        return cast(IO[bytes], io.BufferedReader(_RemoteFile(path), _REMOTE_BUFFER))
    return open(path, "rb")


@patient
def sha256(path: str) -> bytes:
    """Of the file's content, which may be large."""
    if (content := read_ahead.fetched(path)) is not None:
        return hashlib.sha256(content).digest()
    total = hashlib.sha256()
    with open_to_read(path) as file:
        while piece := file.read(_PIECE_BYTES):
            total.update(piece)
    return total.digest()


def write_bytes(path: str, content: bytes) -> None:
    """Writes the file and makes its folder."""
    if is_remote(path):
        upload(path, content)
        return
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "wb") as f:
        f.write(content)


@contextlib.contextmanager
def open_to_write(path: str) -> Iterator[IO[bytes]]:
    """A new file, whose folder is made.

    A remote one is written aside on this machine, and uploaded at the end of the context unless that raises.
    """
    if not is_remote(path):
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "wb", _WRITE_BUFFER) as local:
            yield local
        return
    with tempfile.NamedTemporaryFile(prefix="coralline-") as aside:
        yield cast(IO[bytes], aside)
        aside.flush()
        upload_file(path, aside.name)


@patient
def size(path: str) -> int:
    """How many bytes the file has."""
    if not is_remote(path):
        return os.path.getsize(path)
    with connected(path) as (files, name):
        return int(files.info(name)["size"])


def replace_bytes(path: str, content: bytes) -> None:
    """Like `write_bytes`, but readers see the whole file or the one before; object stores do that by themselves."""
    if is_remote(path):
        write_bytes(path, content)
        return
    aside = f"{path}.{os.getpid()}.part"
    write_bytes(aside, content)
    os.replace(aside, path)


def remove(path: str) -> None:
    """Removes a file; one that isn't there any more is as well."""
    with contextlib.suppress(FileNotFoundError):
        if is_remote(path):
            with connected(path) as (files, name):
                files.rm_file(name)
        else:
            os.remove(path)


def remove_tree(path: str) -> None:
    """Removes a folder and everything in it."""
    if is_remote(path):
        with connected(path) as (files, name):
            files.rm(name, recursive=True)
    else:
        shutil.rmtree(path)


def exists(path: str) -> bool:
    """Whether there is a file or folder of that address. Raises OSError if that can't be known for now."""
    return _kind(path) is not None


def is_folder(path: str) -> bool:
    """Whether there is a folder of that address. Raises OSError if that can't be known for now."""
    return _kind(path) == "directory"


@patient
def list_folder(path: str) -> list[str]:
    """Names in a folder, sorted."""
    if not is_remote(path):
        return sorted(os.listdir(path))
    with connected(path) as (files, name):
        inside = (found.rstrip("/") for found in files.ls(name, detail=False))
        return sorted(found.rsplit("/", 1)[-1] for found in inside if found != name.rstrip("/"))


@dataclasses.dataclass
class Tree:
    """Files below a folder, as paths relative to it with `/`, sorted; and links that aren't followed.

    Those lead out of the folder, to nothing or in a circle. Links to folders in it aren't needed; pipes, sockets and
    devices are skipped.
    """

    files: list[str] = dataclasses.field(default_factory=list)
    links: list[str] = dataclasses.field(default_factory=list)


def list_tree(root: str) -> Tree:
    """Every file below a folder.

    Hidden files and folders and `__MACOSX` are left out. Links that lead out of the folder are listed apart: nothing
    in a data set must be able to make a run read what wasn't given to it.

    Raises:
      OSError: the folder, or one below it, can't be read.
    """
    tree = Tree()
    if is_remote(root):
        _walk_remote(root, tree)
    else:
        _walk(root, tree)
    tree.files.sort()
    tree.links.sort()
    return tree


def _walk(root: str, tree: Tree) -> None:
    """Keeps one folder open at a time, however deeply they are nested."""
    inside = os.path.realpath(root).rstrip(os.sep) + os.sep
    prefixes = [""]
    while prefixes:
        prefix = prefixes.pop()
        with os.scandir(os.path.join(root, prefix)) as entries:
            for entry in entries:
                if entry.name.startswith(".") or entry.name == "__MACOSX":
                    continue
                if entry.is_symlink() and not _leads_into(inside, entry.path):
                    tree.links.append(prefix + entry.name)
                elif entry.is_dir(follow_symlinks=False):
                    prefixes.append(f"{prefix}{entry.name}/")
                elif entry.is_file():
                    tree.files.append(prefix + entry.name)


def _leads_into(folder: str, link: str) -> bool:
    target = os.path.realpath(link)
    return (target + os.sep).startswith(folder) and os.path.exists(target)


def _walk_remote(root: str, tree: Tree) -> None:
    with connected(root) as (files, name):
        for found in files.find(name):
            relative = found[len(name) :].strip("/")
            if relative and not any(part.startswith(".") or part == "__MACOSX" for part in relative.split("/")):
                tree.files.append(relative)


def _require_size(size: int, at_most: int | None, path: str) -> None:
    if at_most is not None and size > at_most:
        raise OSError(errno.EFBIG, f"it has {size >> 20} MiB; at most {at_most >> 20} MiB are read", path)


class _RemoteFile(io.RawIOBase):
    """A file of fsspec's to read from, whose errors are OSErrors."""

    def __init__(self, path: str):
        self._path = path
        with connected(path) as (files, name):
            self._file = files.open(name, "rb")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return int(self._file.tell())

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return int(self._file.seek(offset, whence))

    @patient
    def readinto(self, buffer: Any) -> int:
        with as_oserrors(self._path):
            return int(self._file.readinto(buffer))


@patient
def _kind(path: str) -> str | None:
    """`file` or `directory`; None if there is neither."""
    if not is_remote(path):
        try:
            return "directory" if stat.S_ISDIR(os.stat(path).st_mode) else "file"
        except OSError as e:
            if e.errno in PASSING:
                raise
            return None
        except ValueError:  # a name that no file can have
            return None
    try:
        with connected(path) as (files, name):
            return str(files.info(name)["type"])
    except FileNotFoundError:
        return None
