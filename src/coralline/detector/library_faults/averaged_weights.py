"""Model Garden's averaged weights can't be swapped in without a distribution strategy, and are rounded by it.

Seen with tf-models-official 2.16.0: `ExponentialMovingAverage.swap_weights` (official/modeling/optimization/
ema_optimizer.py) raises a ValueError under the default strategy, which one device has; and it swaps by sums and
differences, so that weights come back rounded. Here the two are read and assigned.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from official.modeling.optimization import ExponentialMovingAverage


@contextlib.contextmanager
def swapped_in(optimizer: Any) -> Iterator[None]:
    """Within it, a model's weights are their averages, if its optimizer keeps these."""
    if not isinstance(optimizer, ExponentialMovingAverage):
        yield
        return
    _swap(optimizer)
    try:
        yield
    finally:
        _swap(optimizer)


def _swap(optimizer: ExponentialMovingAverage) -> None:
    for average, weight in zip(optimizer._average_weights, optimizer._model_weights, strict=True):
        of_average, of_weight = average.read_value(), weight.read_value()
        average.assign(of_weight)
        weight.assign(of_average)
