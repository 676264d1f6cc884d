"""Weights of a classifier with the same backbone: convolutions and batch norms in the order of the layers."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from coralline.detector.warm_start.weights import Convolution, LayerFit, Norm, require_fit

# Images that batch norm's moments are estimated on, and how many go through at a time.
MOMENT_IMAGES, _MOMENT_BATCH = 64, 8


def load_convolutions(
    path: str, convolutions: Sequence[Convolution], backbone: Any, images: Callable[[], tf.Tensor]
) -> int:
    """Gives a Keras backbone the weights; returns how many convolutions were set.

    If batch norms are folded into biases, their moments are estimated on `images` and their scale and offset chosen
    so that inference stays the file's own while training mode agrees with it.

    Args:
      path: for messages.
      convolutions: in the order of the layers; those of a classifier's last layers may follow.
      backbone: Model Garden's.
      images: gives `[n, H, W, 3]` float32, normalized training images.

    Raises:
      UserError: the convolutions are not the backbone's; nothing is set then.
    """
    kernels = [v for v in backbone.variables if v.name.split("/")[-1].startswith(("kernel", "depthwise_kernel"))]
    found = {n: convolution.kernel.shape for n, convolution in enumerate(convolutions)}
    layers = [LayerFit(v.name.removesuffix(":0"), tuple(v.shape), found.get(n)) for n, v in enumerate(kernels)]
    require_fit(path, layers)
    for kernel, convolution in zip(kernels, convolutions, strict=False):
        kernel.assign(convolution.kernel)
    _set_norms(backbone, convolutions[: len(kernels)], images)
    return len(kernels)


def batch_norms(backbone: Any) -> list[Any]:
    """The backbone's, in the order of their convolutions."""
    positions = {v.ref(): position for position, v in enumerate(backbone.variables)}
    norms = [layer for layer in backbone.submodules if isinstance(layer, tf.keras.layers.BatchNormalization)]
    return sorted(norms, key=lambda norm: positions[norm.gamma.ref()])


def _set_norms(backbone: Any, convolutions: Sequence[Convolution], images: Callable[[], tf.Tensor]) -> None:
    norms = batch_norms(backbone)
    folded = []
    for norm, convolution in zip(norms, convolutions, strict=True):
        after = convolution.after
        if isinstance(after, Norm):
            for variable, values in zip(_variables(norm), vars(after).values(), strict=True):
                variable.assign(values)
        else:
            folded.append((norm, after))
            _set_folded(norm, 0.0, 1.0, after)
    if not folded:
        return
    moments = _input_moments(backbone, [norm for norm, _ in folded], images())
    for (norm, bias), (mean, variance) in zip(folded, moments, strict=True):
        _set_folded(norm, mean, variance, bias)


def _variables(norm: Any) -> tuple[Any, Any, Any, Any]:
    return norm.gamma, norm.beta, norm.moving_mean, norm.moving_variance


def _set_folded(norm: Any, mean: Any, variance: Any, bias: np.ndarray) -> None:
    """Makes batch norm add `bias` to its input whatever the moments are."""
    ones = np.ones_like(bias)
    norm.gamma.assign(np.sqrt(variance * ones + norm.epsilon))
    norm.beta.assign(bias + mean * ones)
    norm.moving_mean.assign(mean * ones)
    norm.moving_variance.assign(variance * ones)


def _input_moments(backbone: Any, norms: list[Any], images: tf.Tensor) -> list[tuple[np.ndarray, np.ndarray]]:
    """Mean and variance per channel of each batch norm's input in inference."""
    seen = [_Moments() for _ in norms]
    with contextlib.ExitStack() as stack:
        for norm, moments in zip(norms, seen, strict=True):
            stack.enter_context(_recording(norm, moments))
        for start in range(0, len(images), _MOMENT_BATCH):
            backbone(images[start : start + _MOMENT_BATCH], training=False)
    return [moments.mean_and_variance() for moments in seen]


class _Moments:
    """Sums over batches, so that only one batch is in memory."""

    def __init__(self) -> None:
        self._count, self._sum, self._squares = 0, np.float64(0), np.float64(0)

    def add(self, inputs: tf.Tensor) -> None:
        values = tf.reshape(inputs, [-1, inputs.shape[-1]])
        self._count += int(values.shape[0])
        self._sum = self._sum + tf.reduce_sum(values, 0).numpy().astype(np.float64)
        self._squares = self._squares + tf.reduce_sum(tf.square(values), 0).numpy().astype(np.float64)

    def mean_and_variance(self) -> tuple[np.ndarray, np.ndarray]:
        mean = np.asarray(self._sum / self._count)
        variance = np.maximum(self._squares / self._count - mean**2, 0)
        return mean.astype(np.float32), variance.astype(np.float32)


@contextlib.contextmanager
def _recording(norm: Any, moments: _Moments) -> Iterator[None]:
    original = norm.call

    def call(inputs: tf.Tensor, *args: Any, **kwargs: Any) -> tf.Tensor:
        moments.add(inputs)
        return original(inputs, *args, **kwargs)

    norm.call = call
    try:
        yield
    finally:
        norm.call = original
