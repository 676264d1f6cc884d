"""Backbone weights from a .tflite classifier of the same backbone, so that training doesn't begin from nothing."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf
from ai_edge_litert import schema_py_generated as schema

from components.detector.warm_start_file import read_warm_start
from components.errors import UserError

# Images that batch norm's moments are estimated on, and how many go through at a time.
MOMENT_IMAGES, _MOMENT_BATCH = 64, 8


@dataclasses.dataclass(frozen=True)
class Convolution:
    """A convolution with its batch norm folded in, as an inference file has it.

    Attributes:
      kernel: float32 in Keras' order: `[h, w, in, out]`, depthwise `[h, w, channels, 1]`.
      bias: `[out]` float32.
    """

    kernel: np.ndarray
    bias: np.ndarray


def load_tflite_backbone(path: str, backbone: Any, images: tf.Tensor) -> int:
    """Gives a Keras backbone the weights of a quantized .tflite classifier; returns how many convolutions were set.

    Batch norm's moments are estimated on `images` and its scale and offset chosen so that inference stays the file's
    own while training mode agrees with it.

    Args:
      path: the .tflite file.
      backbone: Model Garden's MobileNetV2.
      images: `[n, H, W, 3]` float32, normalized training images.

    Raises:
      UserError: the file can't be read, or its convolutions are not the backbone's.
    """
    convolutions = read_convolutions(path)
    kernels = [v for v in backbone.variables if v.name.split("/")[-1].startswith(("kernel", "depthwise_kernel"))]
    norms = [layer for layer in backbone.submodules if isinstance(layer, tf.keras.layers.BatchNormalization)]
    norms.sort(key=lambda layer: _position(backbone, layer.gamma))
    if len(convolutions) < len(kernels):
        raise _mismatch(path, f"{len(kernels)} convolutions", f"{len(convolutions)}")
    for number, (kernel, convolution) in enumerate(zip(kernels, convolutions, strict=False)):
        if tuple(kernel.shape) != convolution.kernel.shape:
            raise _mismatch(
                path,
                f"convolution {number} ({kernel.name}) of shape {tuple(kernel.shape)}",
                f"shape {convolution.kernel.shape}",
            )
        kernel.assign(convolution.kernel)
    for norm, convolution in zip(norms, convolutions, strict=False):
        _set_norm(norm, 0.0, 1.0, convolution.bias)
    moments = _input_moments(backbone, norms, images)
    for norm, convolution, (mean, variance) in zip(norms, convolutions, moments, strict=False):
        _set_norm(norm, mean, variance, convolution.bias)
    return len(kernels)


def _set_norm(norm: Any, mean: Any, variance: Any, bias: np.ndarray) -> None:
    """Batch norm that adds `bias` to its input whatever the moments are."""
    ones = np.ones_like(bias)
    norm.gamma.assign(np.sqrt(variance * ones + norm.epsilon))
    norm.beta.assign(bias + mean * ones)
    norm.moving_mean.assign(mean * ones)
    norm.moving_variance.assign(variance * ones)


def _position(backbone: Any, variable: Any) -> int:
    return next(i for i, v in enumerate(backbone.variables) if v is variable)


def _input_moments(backbone: Any, norms: list[Any], images: tf.Tensor) -> list[tuple[np.ndarray, np.ndarray]]:
    """Mean and variance per channel of what comes into each batch norm, in inference."""
    seen = [_Moments() for _ in norms]
    with contextlib.ExitStack() as stack:
        for norm, moments in zip(norms, seen, strict=True):
            stack.enter_context(_recording(norm, moments))
        for start in range(0, len(images), _MOMENT_BATCH):
            backbone(images[start : start + _MOMENT_BATCH], training=False)
    return [moments.mean_and_variance() for moments in seen]


class _Moments:
    """Sums over batches, so that no more than one batch has to be in memory."""

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


def read_convolutions(path: str) -> list[Convolution]:
    """All convolutions of a .tflite file in execution order, dequantized.

    Raises:
      UserError: the file can't be read as a TFLite model.
    """
    content = read_warm_start(path)
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
    graph = model.subgraphs[0]
    codes = [max(code.builtinCode, code.deprecatedBuiltinCode) for code in model.operatorCodes]
    found = []
    for operator in graph.operators:
        code = codes[operator.opcodeIndex]
        if code not in (schema.BuiltinOperator.CONV_2D, schema.BuiltinOperator.DEPTHWISE_CONV_2D):
            continue
        kernel, bias = (_dequantize(model, graph.tensors[i]) for i in operator.inputs[1:3])
        order = (1, 2, 3, 0)
        found.append(Convolution(np.ascontiguousarray(kernel.transpose(order)), bias))
    return found


_DTYPES = {schema.TensorType.INT8: np.int8, schema.TensorType.INT32: np.int32, schema.TensorType.FLOAT32: np.float32}


def _dequantize(model: Any, tensor: Any) -> np.ndarray:
    values = np.frombuffer(bytes(model.buffers[tensor.buffer].data), _DTYPES[tensor.type]).reshape(tensor.shape)
    quantization = tensor.quantization
    if quantization is None or quantization.scale is None:
        return values.astype(np.float32)
    scale = np.asarray(quantization.scale, np.float32)
    zero = np.asarray(quantization.zeroPoint, np.float32)
    if scale.size > 1:
        shape = [1] * values.ndim
        shape[quantization.quantizedDimension] = scale.size
        scale, zero = scale.reshape(shape), zero.reshape(shape)
    return (values.astype(np.float32) - zero) * scale


def _mismatch(path: str, expected: str, found: str) -> UserError:
    return UserError(
        "the warm start is of another backbone than the preset's",
        file=path,
        expected=expected,
        found=found,
        mend="take a file of the preset's backbone and width, or leave model.warm_start out",
    )
