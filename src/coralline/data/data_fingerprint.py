"""The content of a data set as one short string: what decides whether examples can be reused."""

from __future__ import annotations

import contextlib
import hashlib
import os

from coralline.data.data_settings import DataSettings
from coralline.data.images import seen_images
from coralline.data.images.image_file import EXTENSIONS, UnreadableImageError
from coralline.data.reading.image_place import ImagePlace
from coralline.data.reading.reader_choice import files_read
from coralline.foundation import read_ahead, storage
from coralline.foundation.errors import UserError

FINGERPRINT_PROPERTY = "input_fingerprint"
"""Execution property and custom property of the examples; the name that TFX's own ExampleGens use."""

UNREADABLE = "unreadable"
"""The fingerprint of what can't be read: the executor, which runs next, reports why."""

EXPECTED_CONTENT = "data_content"
"""Execution property with the fingerprint for which a cluster's cache will keep the examples."""


def fingerprint(options: DataSettings) -> str:
    """`content_of_data`; raises nothing: see `UNREADABLE`."""
    try:
        return content_of_data(options)
    except UserError:
        return UNREADABLE


def content_of_data(options: DataSettings) -> str:
    """SHA-256 over the names and contents of all files that a run may read: images, annotations, given lists and map.

    Times of files don't count.

    Raises:
      UserError: the data can't be read.
    """
    total = hashlib.sha256()
    try:
        names = files_read(options.path, options.reader)
        with read_ahead.of([os.path.join(options.path, name) for name in names]):
            for name in names:
                content = _hash_of_file(os.path.join(options.path, name))
                total.update(name.encode("utf-8", "surrogateescape") + b"\0" + content)
        for given in (options.label_map, options.train_list, options.eval_list):
            total.update(storage.sha256(given) if given else b"\0")
        if options.test_list:
            total.update(storage.sha256(options.test_list))
    except OSError as e:
        fix = "give a folder or an address that can be read, and credentials where it needs them"
        raise UserError("the data set can't be read", file=e.filename or options.path, found=e, fix=fix) from e
    return total.hexdigest()


def _hash_of_file(path: str) -> bytes:
    """A file that can't be read may be left out later; it must not hide that another one has changed.

    Images are looked at, so that what checks them next needn't read them again.
    """
    try:
        if os.path.splitext(path)[1].lower() in EXTENSIONS:
            with contextlib.suppress(UnreadableImageError):
                return seen_images.look(ImagePlace(path)).sha256
        return storage.sha256(path)
    except OSError:
        return b"unreadable"
