"""What a policy turns, shears or moves away from an edge leaves a mirror image there, objects and all, without boxes.

Seen with tf-models-official 2.16.0 (github.com/tensorflow/models/issues/10493): `augment.transform` fills up by
reflection, the channel too by which `unwrap` should have found what is to be grey. Here it's filled with nothing, and
`unwrap` finds it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import tensorflow as tf
from official.vision.ops import augment


@contextlib.contextmanager
def without_mirrored_edges() -> Iterator[None]:
    """Within it, traced graphs leave grey outside the image."""
    original = augment._apply_transform_to_images

    def apply(*args: Any, **kwargs: Any) -> tf.Tensor:
        return original(*args, **{**kwargs, "fill_mode": "constant"})

    augment._apply_transform_to_images = apply
    try:
        yield
    finally:
        augment._apply_transform_to_images = original
