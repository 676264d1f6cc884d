"""Which operations the Edge TPU supports, and the compiler's status for those it doesn't.

Sources:
  [ops]   coral.ai/docs/edgetpu/models-intro, "Supported operations": names and known limitations.
  [reqs]  the same page, "Model requirements": 8-bit tensors, constant sizes and parameters, only the 3 innermost
          dimensions above 1.
  [log]   compiler logs that people published in google-coral/edgetpu's issues; numbers stand beside the rule.
Of limits that depend on the runtime, those of runtime 14 hold, which is what the last compiler compiles for by default.

What remains uncertain, since the compiler is closed and [ops] gives no numbers:
  - Size. Large RESHAPE and resize [ops] and, by the logs, MEAN (1x256x128x3, #461), MAX_POOL_2D (#686), TRANSPOSE_CONV
    (32x32x1024, #684), TRANSPOSE (#433) and RESIZE_NEAREST_NEIGHBOR (512 to 1024, #597) were left on the CPU with no
    more said than "some unspecified limitation"; smaller MEAN and MAX_POOL_2D of the same models mapped. Coral's people
    give no limit: it varies with the op (#663). No rule is made of that. Such ops are predicted to map, so that models
    with inputs of 512 pixels and more may map less than predicted; this project's presets stay below.
  - The limit of resizing (`_MOST_RESIZE`) is from refusals that were seen; the true one isn't published.
  - Only the last compiler is described; 14.1, for one, took no TRANSPOSE at all (#242).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from coralline.edgetpu.statuses import Status
from coralline.tflite import runtime_versions
from coralline.tflite.model_file import Model, Op, Tensor

# The last compiler, 16.0.384591198, is built on the TFLite of TensorFlow 2.6: it can't load a file with an op that came
# later. Inferred from the files that it refused ("Didn't find op for builtin opcode ..."); Coral doesn't say it.
_COMPILER_RUNTIME = (2, 6, 0)
# [ops] The largest softmax.
_MOST_SOFTMAX = 16_000
# Resizing by more than this, and from a single pixel, was refused; [ops] only says that sizes may be "to avoid loss in
# precision". [log] google-coral/edgetpu#31.
_MOST_RESIZE = 8

Reason = tuple[Status, str]
"""(the compiler's status, why)"""


def refusal(op: Op) -> str | None:
    """Why the compiler would refuse the whole file because of this op, or None."""
    first = runtime_versions.of_op(op.name, op.version)
    if not op.custom and (first is None or first > _COMPILER_RUNTIME):
        return f"Didn't find op for builtin opcode '{op.name}' version '{op.version}'"
    return None


def why_not_mapped(op: Op, model: Model) -> Reason | None:
    """Why this op alone can't run on the Edge TPU, or None if it can."""
    tensors = model.main.tensors
    inputs = [tensors[i] for i in op.inputs if i >= 0]
    outputs = [tensors[i] for i in op.outputs]
    # A layer's state (isVariable) lives inside the op: a 16-bit LSTM cell is no activation.
    activations = [t for t in [*inputs, *outputs] if not t.constant and not t.variable]
    if op.name == "QUANTIZE" and inputs[0].type.startswith("FLOAT"):
        return (
            Status.LIMITATION,
            f"it quantizes a {inputs[0].type} tensor",
        )  # [log] tensorflow#42024, google-coral/edgetpu#342
    for tensor in activations:
        if tensor.type not in ("INT8", "UINT8"):
            return Status.UNSUPPORTED_TYPE, f"tensor {tensor.name or tensor.index} is {tensor.type}, not INT8 or UINT8"
    if op.custom:
        return Status.NOT_SUPPORTED, "custom operations run on the CPU"
    if op.name not in _RULES:
        return Status.NOT_SUPPORTED, f"{op.name} isn't among the operations of the Edge TPU"
    for tensor in activations:
        if tensor.dynamic:
            return Status.LIMITATION, f"tensor {tensor.name or tensor.index} has no fixed size"
        if any(size > 1 for size in tensor.shape[:-3]):
            return Status.UNSUPPORTED_RANK, f"tensor {tensor.name or tensor.index} has shape {list(tensor.shape)}"
    why = _RULES[op.name](_Call(op, inputs, outputs, model))
    return None if why is None else (Status.LIMITATION, why)


class _Call:
    """An op with its tensors, for the rules below."""

    def __init__(self, op: Op, inputs: list[Tensor], outputs: list[Tensor], model: Model):
        self.op, self.inputs, self.outputs, self._model = op, inputs, outputs, model

    def option(self, name: str, default: Any = 0) -> Any:
        return self.op.options.get(name, default)

    def constant(self, position: int) -> np.ndarray | None:
        """The values of an input that is fixed in the file, None of one that isn't."""
        if position >= len(self.inputs) or not self.inputs[position].constant:
            return None
        return self._model.values(self.inputs[position])

    def zero(self, position: int) -> bool:
        """Whether a constant input is all (quantized) zeros."""
        values, tensor = self.constant(position), self.inputs[position]
        zero_point = tensor.zero_points[0] if tensor.zero_points else 0
        return values is not None and bool((values == zero_point).all())

    def touches_batch(self, axes: np.ndarray | int) -> bool:
        """Whether an axis is the batch dimension: the first of four."""
        rank = len(self.inputs[0].shape)
        return rank >= 4 and any(int(axis) % rank == 0 for axis in np.ravel(axes))


def _anything(call: _Call) -> str | None:
    return None


def _no_fused_activation(call: _Call) -> str | None:
    return "it has a fused activation" if call.option("fusedActivationFunction") else None


def _concatenation(call: _Call) -> str | None:
    constants = [i for i, tensor in enumerate(call.inputs) if tensor.constant]
    if constants and (len(call.inputs) != 2 or not all(call.zero(i) for i in constants)):
        return "it joins a constant that isn't all zeros, or more than two tensors with a constant"
    return _no_fused_activation(call)


def _constant_parameters(call: _Call) -> str | None:
    # [reqs]; [log] #25, a product of two activations.
    activation = 2 if call.op.name == "TRANSPOSE_CONV" else 0
    parameters = [tensor for i, tensor in enumerate(call.inputs) if i != activation]
    moving = next((tensor for tensor in parameters if not tensor.constant), None)
    return None if moving is None else f"its parameter {moving.name or moving.index} isn't constant"


def _convolution(call: _Call) -> str | None:
    x, y = call.option("dilationWFactor", 1), call.option("dilationHFactor", 1)
    return _constant_parameters(call) if x == y else f"its dilation differs in x ({x}) and y ({y})"


def _fully_connected(call: _Call) -> str | None:
    if call.option("weightsFormat"):
        return "its weights aren't in the default format"
    if any(size > 1 for size in call.outputs[0].shape[:-1]):
        return f"its output {list(call.outputs[0].shape)} isn't one-dimensional"
    if len(call.inputs[1].scales) > 1:
        return "its weights are quantized per channel, which the compiler's runtime doesn't know"
    return _constant_parameters(call)


def _mean(call: _Call) -> str | None:
    axes = call.constant(1)
    if axes is None:
        return "its axes aren't constant"
    shape = call.inputs[0].shape
    if call.touches_batch(axes):
        return "it reduces the batch dimension"
    reduces_z = any(int(axis) % len(shape) == len(shape) - 1 for axis in np.ravel(axes))
    return f"it reduces a z-dimension of {shape[-1]}, not a multiple of 4" if reduces_z and shape[-1] % 4 else None


def _not_over_batch(call: _Call) -> str | None:
    axes = call.constant(1)
    if axes is None:
        return "its axes aren't constant"
    return "it reduces the batch dimension" if call.touches_batch(axes) else None


def _pack(call: _Call) -> str | None:
    rank = len(call.outputs[0].shape)
    return "it packs along the batch dimension" if rank >= 4 and call.option("axis") % rank == 0 else None


def _split(call: _Call) -> str | None:
    axis = call.constant(0)
    rank = len(call.inputs[1].shape)
    over_batch = axis is None or (rank >= 4 and int(np.ravel(axis)[0]) % rank == 0)
    return "it splits the batch dimension" if over_batch else None


def _pad(call: _Call) -> str | None:
    paddings = call.constant(1)
    over_batch = paddings is None or (len(paddings) >= 4 and paddings[0].any())
    return "it pads the batch dimension" if over_batch else None


def _prelu(call: _Call) -> str | None:
    alpha = call.inputs[1].shape
    if any(size > 1 for size in alpha[:-1]):
        return f"its alpha {list(alpha)} isn't one-dimensional"
    return _constant_parameters(call)


def _resize(call: _Call) -> str | None:
    before, after = call.inputs[0].shape[-3:-1], call.outputs[0].shape[-3:-1]
    grown = max((b / a for a, b in zip(before, after, strict=True) if a), default=math.inf)
    if max(before, default=1) <= 1 and max(after, default=1) > 1:
        return "it resizes a single pixel"
    return f"it enlarges {grown:.3g} times, more than {_MOST_RESIZE}" if grown > _MOST_RESIZE else None


def _softmax(call: _Call) -> str | None:
    shape = call.inputs[0].shape
    if any(size > 1 for size in shape[:-1]):
        return f"its input {list(shape)} isn't one-dimensional"
    return f"it has more than {_MOST_SOFTMAX} elements" if math.prod(shape) > _MOST_SOFTMAX else None


def _strided_slice(call: _Call) -> str | None:
    strides = call.constant(3)
    if strides is None or (strides != 1).any():
        return "its strides aren't all 1"
    return "it has an ellipsis or new-axis mask" if call.option("ellipsisMask") or call.option("newAxisMask") else None


def _first_version(call: _Call) -> str | None:
    # Not in [ops]; version 1 maps all the same (seen in compiled files).
    return None if call.op.version == 1 else "only version 1 maps"


_RULES: dict[str, Callable[[_Call], str | None]] = {
    "ADD": _anything,
    "AVERAGE_POOL_2D": _no_fused_activation,
    "CONCATENATION": _concatenation,
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _convolution,
    "EXPAND_DIMS": _anything,
    "FULLY_CONNECTED": _fully_connected,
    "L2_NORMALIZATION": _anything,
    "LOGISTIC": _anything,
    "MAXIMUM": _anything,
    "MAX_POOL_2D": _no_fused_activation,
    "MEAN": _mean,
    "MINIMUM": _anything,
    "MUL": _anything,
    "PACK": _pack,
    "PAD": _pad,
    "PRELU": _prelu,
    "QUANTIZE": _anything,
    "REDUCE_MAX": _not_over_batch,
    "REDUCE_MIN": _not_over_batch,
    "RELU": _anything,
    "RELU6": _anything,
    "RELU_N1_TO_1": _anything,
    "RESHAPE": _anything,
    "RESIZE_BILINEAR": _resize,
    "RESIZE_NEAREST_NEIGHBOR": _resize,
    "RSQRT": _anything,
    "SLICE": _anything,
    "SOFTMAX": _softmax,
    "SPACE_TO_DEPTH": _anything,
    "SPLIT": _split,
    "SQUARED_DIFFERENCE": _anything,
    "SQUEEZE": _anything,
    "STRIDED_SLICE": _strided_slice,
    "SUB": _anything,
    "SUM": _not_over_batch,
    "TANH": _anything,
    "TILE": _first_version,
    "TRANSPOSE": _anything,
    "TRANSPOSE_CONV": _constant_parameters,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": _anything,
}
