"""Reading and writing files by address: plain paths directly, others (`gs://...`) through TensorFlow's file systems.

TensorFlow is imported for addresses with a scheme only, so that local work starts at once.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import hashlib
import io
import os
import re
from collections.abc import Iterator
from typing import IO, Any, cast

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


def read_bytes(path: str, at_most: int | None = None) -> bytes:
    """The whole file. Raises OSError whatever the file system, and for a file of more than `at_most` bytes."""
    if is_remote(path):
        return _with_oserror(lambda gfile: _read_remote(gfile, path, at_most))
    with open(path, "rb") as f:
        _require_size(os.fstat(f.fileno()).st_size, at_most, path)
        return f.read()


def read_head(path: str, size: int) -> bytes:
    """The first bytes of a file, at most `size`. Raises OSError whatever the file system."""
    with open_to_read(path) as file:
        return file.read(size)


def open_to_read(path: str) -> IO[bytes]:
    """A file, to read from any place in it. Raises OSError whatever the file system, now and on reading."""
    return (
        cast(IO[bytes], io.BufferedReader(_RemoteFile(path), _REMOTE_BUFFER)) if is_remote(path) else open(path, "rb")
    )


def sha256(path: str) -> bytes:
    """Of the file's content, which may be large. Raises OSError whatever the file system."""
    total = hashlib.sha256()
    with open_to_read(path) as file:
        while piece := file.read(_PIECE_BYTES):
            total.update(piece)
    return total.digest()


def write_bytes(path: str, content: bytes) -> None:
    """Writes the file and makes its folder. Raises OSError whatever the file system."""
    if is_remote(path):
        _with_oserror(lambda gfile: _write_remote(gfile, path, content))
        return
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "wb") as f:
        f.write(content)


@contextlib.contextmanager
def open_to_write(path: str) -> Iterator[IO[bytes]]:
    """A new file, whose folder is made. Raises OSError whatever the file system, within the context too."""
    if not is_remote(path):
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "wb", _WRITE_BUFFER) as local:
            yield local
        return
    import tensorflow as tf

    try:
        tf.io.gfile.makedirs(os.path.dirname(path))
        with tf.io.gfile.GFile(path, "wb") as remote:
            yield remote
    except tf.errors.OpError as e:
        raise OSError(e.message) from e


def size(path: str) -> int:
    """How many bytes the file has. Raises OSError whatever the file system."""
    return int(_with_oserror(lambda gfile: gfile.stat(path)).length) if is_remote(path) else os.path.getsize(path)


def replace_bytes(path: str, content: bytes) -> None:
    """Like `write_bytes`, but readers see the whole file or the one before. Raises OSError whatever the file system."""
    aside = f"{path}.{os.getpid()}.part"
    write_bytes(aside, content)
    if is_remote(path):
        _with_oserror(lambda gfile: gfile.rename(aside, path, overwrite=True))
    else:
        os.replace(aside, path)


def remove(path: str) -> None:
    """Removes a file; one that isn't there any more is as well. Raises OSError whatever the file system."""
    if is_remote(path):
        if exists(path):
            _with_oserror(lambda gfile: gfile.remove(path))
    else:
        with contextlib.suppress(FileNotFoundError):
            os.remove(path)


def exists(path: str) -> bool:
    """Whether there is a file or folder of that address."""
    return bool(_with_oserror(lambda gfile: gfile.exists(path))) if is_remote(path) else os.path.exists(path)


def is_folder(path: str) -> bool:
    """Whether there is a folder of that address. Raises OSError whatever the file system."""
    return bool(_with_oserror(lambda gfile: gfile.isdir(path))) if is_remote(path) else os.path.isdir(path)


def list_folder(path: str) -> list[str]:
    """Names in a folder, sorted. Raises OSError whatever the file system."""
    if is_remote(path):
        return sorted(name.rstrip("/") for name in _with_oserror(lambda gfile: gfile.listdir(path)))
    return sorted(os.listdir(path))


@dataclasses.dataclass
class Tree:
    """Files below a folder, as paths relative to it with `/`, sorted; and links that aren't followed.

    Those lead out of the folder, to nothing or in a circle. Links to folders in it aren't needed; pipes, sockets and
    devices are passed over.
    """

    files: list[str] = dataclasses.field(default_factory=list)
    links: list[str] = dataclasses.field(default_factory=list)


def list_tree(root: str) -> Tree:
    """Every file below a folder.

    Hidden files and folders and `__MACOSX` are left out. Links that lead out of the folder are told apart: nothing in a
    data set must be able to make a run read what wasn't given to it.

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
    """One folder open at a time, however deep they lie in one another."""
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
    for folder, _, names in _with_oserror(lambda gfile: list(gfile.walk(root))):
        relative = folder[len(root) :].strip("/")
        if not any(part.startswith(".") or part == "__MACOSX" for part in relative.split("/") if part):
            tree.files += [f"{relative}/{name}" if relative else name for name in names if not name.startswith(".")]


def _read_remote(gfile: Any, path: str, at_most: int | None) -> bytes:
    with gfile.GFile(path, "rb") as f:
        _require_size(f.size(), at_most, path)
        return bytes(f.read())


def _require_size(size: int, at_most: int | None, path: str) -> None:
    if at_most is not None and size > at_most:
        raise OSError(errno.EFBIG, f"it has {size >> 20} MiB; at most {at_most >> 20} MiB are read", path)


class _RemoteFile(io.RawIOBase):
    """A file of TensorFlow's file systems, which only gives the parts that are asked for."""

    def __init__(self, path: str):
        self._file = _with_oserror(lambda gfile: gfile.GFile(path, "rb"))
        self._size: int = _with_oserror(lambda _: self._file.size())

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return int(_with_oserror(lambda _: self._file.tell()))

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self.tell(), os.SEEK_END: self._size}[whence]
        _with_oserror(lambda _: self._file.seek(start + offset))
        return start + offset

    def readinto(self, buffer: Any) -> int:
        content = _with_oserror(lambda _: self._file.read(len(buffer)))
        buffer[: len(content)] = content
        return len(content)


def _write_remote(gfile: Any, path: str, content: bytes) -> None:
    gfile.makedirs(os.path.dirname(path))
    with gfile.GFile(path, "wb") as f:
        f.write(content)


def _with_oserror(action: Any) -> Any:
    import tensorflow as tf

    try:
        return action(tf.io.gfile)
    except tf.errors.OpError as e:
        raise OSError(e.message) from e
