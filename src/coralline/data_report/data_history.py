"""A folder that remembers the data sets of a pipeline's runs, on disk or at an address (`gs://`, `s3://`).

Why not ML Metadata: an executor on a cluster can't ask it, and a resolver's answer would be an input of the component,
another one after each run, so that nothing would ever be reused.
"""

from __future__ import annotations

import json
import re
from typing import Any

from coralline.data_report.comparison import FORMAT, Summary
from coralline.foundation import storage

_KEPT = 50
_NAME = re.compile(r"\d{8}T\d{6}Z-[0-9a-z]{1,12}\.json")
_CHARACTERS = 12


class DataHistory:
    """Summaries as `<UTC time>-<start of the fingerprint>.json`; each file appears whole."""

    def __init__(self, folder: str):
        self._folder = folder.rstrip("/")

    def before(self, fingerprint: str) -> Summary | None:
        """The newest summary of different data; None if there is none that can be read.

        Raises:
          OSError: the folder can't be read.
        """
        for name in reversed(self._names()):
            if not name.endswith(f"-{fingerprint[:_CHARACTERS]}.json"):
                summary = _parsed(storage.read_bytes(f"{self._folder}/{name}"))
                if summary is not None:
                    return summary
        return None

    def add(self, summary: Summary) -> None:
        """Remembers a data set, and forgets the oldest ones.

        Raises:
          OSError: the folder can't be written to.
        """
        stamp = re.sub("[-:]", "", summary["time"])
        name = f"{stamp}-{summary['fingerprint'][:_CHARACTERS]}.json"
        storage.replace_bytes(f"{self._folder}/{name}", json.dumps(summary, indent=2).encode())
        for old in self._names()[:-_KEPT]:
            storage.remove(f"{self._folder}/{old}")

    def _names(self) -> list[str]:
        if not storage.exists(self._folder):
            return []
        return [name for name in storage.list_folder(self._folder) if _NAME.fullmatch(name)]


def _parsed(content: bytes) -> dict[str, Any] | None:
    """None for what isn't a summary as this release writes it."""
    try:
        summary = json.loads(content)
    except ValueError:
        return None
    return summary if isinstance(summary, dict) and summary.get("format") == FORMAT else None
