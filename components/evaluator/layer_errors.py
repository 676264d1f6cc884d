"""Which layers lose accuracy to quantization, and how.

In the quantization-aware graph, every tensor is compared with itself rounded to 8 bits. Then each 8-bit tensor of the
file is compared with the node of that graph of the same name: the converter keeps names, joined by `;` if it fuses
nodes.
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

import numpy as np

from coralline.tflite.model_file import Op, Tensor
from coralline.tflite.traced_detector import TracedDetector

if TYPE_CHECKING:
    from coralline.detector.network.model_graph import FakeQuantization, ModelGraph

# Layers listed for each kind of loss.
LAYERS = 8
# What rounding alone does to a tensor, in steps of its scale: at most half a step, a quarter on average.
_ROUNDING_STEPS = 0.5


@dataclasses.dataclass(frozen=True)
class LayerError:
    """What quantization does to one tensor.

    Attributes:
      name: of the layer; `tensor`: its weights, or its output.
      error: root mean square of the difference, relative to the tensor's standard deviation.
      added: `error` minus the error of the layer's input.
      steps: mean difference in steps of the 8-bit scale; None if per-channel scales make it meaningless.
      clipped: share of values beyond the range.
    """

    name: str
    tensor: str
    error: float
    added: float
    steps: float | None
    clipped: float


@dataclasses.dataclass
class _Error:
    """The error of a layer's tensor, summed over images and over the feature levels that share the layer."""

    count: int = 0
    squared_error: float = 0.0
    total: float = 0.0
    squared: float = 0.0
    steps: float = 0.0
    clipped: float = 0.0

    def add(self, wanted: np.ndarray, found: np.ndarray, clipped: np.ndarray, scale: float = np.inf) -> None:
        apart = (found - wanted).astype(np.float64)
        self.count += wanted.size
        self.squared_error += float((apart * apart).sum())
        self.total += float(wanted.sum(dtype=np.float64))
        self.squared += float((wanted.astype(np.float64) ** 2).sum())
        self.steps += float(np.abs(apart).sum()) / scale
        self.clipped += float(clipped.sum())

    @property
    def relative(self) -> float:
        """Root mean square against the tensor's standard deviation; 0 if it has none."""
        variance = self.squared / self.count - (self.total / self.count) ** 2 if self.count else 0.0
        return float(np.sqrt(self.squared_error / self.count / variance)) if variance > 1e-12 else 0.0


@dataclasses.dataclass(frozen=True)
class _Counterpart:
    """A tensor of the file, the graph node that holds the same values, and the layer they belong to."""

    tensor: Tensor
    node: str
    layer: str
    inputs: tuple[int, ...]


class LayerErrors:
    """Compares the tensors of the file with the nodes of the graph that it was made from.

    Args:
      file: the int8 file.
      graph: of the quantization-aware model.
    """

    def __init__(self, file: TracedDetector, graph: ModelGraph):
        self._file, self._graph = file, graph
        self._pairs = [pair for op, tensor in file.activations() if (pair := self._pair(op, tensor)) is not None]
        self._converted = {pair.layer: _Error() for pair in self._pairs}
        self._rounded = {_rounding(r): _Error() for r in graph.fake_quantizations}

    def add(self, pixels: np.ndarray) -> None:
        """Adds an image (uint8 [H, W, 3] RGB): the one on which the file was run last."""
        roundings = self._graph.fake_quantizations
        wanted = [pair.node for pair in self._pairs]
        wanted += [node for r in roundings for node in (r.before, r.after, r.least, r.greatest)]
        values = iter(self._graph.values(wanted, pixels))
        for pair, value in zip(self._pairs, values, strict=False):
            scale, (low, high) = pair.tensor.scales[0], _range(pair.tensor)
            beyond = (value < low - scale) | (value > high + scale)
            # The node of that name may come before a fused activation, which the range accounts for.
            found = self._file.value(pair.tensor)
            self._converted[pair.layer].add(np.clip(value, low, high), found, beyond, scale)
        for rounding in roundings:
            before, after, least, greatest = (next(values) for _ in range(4))
            self._rounded[_rounding(rounding)].add(before, after, (before < least) | (before > greatest))

    def rounded(self) -> tuple[LayerError, ...]:
        """The tensors that change most when rounded to 8 bits, worst first."""
        layers = [
            LayerError(name, tensor, error.relative, error.relative, None, error.clipped / max(1, error.count))
            for (name, tensor), error in self._rounded.items()
        ]
        return tuple(sorted(layers, key=lambda layer: -layer.error)[:LAYERS])

    def converted(self) -> tuple[LayerError, ...]:
        """The layers that add most to the file's error, worst first; those within rounding are left out."""
        layer_of = {pair.tensor.index: pair.layer for pair in self._pairs}
        layers = {}
        for pair in self._pairs:
            error = self._converted[pair.layer]
            steps = error.steps / max(1, error.count)
            if steps > _ROUNDING_STEPS:
                before = {layer_of[index] for index in pair.inputs if index in layer_of} - {pair.layer}
                added = error.relative - max((self._converted[layer].relative for layer in before), default=0.0)
                clipped = error.clipped / error.count
                layers[pair.layer] = LayerError(pair.layer, "output", error.relative, added, steps, clipped)
        return tuple(sorted(layers.values(), key=lambda layer: -layer.added)[:LAYERS])

    def _pair(self, op: Op, tensor: Tensor) -> _Counterpart | None:
        """Pairs a tensor with the last node that was fused into it; the first one has the layer's name."""
        names = [name for name in tensor.name.split(";") if name in self._graph.order]
        names.sort(key=self._graph.order.__getitem__)
        fitting = [name for name in names if self._graph.shape(name) == tensor.shape]
        if not fitting:
            return None
        return _Counterpart(tensor, fitting[-1], _layer_name(names[0]), op.inputs)


def _range(tensor: Tensor) -> tuple[float, float]:
    least, greatest = (-128, 127) if tensor.type == "INT8" else (0, 255)
    zero_point, scale = tensor.zero_points[0], tensor.scales[0]
    return (least - zero_point) * scale, (greatest - zero_point) * scale


def _rounding(rounding: FakeQuantization) -> tuple[str, str]:
    return _layer_name(rounding.after), "weights" if rounding.of_weights else "output"


def _layer_name(node: str) -> str:
    """A layer's name as Keras has it, of one of its nodes."""
    parts = [part for part in node.split("/")[:-1] if not re.match(r"(LastValue|MovingAvg|AllValues)Quant", part)]
    return "/".join(part.removeprefix("quant_") for part in parts) or node
