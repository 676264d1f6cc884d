"""A publishing address (`gs://`, `s3://`), whose folders can't be renamed in one step.

Each file appears whole. The manifest is the last file of a version, and one without it doesn't count; `latest` is a
small file that holds the version's name, written after the manifest. There is no lock: the last of two writers wins,
and what `latest` names is whole either way.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from coralline.foundation import storage
from coralline.publishing import bundle


class RemotePlace:
    """A place of published versions; `places` says what each method is for."""

    def __init__(self, root: str):
        self._root = root.rstrip("/")

    def folder(self, version: str) -> str:
        return f"{self._root}/{version}"

    def versions(self) -> list[str]:
        if not storage.exists(self._root):
            return []
        return [name for name in storage.list_folder(self._root) if bundle.VERSION_NAME.fullmatch(name)]

    def latest(self) -> str | None:
        content = self._read_if_there(bundle.LATEST)
        return content.decode(errors="replace").strip() or None if content else None

    def has_pointer(self) -> bool:
        return self._read_if_there(bundle.LATEST) is not None

    def read(self, version: str, name: str) -> bytes:
        return storage.read_bytes(f"{self._root}/{version}/{name}")

    def is_whole(self, version: str) -> bool:
        """By the manifest and the names of the files; contents aren't fetched."""
        try:
            manifest = bundle.read_manifest(self.read(version, bundle.MANIFEST))
        except (*bundle.NOT_THERE, ValueError):
            return False
        return all(storage.exists(f"{self._root}/{version}/{name}") for name in manifest["files"])

    def write_version(self, version: str, files: Mapping[str, bytes]) -> None:
        for name, content in files.items():
            storage.write_bytes(f"{self._root}/{version}/{name}", content)

    def read_record(self) -> bytes | None:
        return self._read_if_there(bundle.RECORD)

    def write_record(self, content: bytes) -> None:
        storage.write_bytes(f"{self._root}/{bundle.RECORD}", content)

    def point_latest(self, version: str) -> None:
        storage.write_bytes(f"{self._root}/{bundle.LATEST}", f"{version}\n".encode())

    def one_at_a_time(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    def _read_if_there(self, name: str) -> bytes | None:
        with contextlib.suppress(*bundle.NOT_THERE):
            return storage.read_bytes(f"{self._root}/{name}")
        return None
