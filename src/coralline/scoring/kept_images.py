"""Labelled images that are read once and can be iterated again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from coralline.scoring.labelled_images import LabelledImage

MOST_BYTES = 1 << 30
"""Encoded images kept in memory: ten thousand of 100 KB each."""


class KeptImages(Iterable[LabelledImage]):
    """Keeps encoded images in memory while they fit, and reads the others again.

    Args:
      read: iterates over all images, in the same order each time.
      most_bytes: the most that encoded images may take.
    """

    def __init__(self, read: Callable[[], Iterable[LabelledImage]], most_bytes: int = MOST_BYTES):
        self._read, self._left = read, most_bytes
        self._kept: list[LabelledImage] = []
        self._all = False

    def __iter__(self) -> Iterator[LabelledImage]:
        if self._all:
            yield from self._kept
            return
        fits = True
        for index, image in enumerate(self._read()):
            if fits and index == len(self._kept):
                fits = self._keep(image)
            yield image
        self._all = fits

    def _keep(self, image: LabelledImage) -> bool:
        size = len(image.read())
        if size > self._left:
            return False
        self._left -= size
        self._kept.append(image)
        return True
