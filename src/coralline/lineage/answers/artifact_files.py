"""Files of artifacts, where they can still be read from here."""

from __future__ import annotations

import json
import os
from typing import Any

from coralline.foundation import storage
from coralline.lineage.deleted_files import deletion_in_words
from coralline.lineage.recorded_run import Artifact

NOT_RECORDED = "not recorded by that version"
DELETED = "the run's files have been deleted"
ELSEWHERE = "the run's files are at an address that isn't read for this"
_LARGEST = 256 << 20


def is_elsewhere(artifact: Artifact) -> bool:
    """Whether its files are at an address."""
    return "://" in artifact.uri


def without_file(*artifacts: Artifact) -> str:
    """Why one of these has no file of a certain name: its folder is gone, or it was made by an older version."""
    if all(os.path.isdir(artifact.uri) for artifact in artifacts):
        return NOT_RECORDED
    return deletion_in_words(artifacts) or DELETED


def read_json(artifact: Artifact, name: str) -> dict[str, Any] | str:
    """The JSON object in a file of an artifact, or why there is none, in words.

    Addresses aren't read: an answer about many runs must not wait for a network.
    """
    if is_elsewhere(artifact):
        return ELSEWHERE
    try:
        content = json.loads(storage.read_bytes(f"{artifact.uri.rstrip('/')}/{name}", at_most=_LARGEST))
    except (FileNotFoundError, NotADirectoryError):
        return deletion_in_words([artifact]) or DELETED
    except (OSError, ValueError, RecursionError):
        return f"{name} of the run can't be read"
    return content if isinstance(content, dict) else f"{name} of the run can't be read"
