"""The graph of a trained model, any node of which can be looked at while it runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.framework.function_def_to_graph import function_def_to_graph

from coralline.detector.network.pixels import normalize
from coralline.detector.network.saved_model import RawModel

_FAKE_QUANT = ("FakeQuantWithMinMaxVars", "FakeQuantWithMinMaxVarsPerChannel")
_CALLS = ("PartitionedCall", "StatefulPartitionedCall")


@dataclasses.dataclass(frozen=True)
class FakeQuantization:
    """A node that rounds to 8 bits while training: the node before it, its own, and those of its range.

    Attributes:
      of_weights: it rounds a kernel; else an activation.
    """

    before: str
    after: str
    least: str
    greatest: str
    of_weights: bool


class ModelGraph:
    """A raw model as one flat graph, its weights constants.

    Attributes:
      order: name of each node -> its place in the graph.
      fake_quantizations: in that order.
    """

    def __init__(self, model: RawModel):
        self._graph = _flat_graph(model.function)
        self._session = tf.compat.v1.Session(graph=self._graph)
        self._image = next(op for op in self._graph.get_operations() if op.type == "Placeholder")
        self.order = {op.name: place for place, op in enumerate(self._graph.get_operations())}
        self.fake_quantizations = self._find_fake_quantizations()

    def shape(self, node: str) -> tuple[int | None, ...] | None:
        """The static shape of a node's output; None if it has none or its rank is unknown."""
        outputs = self._graph.get_operation_by_name(node).outputs
        return tuple(outputs[0].shape) if outputs and outputs[0].shape.rank is not None else None

    def values(self, nodes: Sequence[str], image: np.ndarray) -> list[np.ndarray]:
        """What nodes give for a letterboxed image (uint8 [H, W, 3] RGB)."""
        fed = {self._image.outputs[0].name: normalize(image[np.newaxis]).numpy()}
        values: list[np.ndarray] = self._session.run([f"{node}:0" for node in nodes], fed)
        return values

    def _find_fake_quantizations(self) -> list[FakeQuantization]:
        depends = {self._image.name}  # on the image
        found = []
        for op in self._graph.get_operations():
            if any(tensor.op.name in depends for tensor in op.inputs):
                depends.add(op.name)
            if op.type in _FAKE_QUANT:
                before, least, greatest = (tensor.op.name for tensor in op.inputs)
                found.append(FakeQuantization(before, op.name, least, greatest, before not in depends))
        return found


def _flat_graph(function: Any) -> Any:
    library = {f.signature.name: f for f in function.graph.as_graph_def().library.function}
    graph = function.graph
    while calls := [op for op in graph.get_operations() if op.type in _CALLS]:
        graph = function_def_to_graph(library[calls[0].get_attr("f").name])
    return graph
