"""Files of artifacts, as far as the page may show them: inside an artifact's own folder, inside roots, never by a link.

A store can name any folder, so that a local one is opened only inside the roots: the folder of the store itself, the
versions that its pushers published, and what the server was started with. Each part of a path is opened from the one
before without following links (openat(2), O_NOFOLLOW), so that nothing can be swapped between check and reading.
What the store names at an address, such as `gs://`, is read with the server's own rights, below that address only.
"""

from __future__ import annotations

import dataclasses
import errno
import os
import posixpath
import stat
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import IO

from coralline.foundation import storage
from coralline.foundation.errors import UserError

_REMOTE_SCHEMES = ("gs://", "s3://")
_MOST_LISTED = 500
_DEEPEST = 4
_LARGEST_REMOTE = 32 << 20
NOT_THERE = "the file is not there"


@dataclasses.dataclass
class OpenedFile:
    """A file that is open to read, with its size in bytes."""

    stream: IO[bytes]
    size: int


class RefusedFileError(UserError):
    """The page doesn't show this file, whatever it holds."""


@dataclasses.dataclass(frozen=True)
class AllowedRoots:
    """Local folders out of which files may be shown, with links resolved."""

    folders: tuple[str, ...]

    @classmethod
    def of(cls, folders: Sequence[str]) -> AllowedRoots:
        """These folders, where they are."""
        return cls(tuple(dict.fromkeys(os.path.realpath(os.path.expanduser(folder)) for folder in folders if folder)))

    def above(self, path: str) -> str | None:
        """The root that a path without links lies in."""
        return next((r for r in self.folders if path == r or path.startswith(r.rstrip(os.sep) + os.sep)), None)

    def shows(self, uri: str) -> bool:
        """Whether files of an artifact at this address may be read for the page."""
        try:
            ArtifactFolder(uri, self)
        except RefusedFileError:
            return False
        return True


class ArtifactFolder:
    """The folder (or the one file) of an artifact.

    Args:
      uri: as the store has it.
      roots: of local files.

    Raises:
      RefusedFileError: it lies outside the roots, or at an address that isn't read.
    """

    def __init__(self, uri: str, roots: AllowedRoots):
        self.uri = uri.rstrip("/")
        self.is_remote = storage.is_remote(uri) and not uri.startswith("file://")
        if "\0" in uri or not uri:
            raise RefusedFileError("the artifact has no address")
        if self.is_remote:
            if not uri.startswith(_REMOTE_SCHEMES):
                raise RefusedFileError("files at such an address are not shown", found=uri, expected="gs:// or s3://")
            return
        path = self.uri.removeprefix("file://")
        if not os.path.isabs(path):
            raise RefusedFileError("the artifact's address is not a whole path", found=uri)
        self._real = os.path.realpath(path)
        root = roots.above(self._real)
        if root is None:
            raise RefusedFileError(
                "the artifact lies outside the folders that this server shows",
                found=uri,
                fix="start the server with --allow-root and the folder above it",
            )
        self._root = root

    def exists(self) -> bool:
        """Whether its files are still there."""
        return storage.exists(self.uri) if self.is_remote else os.path.exists(self._real)

    def names(self) -> list[str]:
        """Files below it, as relative paths, hidden ones left out; some hundred at most."""
        if self.is_remote:
            found = storage.list_tree(self.uri).files
            return found[:_MOST_LISTED]
        if not os.path.isdir(self._real):
            return []
        return sorted(self._walk())

    def open(self, name: str) -> OpenedFile:
        """A file in it, by its relative path.

        Raises:
          RefusedFileError: the path leads out of the folder, or to something that isn't a file.
          FileNotFoundError, OSError: it can't be read.
        """
        parts = name.split("/")
        if any(part in ("", ".", "..") or "\0" in part or "\\" in part for part in parts):
            raise RefusedFileError("that is not the name of a file in the artifact", found=name)
        if self.is_remote:
            address = posixpath.join(self.uri, *parts)
            size = storage.size(address)
            if size > _LARGEST_REMOTE:
                raise RefusedFileError("the file is too large to be shown", found=f"{size >> 20} MiB", file=address)
            return OpenedFile(storage.open_to_read(address), size)
        place = os.path.realpath(os.path.join(self._real, *parts))
        if not place.startswith(self._real.rstrip(os.sep) + os.sep):
            raise RefusedFileError("the file lies outside the artifact's folder", found=name)
        return _opened(self._root, os.path.relpath(place, self._root))

    def _walk(self) -> Iterator[str]:
        count = 0
        for folder, folders, files in os.walk(self._real):
            below = os.path.relpath(folder, self._real)
            depth = 0 if below == "." else below.count(os.sep) + 1
            folders[:] = sorted(f for f in folders if not f.startswith(".")) if depth < _DEEPEST else []
            for file in sorted(files):
                if file.startswith("."):
                    continue
                count += 1
                if count > _MOST_LISTED:
                    return
                yield file if depth == 0 else f"{below}/{file}"


def _opened(root: str, relative: str) -> OpenedFile:
    """A regular file below a root, whose path holds no link."""
    with _folder(root) as descriptor:
        parts = relative.split(os.sep)
        try:
            for part in parts[:-1]:
                inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=descriptor[0])
                os.close(descriptor[0])
                descriptor[0] = inner
            # O_NONBLOCK: a pipe would keep whoever opens it waiting.
            file = os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=descriptor[0])
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENOTDIR):
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), relative) from error
            raise
    found = os.fstat(file)
    if not stat.S_ISREG(found.st_mode):
        os.close(file)
        raise RefusedFileError("that is not a file", found=relative)
    return OpenedFile(os.fdopen(file, "rb"), found.st_size)


@contextmanager
def _folder(path: str) -> Iterator[list[int]]:
    descriptor = [os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)]
    try:
        yield descriptor
    finally:
        os.close(descriptor[0])


def text_or_its_end(opened: OpenedFile, most: int) -> tuple[str, bool]:
    """The text of a file (its end, if it's longer than `most` bytes), and whether it was cut."""
    with closing(opened.stream):
        cut = opened.size > most
        if cut:
            opened.stream.seek(opened.size - most)
        return opened.stream.read(most).decode("utf-8", "replace"), cut
