"""Addresses in a pipeline.config: placeholders, patterns of shards, and the folder that a relative one is relative to.

The Object Detection API looks from the working directory. Configurations are often read elsewhere than training
was started, so the folder of the configuration and the one above it are tried too: the layout that the API's own
tutorials advise has `config/` or `training/` beside `data/`.
"""

from __future__ import annotations

import dataclasses
import glob
import os
import re
from typing import Literal

from coralline.foundation import storage
from coralline.od_api.ledger import Leaf

_PLACEHOLDER = re.compile(r"PATH_TO|path/to/|TO_BE_CONFIGURED|YOUR_|\$\(|\{[^}]*\}|<[^>]*>", re.IGNORECASE)
_WILDCARD = re.compile(r"[?*\[]")
_SHARDS = re.compile(r"-of-(\d{1,9})(?!\d)")


@dataclasses.dataclass(frozen=True)
class Address:
    """An address, and what was found there.

    Attributes:
      leaf: the field that it's in.
      given: as the file has it.
      state: a placeholder, remote (and not looked at), found, missing, or there but no file.
      path: where it is, as it can be used from the working directory; as given if it wasn't found.
      files: the files of a pattern, or the one file.
      looked: the folders that were looked in.
    """

    leaf: Leaf
    given: str
    state: Literal["placeholder", "remote", "found", "missing", "no file"]
    path: str
    files: tuple[str, ...] = ()
    looked: tuple[str, ...] = ()

    def missing_shards(self) -> int:
        """How many of the shards that the pattern speaks of (`-of-00010`) aren't there."""
        count = _SHARDS.search(self.given)
        return max(0, int(count[1]) - len(self.files)) if count and self.state == "found" and _wild(self.given) else 0


class Finder:
    """Looks addresses up."""

    def __init__(self, config_path: str):
        folders = [""]
        if not storage.is_remote(config_path):
            beside = os.path.dirname(os.path.expanduser(config_path))
            folders += [beside, os.path.join(beside, os.pardir)]
        places = dict[str, str]()
        for folder in folders:
            places.setdefault(os.path.realpath(folder), folder)
        self._folders = list(places.values())

    def find(self, leaf: Leaf, given: str, endings: str = "") -> Address:
        """What is at an address; `endings` is a pattern of what may follow it, as in a checkpoint's prefix."""
        if _PLACEHOLDER.search(given):
            return Address(leaf, given, "placeholder", given)
        if storage.is_remote(given):
            return Address(leaf, given, "remote", given)
        expanded = os.path.expanduser(given)
        folders = [""] if os.path.isabs(expanded) else self._folders
        for folder in folders:
            path = os.path.join(folder, expanded)
            files, usable = _files(path, endings), os.path.abspath(path) if folder else given
            if files:
                return Address(leaf, given, "found", usable, files)
            if os.path.exists(path):
                return Address(leaf, given, "no file", usable)
        looked = () if os.path.isabs(expanded) else tuple(os.path.realpath(folder) for folder in folders)
        return Address(leaf, given, "missing", given, looked=looked)


def common_folder(addresses: list[Address]) -> str | None:
    """The folder that holds them all, "." for the working directory; None if there is only the root."""
    paths = [_before_wildcard(address.path) for address in addresses]
    if any(storage.is_remote(path) for path in paths):
        return _common_remote_folder(paths)
    folders = [os.path.dirname(path) for path in paths]
    if len({os.path.isabs(folder) for folder in folders}) > 1 or any(".." in folder.split("/") for folder in folders):
        folders = [os.path.abspath(folder) for folder in folders]
    shared = os.path.commonpath([os.path.normpath(folder) for folder in folders])
    return None if shared == os.path.sep else shared or "."


def _common_remote_folder(paths: list[str]) -> str | None:
    schemes, inside = zip(
        *(path.split("://", 1) if storage.is_remote(path) else ("", path) for path in paths), strict=True
    )
    if len(set(schemes)) > 1 or len({path.startswith("/") for path in inside}) > 1:
        return None
    shared = os.path.commonpath([os.path.dirname(path) or path for path in inside])
    return f"{schemes[0]}://{shared}" if shared.strip("/") else None


def _before_wildcard(path: str) -> str:
    wild = _WILDCARD.search(path)
    return path[: wild.start()] if wild else path


def _wild(path: str) -> bool:
    return _WILDCARD.search(path) is not None


def _files(path: str, endings: str) -> tuple[str, ...]:
    if "\0" in path:
        return ()
    if os.path.isfile(path):
        return (path,)
    pattern = glob.escape(path) + endings if endings else path
    return tuple(sorted(filter(os.path.isfile, glob.glob(pattern)))) if _wild(pattern) else ()
