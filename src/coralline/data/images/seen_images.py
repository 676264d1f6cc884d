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
from collections.abc import Iterable, Mapping

from coralline.data.images import image_file
from coralline.data.images.image_file import ImageFacts
from coralline.data.images.thumbnail import thumbnail_of
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
      thumbnail: see `images.thumbnail`; None until one was asked for, or if there can't be one.
    """

    facts: ImageFacts
    sha256: bytes
    state: tuple[int, ...] | None
    content: bytes | None = None
    thumbnail: bytes | None = None


_seen: dict[str, SeenImage] = {}
_bytes_left = 0


def keep_bytes(most: int) -> None:
    """From now on, keeps the bytes of images in memory for `take`, up to `most` in all."""
    global _bytes_left
    _bytes_left = most


def look(place: ImagePlace, *, thumbnail: bool = False) -> SeenImage:
    """What is known of an image; reads it if it hasn't been read since its last change.

    Args:
      place: where it is.
      thumbnail: whether one is wanted.

    Raises:
      OSError: it can't be read.
      UnreadableImageError: it isn't an image, or is damaged.
    """
    state = _state(place)
    known = None if state is None else _known(place.path, state)
    if known is not None and (known.thumbnail or not thumbnail):
        return known
    if known is not None:
        known.thumbnail = thumbnail_of(place.read() if known.content is None else known.content, known.facts)
        return known
    content = place.read()
    seen = SeenImage(image_file.inspect_image(content), hashlib.sha256(content).digest(), state)
    seen.thumbnail = thumbnail_of(content, seen.facts) if thumbnail else None
    if state is not None and state == _state(place):
        _keep(seen, content)
        _seen[place.path] = seen
    return seen


def of_worker(places: Iterable[ImagePlace]) -> dict[str, SeenImage]:
    """What a forked worker has learned of images, by their paths; for its parent to `remember`.

    Images whose bytes are kept aren't among them: a worker keeps none itself, and has those from its parent.
    """
    paths = (place.path for place in places if place.record is None)
    return {path: _seen[path] for path in paths if path in _seen and _seen[path].content is None}


def remember(seen: Mapping[str, SeenImage]) -> None:
    """Takes over what a worker has learned."""
    _seen.update(seen)


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


def _keep(seen: SeenImage, content: bytes) -> None:
    global _bytes_left
    if len(content) <= _bytes_left:
        _bytes_left -= len(content)
        seen.content = content


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
