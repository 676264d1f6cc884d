"""Ranges of activations start at +-6, follow the data with a decay of .999, and average over a pyramid's levels.

Seen with tensorflow-model-optimization 0.8.1: `MovingAverageQuantizer.__call__` passes `ema_decay=0.999` itself, and
its ranges are initialised to [-6, 6], too far off for a short training phase. A layer that serves every level of a
feature pyramid moves its one range once a level, so that it comes to lie at the levels' mean, weighted towards the last
and smallest: the class logits of a head were cut off at .8 when the float model's reached 2. Here ranges are observed
on calibration images, over all levels, and then stay as they are.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf
from tensorflow_model_optimization.python.core.quantization.keras import quant_ops

_original = quant_ops.MovingAvgQuantize


@dataclasses.dataclass
class Observed:
    """What went through one quantizer: the variables of its range, and the least and greatest value."""

    min_var: tf.Variable
    max_var: tf.Variable
    least: float
    greatest: float


@contextlib.contextmanager
def observed_ranges() -> Iterator[dict[Any, Observed]]:
    """Within it, eager calls leave activations unquantized; gives what was seen of each, over all of its calls."""
    seen: dict[Any, Observed] = {}

    def observe(inputs: tf.Tensor, min_var: tf.Variable, max_var: tf.Variable, **_: Any) -> tf.Tensor:
        least, greatest = float(tf.reduce_min(inputs)), float(tf.reduce_max(inputs))
        known = seen.setdefault(min_var.ref(), Observed(min_var, max_var, least, greatest))
        known.least, known.greatest = min(known.least, least), max(known.greatest, greatest)
        return inputs

    with _in_place_of_moving_averages(observe):
        yield seen


@contextlib.contextmanager
def still_ranges() -> Iterator[None]:
    """Within it, graphs that are traced quantize activations by their ranges and never move these."""

    def quantize(*args: Any, **kwargs: Any) -> tf.Tensor:
        return _original(*args, **{**kwargs, "is_training": False})

    with _in_place_of_moving_averages(quantize):
        yield


@contextlib.contextmanager
def _in_place_of_moving_averages(quantize: Callable[..., tf.Tensor]) -> Iterator[None]:
    previous = quant_ops.MovingAvgQuantize
    quant_ops.MovingAvgQuantize = quantize
    try:
        yield
    finally:
        quant_ops.MovingAvgQuantize = previous
