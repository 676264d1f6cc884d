"""Weights as a file has them, and how they are compared with the layers that are to take them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from coralline.foundation.errors import UserError
from coralline.foundation.progress import counted

_SHOWN_LAYERS = 8


@dataclasses.dataclass(frozen=True)
class Norm:
    """Batch norm after a convolution; each `[channels]` float32."""

    gamma: np.ndarray
    beta: np.ndarray
    mean: np.ndarray
    variance: np.ndarray


@dataclasses.dataclass(frozen=True)
class Convolution:
    """A convolution and what follows it.

    Attributes:
      kernel: float32 in Keras' order: `[h, w, in, out]`, depthwise `[h, w, channels, 1]`.
      after: its batch norm; or the `[channels]` bias into which an inference file has folded it.
    """

    kernel: np.ndarray
    after: Norm | np.ndarray


@dataclasses.dataclass(frozen=True)
class LayerFit:
    """A layer that is to take weights: the shape that it has, and the one that was found for it, if any."""

    name: str
    expected: tuple[int, ...]
    found: tuple[int, ...] | None

    @property
    def fits(self) -> bool:
        return self.expected == self.found


def require_fit(path: str, layers: Sequence[LayerFit]) -> None:
    """Makes sure that there are weights for every layer, before the first one is set.

    Raises:
      UserError: there are not; names the layers, in order, as many as can be read.
    """
    wrong = [layer for layer in layers if not layer.fits]
    if not wrong:
        return
    lines = [f"{layer.name}: expected {_shape(layer.expected)}, found {_shape(layer.found)}" for layer in wrong]
    more = [f"and {len(wrong) - _SHOWN_LAYERS} more"] if len(wrong) > _SHOWN_LAYERS else []
    raise UserError(
        "the warm start is of another backbone than the preset's",
        file=path,
        expected=f"weights for the {counted(len(layers), 'variable')} of the backbone",
        found="\n    ".join([f"{len(layers) - len(wrong)} that fit, and", *lines[:_SHOWN_LAYERS], *more]),
        fix="take a file of the preset's backbone and width, or leave model.warm_start out",
    )


def _shape(shape: tuple[int, ...] | None) -> str:
    return "nothing" if shape is None else "x".join(map(str, shape)) or "one number"
