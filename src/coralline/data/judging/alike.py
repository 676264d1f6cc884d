"""Which pictures are nearly the same, by their thumbnails.

A perceptual hash of 256 bits (pHash: the signs of a picture's lowest frequencies, by the library ImageHash) finds the
candidates; then no spot of one may differ much from the same spot of the other. Photographs of one scene by a fixed
camera pass both, although what lies there differs: whether that is so, the boxes have to tell.

Measured on the sets raccoon, BCCD and microcontrollers (713 images): two unrelated pictures differ by 88 bits or more;
copies that were compressed anew, brightened, blurred, or given noise by at most 20, and by .4 in any spot.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image

from coralline.data.images.thumbnail import SIDE

_HASH_SIDE = 16
_NEARLY_THE_SAME_BITS = 20
_SPOT_DIFFERS = 0.4
"""In standard deviations of the picture's gray values, of a 16 x 16 spot of it."""
_NAMED_AS_COPIES_BITS = 80
"""Of pictures whose names say that they are copies, turned or mirrored as they may be."""
_LEAST_DETAIL = 4.0
"""Standard deviation of the gray values: plain pictures are alike whatever they are of."""
_BLOCK = 1024
"""Pictures that are compared with all others at a time."""


class Thumbnails:
    """Pictures to compare; indices are those of the sequence."""

    def __init__(self, pictures: Sequence[bytes]):
        self._pictures = [Image.frombytes("L", (SIDE, SIDE), picture) for picture in pictures]
        self._signs = np.array([_signs(picture) for picture in self._pictures], np.float32).reshape(-1, _HASH_SIDE**2)
        self._spots = np.array([_spots(picture) for picture in self._pictures], np.float32)
        self._has_detail = np.array([np.asarray(picture).std() >= _LEAST_DETAIL for picture in self._pictures], bool)

    def pairs(self) -> list[tuple[int, int]]:
        """Those of all that are nearly the same, the smaller index first."""
        return [pair for start in range(0, len(self._pictures), _BLOCK) for pair in self._pairs_from(start)]

    def are_copies(self, i: int, j: int) -> bool:
        """Whether two pictures whose names say so may be copies: also turned, mirrored, or with a part covered."""
        bits = min(_bits(self._signs[i], _signs(turned)) for turned in _turned(self._pictures[j]))
        return bits <= _NAMED_AS_COPIES_BITS

    def _pairs_from(self, start: int) -> Iterator[tuple[int, int]]:
        block = self._signs[start : start + _BLOCK]
        bits = (_HASH_SIDE**2 - block @ self._signs[start:].T) / 2
        bits[~self._has_detail[start : start + _BLOCK]] = np.inf
        for i, j in np.argwhere(bits <= _NEARLY_THE_SAME_BITS).tolist():
            if i < j and np.abs(self._spots[start + i] - self._spots[start + j]).max() <= _SPOT_DIFFERS:
                yield start + i, start + j


def components(count: int, pairs: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Groups of two or more of `count` things that pairs connect, in order."""
    if not pairs:
        return []
    from scipy.sparse import coo_array  # Takes .1 s, which most data sets needn't wait for.
    from scipy.sparse.csgraph import connected_components

    rows, columns = (np.array([pair[side] for pair in pairs], np.int64) for side in (0, 1))
    graph = coo_array((np.ones(len(pairs), np.int8), (rows, columns)), shape=(count, count))
    _, labels = connected_components(graph, directed=False)
    groups: dict[int, list[int]] = {}
    for index, label in enumerate(labels.tolist()):
        groups.setdefault(label, []).append(index)
    return [group for group in groups.values() if len(group) > 1]


def _signs(picture: Image.Image) -> np.ndarray:
    """[256] float32, -1 or 1."""
    import imagehash  # Takes .2 s with SciPy's transforms.

    bits = imagehash.phash(picture, hash_size=_HASH_SIDE, highfreq_factor=SIDE // _HASH_SIDE).hash
    return np.where(bits.ravel(), 1, -1).astype(np.float32)


def _bits(a: np.ndarray, b: np.ndarray) -> int:
    return int((a != b).sum())


def _spots(picture: Image.Image) -> np.ndarray:
    """[16, 16] float32: gray values, whatever the brightness and the contrast."""
    values = np.asarray(picture.resize((SIDE // 2, SIDE // 2), Image.Resampling.BOX), np.float32)
    return (values - values.mean()) / (values.std() + 4)


def _turned(picture: Image.Image) -> Iterator[Image.Image]:
    for image in (picture, picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)):
        yield image
        for turn in (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270):
            yield image.transpose(turn)
