"""Fake-quant ranges start at +-6 and follow the data with a decay of .999, too slowly for a short training phase.

Seen with tensorflow-model-optimization 0.8.1: `MovingAverageQuantizer.__call__` passes `ema_decay=0.999` itself, and
its ranges are initialised to [-6, 6]. Here the decay is ours to set, so that the ranges can be calibrated on a few
batches before the first quantized step.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from tensorflow_model_optimization.python.core.quantization.keras import quant_ops

_original = quant_ops.MovingAvgQuantize


@contextlib.contextmanager
def range_decay(decay: float) -> Iterator[None]:
    """Within it, new graphs and eager calls move activation ranges with this decay (0: take the batch's own)."""

    def with_decay(*args: Any, **kwargs: Any) -> Any:
        return _original(*args, **{**kwargs, "ema_decay": decay})

    previous = quant_ops.MovingAvgQuantize
    quant_ops.MovingAvgQuantize = with_decay
    try:
        yield
    finally:
        quant_ops.MovingAvgQuantize = previous
