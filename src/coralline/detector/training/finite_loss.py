"""A loss that isn't a number stops training at the very step that has it, and names the images of its batch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from coralline.detector.inputs.batches import IMAGE_NUMBERS

_MARK = "loss of the images"
_NUMBERS = re.compile(re.escape(_MARK) + r"\]? ?\[(?P<numbers>[\d ]+)\]")


def stop_at_it(task: Any) -> None:
    """Makes the loss of a Model Garden task fail its step when it isn't finite.

    A check of what the loop reports would come up to ten steps late, with nothing left of the batch.
    """
    build_losses = task.build_losses

    def checked(outputs: Any, labels: dict[str, Any], aux_losses: Any = None) -> tuple[tf.Tensor, ...]:
        loss, *parts = build_losses(outputs, labels, aux_losses)
        numbers = labels[IMAGE_NUMBERS]
        check = tf.debugging.Assert(tf.math.is_finite(loss), [_MARK, numbers], summarize=1 << 16)
        with tf.control_dependencies([check]):
            return (tf.identity(loss), *parts)

    task.build_losses = checked


def images_of(error: tf.errors.InvalidArgumentError) -> Sequence[int] | None:
    """The numbers of the images whose loss failed a step; None for any other error."""
    found = _NUMBERS.search(error.message)
    return None if found is None else [int(number) for number in found["numbers"].split()]
