"""The folder of a job's checkpoints: found again by a later run of the same job, used by one run at a time."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator, Mapping
from typing import Any

from coralline.foundation import storage
from coralline.foundation.errors import UserError


def workspace(model_run_uri: str, train_folder: str, labels: str, settings: Mapping[str, Any]) -> str:
    """One folder for the same data and settings, another for any change.

    It is beside the component's outputs, because the next run doesn't know a killed run's own output folder.

    Args:
      model_run_uri: `<component>/<output>/<execution>`.
      train_folder: of the training examples.
      labels: the label map's names.
      settings: everything else that the training depends on.
    """
    inputs = [train_folder, labels, *(f"{k}={v}" for k, v in sorted(settings.items()))]
    key = hashlib.sha256("\0".join(inputs).encode()).hexdigest()[:16]
    component_folder = model_run_uri.rstrip("/").rsplit("/", 2)[0]
    return f"{component_folder}/.training/{key}"


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
    if storage.is_remote(work):  # no locks there
        yield
        return
    os.makedirs(work, exist_ok=True)
    with open(f"{work}.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as e:
            raise UserError(
                "another run is training this same model now",
                file=work,
                expected="one run at a time with the same data and settings in the same output folder",
                found="a process that uses this folder",
                fix="wait for it to end: the same command then reuses its model",
            ) from e
        yield
