"""The folder of a job's checkpoints: found again by a later run of the same job, used by one run at a time.

At an address it is mirrored: training works in a folder of this machine, and a copy of it is kept at the address.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any

from coralline.foundation import progress, storage
from coralline.foundation.errors import UserError
from coralline.foundation.mirrored_folder import MirroredFolder

# Of file systems without locks, such as some that clusters mount.
_NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)


def workspace(
    model_run_uri: str, train_folder: str, labels: str, settings: Mapping[str, Any], workspaces: str = ""
) -> str:
    """One folder for the same data and settings, another for any change.

    It isn't in the component's output, because the next run doesn't know a killed run's own output folder.

    Args:
      model_run_uri: `<component>/<output>/<execution>`.
      train_folder: of the training examples.
      labels: the label map's names.
      settings: everything else that the training depends on.
      workspaces: the folder or address that has the folders of all jobs; if empty, one beside the component's outputs.
    """
    inputs = [train_folder, labels, *(f"{k}={v}" for k, v in sorted(settings.items()))]
    key = hashlib.sha256("\0".join(inputs).encode()).hexdigest()[:16]
    if workspaces:
        return f"{workspaces.rstrip('/')}/{key}"
    component_folder = model_run_uri.rstrip("/").rsplit("/", 2)[0]
    return f"{component_folder}/.training/{key}"


@contextlib.contextmanager
def open_workspace(work: str, chief: bool) -> Iterator[tuple[str, Callable[[], None]]]:
    """Gives the folder to train in, and what is to be called when there is a new checkpoint in it.

    At its end the workspace is removed, unless that is an exception.

    Args:
      work: what `workspace` gave.
      chief: whether this process writes the checkpoints; of several machines that train one model, one does.

    Raises:
      UserError: another run is training there, or what is kept at the address can't be read.
    """
    if not storage.is_remote(work):
        with held(work) if chief else contextlib.nullcontext():
            yield work, lambda: None
            if chief:
                storage.remove_tree(work)
        return
    with tempfile.TemporaryDirectory(prefix="coralline-training-") as folder:
        mirrored = MirroredFolder(folder, work)
        with contextlib.closing(mirrored):
            _restore(mirrored, work)
            yield folder, mirrored.keep if chief else lambda: None
            if chief:
                mirrored.remove()


def _restore(mirrored: MirroredFolder, work: str) -> None:
    try:
        if found := mirrored.restore():
            progress.note(f"going on from what is kept in {work} ({progress.counted(found, 'file')})")
    except OSError as e:
        raise UserError(
            "the checkpoints of an earlier try can't be read",
            file=work,
            expected="an address that can be listed, read and written",
            found=e,
            fix="mend that and start again; nothing that is kept there was changed",
        ) from e


def unfinished_trainings(work: str) -> list[str]:
    """The folders beside a workspace that no process uses: of other data or settings, or of another version."""
    if storage.is_remote(work) or not os.path.isdir(os.path.dirname(work)):
        return []
    folders = (entry.path for entry in os.scandir(os.path.dirname(work)) if entry.is_dir())
    return sorted(folder for folder in folders if folder != work and _is_free(folder))


def _is_free(work: str) -> bool:
    with open(f"{work}.lock", "a") as lock, contextlib.suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


@contextlib.contextmanager
def held(work: str) -> Iterator[None]:
    """Locks a workspace for this process; the system releases the lock when the process dies.

    Raises:
      UserError: another run is training there, with the same data and settings.
    """
    os.makedirs(work, exist_ok=True)
    with open(f"{work}.lock", "w") as lock:
        try:
            _lock(lock, work)
        except BlockingIOError as e:
            raise UserError(
                "another run is training this same model now",
                file=work,
                expected="one run at a time with the same data and settings in the same output folder",
                found="a process that uses this folder",
                fix="wait for it to end: the same command then reuses its model",
            ) from e
        yield


def _lock(lock: IO[str], work: str) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as e:
        if e.errno not in _NO_LOCKS:
            raise
        progress.note(f"{work} is on a file system without locks: nothing stops a second run from training there too")
