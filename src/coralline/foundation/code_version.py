"""Which code made an artifact: the release, the git commit, the hash of the code itself and of the dependencies."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import os
import subprocess
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).resolve().parents[1]
_IN_CHECKOUT = _PACKAGE.parent.name == "src"
_ROOT = _PACKAGE.parents[1] if _IN_CHECKOUT else _PACKAGE.parent
_CODE = ("src", "components", "pipeline", "deployment")
_SUFFIXES = (".py", ".j2")
# A wheel doesn't have it: it is there to build the image.
_LEFT_OUT = "deployment/image/"
_UNKNOWN = "unknown"


@functools.cache
def code_version() -> dict[str, str]:
    """`coralline_version`, `git_commit` (with "+changes" for a modified checkout) and `lock_sha256`.

    In an image there is no git: the build passes CORALLINE_GIT_COMMIT. What isn't known is "unknown".
    """
    lock = _ROOT / "requirements.lock"
    try:
        version = importlib.metadata.version("coralline")
    except importlib.metadata.PackageNotFoundError:
        version = _UNKNOWN
    return {
        "coralline_version": version,
        "git_commit": _commit_of_image() or _git_commit(),
        "lock_sha256": hashlib.sha256(lock.read_bytes()).hexdigest() if lock.is_file() else _UNKNOWN,
    }


@functools.cache
def code_facts() -> dict[str, str]:
    """`code_version`, and what tells modified code from other modified code, as lineage records it.

    `git_dirty` is "yes", "no" or "unknown"; `code_from` is "checkout", "image" or "wheel"; `code_sha256` is of the code
    itself. They aren't in the manifests of published models, whose bytes say which code was released.
    """
    version = code_version()
    origin = "image" if _commit_of_image() else "checkout" if _IN_CHECKOUT else "wheel"
    known = origin == "checkout" and version["git_commit"] != _UNKNOWN
    dirty = ("yes" if version["git_commit"].endswith("+changes") else "no") if known else _UNKNOWN
    return {**version, "git_dirty": dirty, "code_from": origin, "code_sha256": _code_sha256()}


def stamp(artifact: Any) -> None:
    """Writes by which code it was made onto a TFX artifact, as string custom properties."""
    for name, value in code_facts().items():
        artifact.set_string_custom_property(name, value)


def _code_sha256() -> str:
    """Over the names, as they are imported, and the contents of all modules and templates."""
    files: dict[str, Path] = {}
    for folder in _CODE if _IN_CHECKOUT else ("coralline", *_CODE[1:]):
        for path in (_ROOT / folder).rglob("*"):
            name = path.relative_to(_ROOT).as_posix().removeprefix("src/")
            if path.suffix in _SUFFIXES and not name.startswith(_LEFT_OUT):
                files[name] = path
    total = hashlib.sha256()
    for name, path in sorted(files.items()):
        total.update(name.encode("utf-8", "surrogateescape") + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _commit_of_image() -> str:
    return os.environ.get("CORALLINE_GIT_COMMIT", "")


def _git_commit() -> str:
    if not (_ROOT / ".git").exists():
        return _UNKNOWN
    try:
        commit = _git("rev-parse", "HEAD")
        changed = _git("status", "--porcelain", "--untracked-files=no")
        # A module that isn't known to git is imported all the same.
        added = _git("ls-files", "--others", "--exclude-standard", "--", *(f"{folder}/*.py" for folder in _CODE))
    except (OSError, subprocess.SubprocessError):
        return _UNKNOWN
    return commit + ("+changes" if changed or added else "")


def _git(*arguments: str) -> str:
    call = ["git", "-C", str(_ROOT), *arguments]
    return subprocess.run(call, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
