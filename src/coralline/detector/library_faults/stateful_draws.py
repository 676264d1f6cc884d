"""Model Garden's image operations draw from TensorFlow's operations with a state, some of them without a seed.

Seen with tf-models-official 2.16.0: `augment` (policies) takes no seed at all, and `preprocess_ops` gives its seed to
each draw of a function, so that zoom and place are one number. What `coralline.detector.inputs.draws` says of a state
holds for both. Here the two modules see a TensorFlow whose random numbers come from an image's own draws.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf
from official.vision.ops import augment, preprocess_ops

from coralline.detector.inputs.draws import Draws

_MODULES = (augment, preprocess_ops)


@contextlib.contextmanager
def drawn_from(draws: Draws) -> Iterator[None]:
    """Within it, graphs that are traced of Model Garden's image operations draw from these."""
    replaced = [module.tf for module in _MODULES]
    for module in _MODULES:
        module.tf = _WithDraws(draws)
    try:
        yield
    finally:
        for module, original in zip(_MODULES, replaced, strict=True):
            module.tf = original


class _WithDraws:
    """TensorFlow; of `tf.random` only what `Draws` has, so that another draw fails instead of keeping a state."""

    def __init__(self, draws: Draws):
        self.random = draws

    def __getattr__(self, name: str) -> Any:
        return getattr(tf, name)

    def while_loop(self, cond: Callable[..., Any], body: Callable[..., Any], loop_vars: Any, **options: Any) -> Any:
        """TensorFlow's; the one loop that draws, over boxes, counts its turns in its first variable."""

        def turn(index: tf.Tensor, *others: Any) -> Any:
            with self.random.turn(index):
                return body(index, *others)

        return tf.while_loop(cond, turn, loop_vars, **options)
