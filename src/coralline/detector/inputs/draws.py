"""Random numbers that belong to an image and its epoch, whenever and wherever they are drawn.

An operation of TensorFlow that keeps a state draws its next number: what an image gets depends on how many were drawn
before, so a training that was killed goes on with others, and images must be changed one by one. These are functions
of a key, so they can be drawn on any core, from any step on, on any machine.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import tensorflow as tf

_ALGORITHM = "philox"
"""Named, since what TensorFlow chooses by itself depends on the device."""


class Draws:
    """Each number that is drawn while a graph is traced is another one, in the order of tracing.

    Args:
      key: `[2]` integers, the seed of all.
    """

    def __init__(self, key: tf.Tensor):
        self._key, self._drawn = key, 0

    def uniform(
        self, shape: Any = (), minval: Any = 0, maxval: Any = None, dtype: Any = tf.float32, **_: Any
    ) -> tf.Tensor:
        """As `tf.random.uniform`; a seed that it's given has no effect."""
        return tf.random.stateless_uniform(shape, self.seed(), minval, maxval, dtype, alg=_ALGORITHM)

    def normal(
        self, shape: Any = (), mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = tf.float32, **_: Any
    ) -> tf.Tensor:
        """As `tf.random.normal`; a seed that it's given has no effect."""
        return tf.random.stateless_normal(shape, self.seed(), mean, stddev, dtype, alg=_ALGORITHM)

    def shuffle(self, value: tf.Tensor, **_: Any) -> tf.Tensor:
        """As `tf.random.shuffle`; a seed that it's given has no effect."""
        return tf.random.experimental.stateless_shuffle(value, self.seed(), alg=_ALGORITHM)

    def seed(self) -> tf.Tensor:
        """`[2]` integers for one stateless operation."""
        self._drawn += 1
        return folded(self._key, self._drawn)

    @contextlib.contextmanager
    def turn(self, index: tf.Tensor) -> Iterator[None]:
        """Within it, one turn of a loop is traced, whose draws differ from those of the other turns."""
        key = self._key
        self._key = folded(key, index)
        try:
            yield
        finally:
            self._key = key


def folded(key: tf.Tensor, number: Any) -> tf.Tensor:
    """`[2]` int64: another key for each number."""
    return tf.random.experimental.stateless_fold_in(key, tf.cast(number, tf.int64), alg=_ALGORITHM)
