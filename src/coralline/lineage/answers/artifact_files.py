"""Files of artifacts, where they can still be read from here."""

from __future__ import annotations

import json
from typing import Any

from coralline.foundation import storage
from coralline.lineage.run_history import Artifact

DELETED = "the run's files have been deleted"
ELSEWHERE = "the run's files are at an address that isn't read for this"
_LARGEST = 256 << 20


def read_json(artifact: Artifact, name: str) -> dict[str, Any] | str:
    """The JSON object in a file of an artifact, or why there is none, in words.

    Addresses aren't read: an answer about many runs must not wait for a network.
    """
    if storage.is_remote(artifact.uri) or "://" in artifact.uri:
        return ELSEWHERE
    try:
        content = json.loads(storage.read_bytes(f"{artifact.uri.rstrip('/')}/{name}", at_most=_LARGEST))
    except (FileNotFoundError, NotADirectoryError):
        return DELETED
    except (OSError, ValueError, RecursionError):
        return f"{name} of the run can't be read"
    return content if isinstance(content, dict) else f"{name} of the run can't be read"
