"""What a file or folder holds before it is deleted: how much, since when, and what speaks against deleting it."""

from __future__ import annotations

import dataclasses
import os
import shutil
import stat
from collections.abc import Iterator

_BLOCK = 512  # bytes, of st_blocks
_SLACK_MS = 60_000


@dataclasses.dataclass(frozen=True)
class FolderContents:
    """A file or folder.

    Attributes:
      bytes: of disk that deleting it gives back; a file with another name elsewhere gives none.
      newest, newest_ms: what in it was changed last, relative to it, and when, since the epoch.
      obstacle: why it can't be deleted; None if it can.
    """

    bytes: int
    newest: str
    newest_ms: int
    obstacle: str | None

    def changed_since(self, made_ms: int) -> str | None:
        """What was changed in it more than a minute after this, since the epoch; None if nothing was."""
        return self.newest or "." if self.newest_ms > made_ms + _SLACK_MS else None


def look_into(path: str) -> FolderContents | None:
    """Looks, without following symbolic links; None if there is nothing."""
    try:
        top = os.lstat(path)
    except OSError:
        return None
    size, newest, newest_ms, obstacle = 0, "", 0, _obstacle(path, os.lstat(os.path.dirname(path)), top)
    for place, found in _below(path, top):
        size += found.st_blocks * _BLOCK if found.st_nlink == 1 or stat.S_ISDIR(found.st_mode) else 0
        if found.st_mtime_ns // 1_000_000 > newest_ms:
            newest, newest_ms = os.path.relpath(place, path), found.st_mtime_ns // 1_000_000
        if obstacle is None and stat.S_ISDIR(found.st_mode):
            obstacle = _folder_obstacle(place, top, found)
    return FolderContents(size, newest, newest_ms, obstacle)


def delete_tree(path: str) -> None:
    """Deletes a file, a link or a folder with all that is in it; what links name stays. Raises OSError."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


def _below(path: str, top: os.stat_result) -> Iterator[tuple[str, os.stat_result]]:
    yield path, top
    if not stat.S_ISDIR(top.st_mode):
        return
    for folder, folders, files in os.walk(path):
        for name in (*folders, *files):
            place = os.path.join(folder, name)
            try:
                yield place, os.lstat(place)
            except OSError:
                continue


def _obstacle(path: str, parent: os.stat_result, top: os.stat_result) -> str | None:
    folder = os.path.dirname(path)
    if top.st_dev != parent.st_dev:
        return "another disk is mounted there"
    return None if _may_change(folder) else f"{folder} may not be changed by this user"


def _folder_obstacle(place: str, top: os.stat_result, found: os.stat_result) -> str | None:
    if found.st_dev != top.st_dev:
        return f"another disk is mounted at {place}"
    return None if _may_change(place) else f"{place} may not be changed by this user"


def _may_change(folder: str) -> bool:
    return os.access(folder, os.R_OK | os.W_OK | os.X_OK, effective_ids=True)
