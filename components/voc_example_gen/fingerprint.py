"""The content of a data set as one short string: what decides whether examples can be reused."""

from __future__ import annotations

import hashlib
import os

from coralline.data.data_settings import DataSettings
from coralline.data.images import seen_images
from coralline.data.reading.reader_choice import files_read
from coralline.foundation import storage
from coralline.foundation.errors import UserError

FINGERPRINT_PROPERTY = "input_fingerprint"
"""Execution property and custom property of the examples; the name that TFX's own ExampleGens use."""

UNREADABLE = "unreadable"
"""The fingerprint of what can't be read: the executor, which runs next, reports why."""


def fingerprint(options: DataSettings) -> str:
    """SHA-256 over the names and contents of all files that a run may read: images, annotations, given lists and map.

    Times of files don't count. Raises nothing: see `UNREADABLE`.
    """
    total = hashlib.sha256()
    try:
        for name in files_read(options.path, options.reader):
            content = _hash_of_file(os.path.join(options.path, name))
            total.update(name.encode("utf-8", "surrogateescape") + b"\0" + content)
        for given in (options.label_map, options.train_list, options.eval_list):
            total.update(storage.sha256(given) if given else b"\0")
    except (OSError, UserError):
        return UNREADABLE
    return total.hexdigest()


def _hash_of_file(path: str) -> bytes:
    """A file that can't be read may be left out later; it must not hide that another one has changed."""
    try:
        return seen_images.known_sha256(path) or storage.sha256(path)
    except OSError:
        return b"unreadable"
