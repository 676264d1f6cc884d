"""A local folder of which an address keeps a copy: the folder may vanish with its machine, the copy is always whole.

The address has `files/<sha256>`, one for each content, and `manifest.json`, which says what the folder was made of. The
manifest is written when all of its files are there, and files are removed when no manifest names them any more. So a
kill at any time leaves the copy before, or the new one.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path

from coralline.foundation import conditional_writes, progress, storage
from coralline.foundation.conditional_writes import ABSENT, Seen
from coralline.foundation.errors import reason

_MANIFEST = "manifest.json"
_TRANSFERS = 4
_State = tuple[int, int, int]


class MirroredFolder:
    """Restores a folder from its copy, and keeps the copy up to date in a thread of its own.

    Args:
      folder: on this machine; empty until it's restored.
      address: of the copy, which is nobody else's.
    """

    def __init__(self, folder: str, address: str):
        self._folder, self._address = Path(folder), address
        self._seen = ABSENT
        self._kept: dict[str, str] = {}
        self._known: dict[str, tuple[_State, str]] = {}
        self._thread = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="mirror")
        self._running: concurrent.futures.Future[None] | None = None
        self._told: set[str] = set()
        self._lost = False

    def restore(self) -> int:
        """Fills the folder with what is kept, and gives the number of files; none, and says so, if any is damaged.

        Raises OSError if the address can't be read.
        """
        self._seen = self._read_manifest()
        try:
            files = {} if self._seen.content is None else _files_of(self._seen.content)
            with concurrent.futures.ThreadPoolExecutor(_TRANSFERS) as pool:
                list(pool.map(self._fetch, files, files.values()))
        except (ValueError, FileNotFoundError) as e:
            progress.note(f"what is kept in {self._address} is damaged ({reason(e)}) and isn't used")
            shutil.rmtree(self._folder)
            self._folder.mkdir()
            return 0
        self._kept = files
        self._known = {name: (_state(self._folder / name), sha256) for name, sha256 in files.items()}
        return len(files)

    def keep(self) -> None:
        """Has the copy follow the folder as it is now; returns before that is done.

        If the one before isn't done yet, this state is left out. What fails is told once, and tried again with the
        next state.
        """
        if self._lost:
            return
        if self._running is not None and not self._running.done():
            self._tell(
                f"copying to {self._address} takes longer than from one checkpoint to the next; some are left out"
            )
            return
        aside = tempfile.mkdtemp(prefix="coralline-kept-")
        try:
            changed, files = self._copy_changed(Path(aside))
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise
        self._running = self._thread.submit(self._upload, Path(aside), changed, files)

    def wait(self) -> None:
        """Returns when nothing is being copied."""
        if self._running is not None:
            self._running.result()

    def close(self) -> None:
        """Waits, and ends the thread."""
        self._thread.shutdown()

    def remove(self) -> None:
        """Removes the copy, the manifest first; what can't be removed is told."""
        self.wait()
        if self._lost:
            return
        try:
            storage.remove(f"{self._address}/{_MANIFEST}")
            with contextlib.suppress(FileNotFoundError):
                storage.remove_tree(self._address)
        except OSError as e:
            progress.note(f"{self._address} isn't needed any more and can't be removed: {reason(e)}")

    def _copy_changed(self, aside: Path) -> tuple[dict[str, _State], dict[str, str]]:
        """Copies what changed; gives its states, and the hashes of everything else."""
        changed: dict[str, _State] = {}
        files: dict[str, str] = {}
        for path in sorted(self._folder.rglob("*")):
            if not path.is_file():
                continue
            name, state = path.relative_to(self._folder).as_posix(), _state(path)
            known = self._known.get(name)
            if known is not None and known[0] == state:
                files[name] = known[1]
                continue
            (aside / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, aside / name)
            changed[name] = state
        return changed, files

    def _upload(self, aside: Path, changed: dict[str, _State], files: dict[str, str]) -> None:
        try:
            for name in changed:
                files[name] = storage.sha256(str(aside / name)).hex()
                if files[name] not in self._kept.values():
                    with storage.open_to_write(self._at(files[name])) as target, open(aside / name, "rb") as source:
                        shutil.copyfileobj(source, target)
            self._write_manifest(files)
        except OSError as e:
            self._tell(
                f"the checkpoints can't be copied to {self._address}: {reason(e)}. Training goes on, and if it is "
                "killed now, it starts again from the last one that was copied; the next one is tried"
            )
            return
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        if self._lost:
            return
        self._told.clear()
        self._known |= {name: (state, files[name]) for name, state in changed.items()}
        before, self._kept = self._kept, files
        with contextlib.suppress(OSError):  # what stays goes with the whole copy
            for sha256 in set(before.values()) - set(files.values()):
                storage.remove(self._at(sha256))

    def _read_manifest(self) -> Seen:
        path = f"{self._address}/{_MANIFEST}"
        if conditional_writes.has_conditions(path):
            return conditional_writes.read_with_state(path)
        with contextlib.suppress(FileNotFoundError):
            return Seen(storage.read_bytes(path))
        return ABSENT

    def _write_manifest(self, files: dict[str, str]) -> None:
        path, content = f"{self._address}/{_MANIFEST}", json.dumps({"files": files}, indent=2).encode()
        if not conditional_writes.has_conditions(path):
            storage.write_bytes(path, content)
            return
        written = conditional_writes.write_if_unchanged(path, content, self._seen)
        if written is not None:
            self._seen = written
            return
        self._lost = True
        self._tell(
            f"another run trains this same model now, and its checkpoints are kept in {self._address}; those of this "
            "run aren't any more"
        )

    def _fetch(self, name: str, sha256: str) -> None:
        content = storage.read_bytes(self._at(sha256))
        if hashlib.sha256(content).hexdigest() != sha256:
            raise ValueError(f"{name} isn't as it was written")
        storage.write_bytes(str(self._folder / name), content)

    def _at(self, sha256: str) -> str:
        return f"{self._address}/files/{sha256}"

    def _tell(self, sentence: str) -> None:
        if sentence not in self._told:
            self._told.add(sentence)
            progress.note(sentence)


def _state(path: Path) -> _State:
    found = os.stat(path)
    return found.st_ino, found.st_size, found.st_mtime_ns


def _files_of(manifest: bytes) -> dict[str, str]:
    """Raises ValueError if it isn't one, or names a file outside of the folder."""
    parsed = json.loads(manifest)
    files = parsed.get("files") if isinstance(parsed, dict) else None
    if not isinstance(files, dict) or any(".." in name.split("/") or name.startswith("/") for name in files):
        raise ValueError("its manifest isn't one")
    return files
