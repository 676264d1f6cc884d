"""What the libraries wrote during a run, where runs of this machine keep it: `logs/<run>.log` in the output folder."""

from __future__ import annotations

from typing import Any

from coralline.lineage_page.details_answer import NotInStoreError
from coralline.lineage_page.shown_files import AllowedRoots, ArtifactFolder, text_or_its_end

_MOST = 1 << 20


def run_log(folder: str | None, run_id: str) -> dict[str, Any]:
    """The log of a run, its end if it's long.

    Args:
      folder: of logs; None: the store's runs keep none here.
      run_id: the run.

    Raises:
      NotInStoreError: there is none, with the reason.
    """
    if folder is None:
        raise NotInStoreError(
            "runs of this store keep no log here", fix="look at the log of the pod or the machine that ran it"
        )
    try:
        opened = ArtifactFolder(folder, AllowedRoots.of([folder])).open(f"{run_id}.log")
    except FileNotFoundError as error:
        raise NotInStoreError("the run has left no log here", found=f"{run_id}.log", expected=folder) from error
    text, truncated = text_or_its_end(opened, _MOST)
    return {"text": text, "truncated": truncated, "name": f"{run_id}.log"}
