"""Images that this process has read already, so that one run reads and hashes each of them once.

A local run looks at a data set four times: before it starts, for the cache key, to check it and to write examples.
What was learned of a file holds as long as its inode, size and times are the same. As in git's index, a file that was
changed just before it was read is not trusted: times have steps of some milliseconds.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import time

from coralline.data.images import image_file
from coralline.data.images.image_file import ImageFacts
from coralline.data.reading.image_place import ImagePlace
from coralline.foundation import storage

SETTLED_S = 1.0
"""Seconds that a file must have been unchanged for when it is read."""


@dataclasses.dataclass
class SeenImage:
    """What an image file is.

    Attributes:
      facts: of the image.
      sha256: of the file's bytes.
      state: of the file, by which a change shows; None if it is not to be trusted.
      content: the bytes, while they are kept.
    """

    facts: ImageFacts
    sha256: bytes
    state: tuple[int, ...] | None
    content: bytes | None = None


_seen: dict[str, SeenImage] = {}
_bytes_left = 0


def keep_bytes(most: int) -> None:
    """From now on, keeps the bytes of images in memory for `take`, up to `most` in all."""
    global _bytes_left
    _bytes_left = most


def look(place: ImagePlace) -> SeenImage:
    """What is known of an image; reads it if it hasn't been read since its last change.

    Raises:
      OSError: it can't be read.
      UnreadableImageError: it isn't an image, or is damaged.
    """
    state = _state(place)
    if state is not None and (known := _known(place.path, state)) is not None:
        return known
    content = place.read()
    seen = SeenImage(image_file.inspect_image(content), hashlib.sha256(content).digest(), state)
    if state is not None and state == _state(place):
        _remember(place.path, seen, content)
    return seen


def known_sha256(path: str) -> bytes | None:
    """The hash of a file that has been read since its last change."""
    state = _state(ImagePlace(path))
    known = None if state is None else _known(path, state)
    return None if known is None else known.sha256


def take(place: ImagePlace) -> tuple[bytes, bytes]:
    """The image's bytes and their SHA-256; kept bytes are given up.

    Raises:
      OSError: it can't be read.
    """
    global _bytes_left
    state = _state(place)
    known = None if state is None else _known(place.path, state)
    if known is not None and known.content is not None:
        content, known.content = known.content, None
        _bytes_left += len(content)
        return content, known.sha256
    content = place.read()
    return content, hashlib.sha256(content).digest()


def _remember(path: str, seen: SeenImage, content: bytes) -> None:
    global _bytes_left
    if len(content) <= _bytes_left:
        _bytes_left -= len(content)
        seen.content = content
    _seen[path] = seen


def _known(path: str, state: tuple[int, ...]) -> SeenImage | None:
    known = _seen.get(path)
    return known if known is not None and known.state == state else None


def _state(place: ImagePlace) -> tuple[int, ...] | None:
    """None for a record, an address, and a file that changed a moment ago."""
    if place.record is not None or storage.is_remote(place.path):
        return None
    try:
        of = os.stat(place.path)
    except OSError:
        return None
    if time.time() - max(of.st_ctime, of.st_mtime) < SETTLED_S:
        return None
    return of.st_dev, of.st_ino, of.st_size, of.st_mtime_ns, of.st_ctime_ns
