"""The content of a data set as one short string: what decides whether examples can be reused."""

from __future__ import annotations

import hashlib
import os

from components.dataset import storage
from components.dataset.image_file import EXTENSIONS
from components.dataset.options import DatasetOptions

FINGERPRINT_PROPERTY = "input_fingerprint"
"""Execution property and custom property of the examples; the name that TFX's own ExampleGens use."""

UNREADABLE = "unreadable"
"""The fingerprint of what can't be read: the executor, which runs next, says why."""

_READ = EXTENSIONS | {".xml", ".txt"}


def fingerprint(options: DatasetOptions) -> str:
    """SHA-256 over the names and contents of all files that a run may read, the given label map included.

    Times of files don't count. Raises nothing: see `UNREADABLE`.
    """
    total = hashlib.sha256()
    try:
        for name in storage.list_tree(options.path).files:
            if os.path.splitext(name)[1].lower() in _READ:
                content = _hash_of_file(os.path.join(options.path, name))
                total.update(name.encode("utf-8", "surrogateescape") + b"\0" + content)
        if options.label_map:
            total.update(hashlib.sha256(storage.read_bytes(options.label_map)).digest())
    except OSError:
        return UNREADABLE
    return total.hexdigest()


def _hash_of_file(path: str) -> bytes:
    """One file that can't be read must not hide that another one has changed: it may be left out."""
    try:
        return storage.sha256(path)
    except OSError:
        return b"unreadable"
