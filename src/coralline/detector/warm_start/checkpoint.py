"""Weights in a checkpoint of TensorFlow Model Garden's modules: Model Garden's own, or an earlier model's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf
from official.vision.ops import preprocess_ops
from tensorflow.core.protobuf.trackable_object_graph_pb2 import TrackableObjectGraph

from coralline.detector.network import pixels
from coralline.detector.warm_start.convolutions import batch_norms
from coralline.detector.warm_start.weights import LayerFit, require_fit
from coralline.foundation.errors import UserError

# Where the graph of objects is, and a variable's value in it (tensorflow/python/checkpoint: trackable/base.py).
_OBJECT_GRAPH, _VALUE = "_CHECKPOINTABLE_OBJECT_GRAPH", "VARIABLE_VALUE"


def load_checkpoint(prefix: str, model: Any, with_head: bool = False) -> list[str]:
    """Gives a RetinaNet the backbone of a checkpoint, and its decoder and head if these fit.

    It's read as `task.initialize` of Model Garden's RetinaNet does, by the names of modules.

    Args:
      prefix: of a checkpoint of `tf.train.Checkpoint(backbone=..., decoder=..., ...)`.
      model: Model Garden's, with all variables.
      with_head: whether the checkpoint's head is of the same classes and anchors; else it stays new.

    Returns:
      The modules that were set.

    Raises:
      UserError: it can't be read or has no backbone, or its backbone is another one; nothing is set then.
    """
    try:
        reader = tf.train.load_checkpoint(prefix)
        graph = TrackableObjectGraph.FromString(reader.get_tensor(_OBJECT_GRAPH))
        shapes = reader.get_variable_to_shape_map()
    except (ValueError, IndexError, RuntimeError, tf.errors.OpError) as e:  # IndexError: of a file that was cut off
        raise _unusable(prefix, f"one that can't be read: {str(e).splitlines()[0]}") from e
    modules = {child.local_name: child.node_id for child in graph.nodes[0].children}
    if "backbone" not in modules:
        raise _unusable(prefix, f"one of {', '.join(sorted(modules)) or 'nothing'}")
    require_fit(prefix, list(_layers(model.backbone, graph, modules["backbone"], shapes)))
    fitting = {"backbone": model.backbone}
    for name in ("decoder", "head") if with_head else ("decoder",):
        module = getattr(model, name)
        if name not in modules or not all(layer.fits for layer in _layers(module, graph, modules[name], shapes)):
            break  # Nothing after it would understand its features.
        fitting[name] = module
    try:
        tf.train.Checkpoint(**fitting).read(prefix).expect_partial().assert_existing_objects_matched()
    except tf.errors.OpError as e:
        raise _unusable(prefix, f"one that can't be read: {str(e).splitlines()[0]}") from e
    return list(fitting)


def take_our_pixels(backbone: Any) -> None:
    """Makes a backbone that Model Garden has trained take pixels as ours are normalized, to the same features.

    Model Garden normalizes with the mean and standard deviation of ImageNet's channels (`preprocess_ops`). The factor
    between the two goes into the first kernel; what the difference of the means adds to each of its channels, the same
    everywhere but at the border, is taken off the first batch norm's mean.
    """
    kernel = next(v for v in backbone.variables if v.name.split("/")[-1].startswith("kernel"))
    mean, stddev = (np.array(of, np.float32) for of in (preprocess_ops.MEAN_RGB, preprocess_ops.STDDEV_RGB))
    offset = (pixels.ZERO_POINT - mean) / stddev
    norm = batch_norms(backbone)[0]
    norm.moving_mean.assign_sub(tf.einsum("hwio,i->o", kernel, offset))
    kernel.assign(kernel * (1 / (pixels.SCALE * stddev))[:, np.newaxis])


def _layers(module: Any, graph: TrackableObjectGraph, root: int, shapes: dict[str, list[int]]) -> Iterator[LayerFit]:
    keys = _keys(module, graph, root)
    for variable in module.variables:
        key = keys.get(variable.ref())
        found = None if key is None else tuple(shapes[key])
        yield LayerFit(variable.name.removesuffix(":0"), tuple(variable.shape), found)


def _keys(module: Any, graph: TrackableObjectGraph, root: int) -> dict[Any, str]:
    """The names of the variables' values, found as restoring finds them: by the names of children, from `root` on."""
    keys, seen, pairs = dict[Any, str](), set[tuple[int, int]](), [(module, root)]
    while pairs:
        tracked, node_id = pairs.pop()
        if (id(tracked), node_id) in seen:
            continue
        seen.add((id(tracked), node_id))
        node = graph.nodes[node_id]
        if isinstance(tracked, tf.Variable):
            keys.update({tracked.ref(): value.checkpoint_key for value in node.attributes if value.name == _VALUE})
            continue
        children = tf.train.TrackableView.children(tracked)
        pairs += [(children[c.local_name], c.node_id) for c in node.children if c.local_name in children]
    return keys


def _unusable(prefix: str, found: str) -> UserError:
    return UserError(
        "the warm start isn't a checkpoint that a detector can begin with",
        file=prefix,
        expected="a checkpoint of TensorFlow Model Garden with a `backbone`",
        found=found,
        fix="name another checkpoint, or leave model.warm_start out",
    )
