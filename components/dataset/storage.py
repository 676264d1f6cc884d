"""Reading and writing files by address: plain paths directly, others (`gs://...`) through TensorFlow's file systems.

TensorFlow is imported for addresses with a scheme only, so that local work starts at once.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
from typing import Any

_SCHEME = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]*://")


def is_remote(path: str) -> bool:
    """Whether the address has a scheme, such as `gs://`."""
    return _SCHEME.match(path) is not None


def absolute(path: str) -> str:
    """The address in the one form that lineage and the cache see, however it was typed."""
    return path.rstrip("/") if is_remote(path) else os.path.abspath(os.path.expanduser(path))


def read_bytes(path: str) -> bytes:
    """The whole file. Raises OSError whatever the file system."""
    if is_remote(path):
        return _with_oserror(lambda gfile: gfile.GFile(path, "rb").read())
    with open(path, "rb") as f:
        return f.read()


def write_bytes(path: str, content: bytes) -> None:
    """Writes the file and makes its folder. Raises OSError whatever the file system."""
    if is_remote(path):
        _with_oserror(lambda gfile: _write_remote(gfile, path, content))
        return
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "wb") as f:
        f.write(content)


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


def list_folder(path: str) -> list[str]:
    """Names in a folder, sorted. Raises OSError whatever the file system."""
    if is_remote(path):
        return sorted(name.rstrip("/") for name in _with_oserror(lambda gfile: gfile.listdir(path)))
    return sorted(os.listdir(path))


@dataclasses.dataclass
class Tree:
    """Files below a folder, as paths relative to it with `/`, sorted; and links whose target lies outside of it."""

    files: list[str] = dataclasses.field(default_factory=list)
    links_outside: list[str] = dataclasses.field(default_factory=list)


def list_tree(root: str) -> Tree:
    """Every file below a folder.

    Hidden files and folders and `__MACOSX` are left out. Links whose target lies outside of the folder are told apart:
    an annotation must not be able to make a run read what wasn't given to it.

    Raises:
      OSError: the folder, or one below it, can't be read.
    """
    tree = Tree()
    if is_remote(root):
        _walk_remote(root, tree)
    else:
        _walk(root, os.path.realpath(root), "", tree)
    tree.files.sort()
    tree.links_outside.sort()
    return tree


def _walk(folder: str, real_root: str, prefix: str, tree: Tree) -> None:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") or entry.name == "__MACOSX":
                continue
            if entry.is_symlink() and not os.path.realpath(entry.path).startswith(real_root + os.sep):
                tree.links_outside.append(prefix + entry.name)
            elif entry.is_dir(follow_symlinks=False):
                _walk(entry.path, real_root, f"{prefix}{entry.name}/", tree)
            elif entry.is_file():
                tree.files.append(prefix + entry.name)


def _walk_remote(root: str, tree: Tree) -> None:
    for folder, _, names in _with_oserror(lambda gfile: list(gfile.walk(root))):
        relative = folder[len(root) :].strip("/")
        if not any(part.startswith(".") or part == "__MACOSX" for part in relative.split("/") if part):
            tree.files += [f"{relative}/{name}" if relative else name for name in names if not name.startswith(".")]


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
