"""Boxes that a policy moves out of the image come back at its edge, a twentieth of the image wide, with no object.

Seen with tf-models-official 2.16.0: `augment._check_bbox_area` gives a box without height or width `delta` = .05 of
either, so that no operation ever sees an empty one. Here it gives it next to nothing: what is left is still no empty
box, but can be told from one that is in the image by its area.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator

from official.vision.ops import augment

_NEXT_TO_NOTHING = 1e-4  # of the image, less than any pixel


@contextlib.contextmanager
def without_ghost_boxes() -> Iterator[None]:
    """Within it, graphs that are traced leave next to nothing of a box that is moved out of the image."""
    original = augment._check_bbox_area
    augment._check_bbox_area = functools.partial(original, delta=_NEXT_TO_NOTHING)
    try:
        yield
    finally:
        augment._check_bbox_area = original
