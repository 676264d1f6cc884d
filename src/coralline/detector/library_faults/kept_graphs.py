"""Graphs and kernels of a training outlive everything that could still use them.

Seen with tensorflow 2.16.2: a function with a custom gradient, such as one that an optimizer's update goes through, is
registered under a new name each time it's traced, forever, and with it the graph that it was traced in
(tensorflow/python/ops/custom_gradient.py, `_graph_mode_decorator`). And every kernel that an eager call has made, one
for each set of attributes, stays in a cache of the runtime: building a Keras model leaves thousands. Both phases leave
.27 GiB of these.
"""

from __future__ import annotations

from tensorflow.python.eager import context
from tensorflow.python.framework import ops

_PREFIX = "CustomGradient-"


def let_go() -> None:
    """Forgets both.

    Nothing that was traced before may be differentiated afterwards. All of it can be called; kernels are made again.
    """
    gradients = ops.gradient_registry._registry
    for name in [name for name in gradients if name.startswith(_PREFIX)]:
        del gradients[name]
    context.context().clear_kernel_cache()
