"""Which code made an artifact: the release, the git commit and the hash of the locked dependencies."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import os
import subprocess
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[3]


@functools.cache
def code_version() -> dict[str, str]:
    """`coralline_version`, `git_commit` (with "+changes" for a modified checkout) and `lock_sha256`.

    In an image there is no git: the build passes CORALLINE_GIT_COMMIT. What isn't known is "unknown".
    """
    lock = _ROOT / "requirements.lock"
    try:
        version = importlib.metadata.version("coralline")
    except importlib.metadata.PackageNotFoundError:
        version = "unknown"
    return {
        "coralline_version": version,
        "git_commit": os.environ.get("CORALLINE_GIT_COMMIT") or _git_commit(),
        "lock_sha256": hashlib.sha256(lock.read_bytes()).hexdigest() if lock.is_file() else "unknown",
    }


def stamp(artifact: Any) -> None:
    """Writes the code version as string custom properties onto a TFX artifact."""
    for name, value in code_version().items():
        artifact.set_string_custom_property(name, value)


def _git_commit() -> str:
    if not (_ROOT / ".git").exists():
        return "unknown"
    git = ["git", "-C", str(_ROOT)]
    try:
        commit = subprocess.run(
            [*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True, timeout=10
        ).stdout.strip()
        changed = subprocess.run(
            [*git, "status", "--porcelain", "--untracked-files=no"],
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return commit + ("+changes" if changed else "")
