"""Model Garden's `build_qat_retinanet` re-initialises the feature pyramid when it quantizes it.

Seen with tf-models-official 2.16.0: `quantize_detection_decoder=True` clones the FPN without its weights; the features
of the float and the quantized decoder correlate with 0.00. The layers keep their order but lose their names, and a
`SeparableConv2D` becomes a `DepthwiseConv2D` and a `Conv2D`, so the weights are matched by what they are, in order.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

_SAME_ROLE = {"depthwise_kernel": "depthwise_kernel", "pointwise_kernel": "kernel"}
_ROLES = ("depthwise_kernel", "kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance")


def copy_decoder_weights(float_decoder: Any, qat_decoder: Any) -> int:
    """Gives the quantized FPN the float FPN's weights; returns how many variables were set.

    Raises:
      ValueError: the two don't have the same variables in the same order.
    """
    source, target = _by_role(float_decoder), _by_role(qat_decoder)
    copied = 0
    for role in _ROLES:
        if [v.shape for v in source[role]] != [v.shape for v in target[role]]:
            raise ValueError(f"decoder variables `{role}` differ: {source[role]} against {target[role]}")
        for old, new in zip(source[role], target[role], strict=True):
            new.assign(old)
            copied += 1
    return copied


def _by_role(decoder: Any) -> dict[str, list[Any]]:
    found = defaultdict(list)
    for variable in decoder.weights:
        role = variable.name.split("/")[-1].split(":")[0]
        found[_SAME_ROLE.get(role, role)].append(variable)
    return found
