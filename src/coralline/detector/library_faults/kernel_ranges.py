"""Kernels of depthwise convolutions are quantized by one scale for all channels, and dead channels by almost none.

Seen with tf-models-official 2.16.0 and tensorflow-model-optimization 0.8.1: their quantizers of kernels
(`Default8BitConvWeightsQuantizer`) make a range for each entry of the last dimension. A depthwise kernel is
[height, width, channels, 1]: one range for all channels, so that the channel with the greatest weight leaves the others
2 to 7 of 127 steps. TensorFlow Lite has a scale for each channel, but takes the coarse one that it is given, and rounds
biases to it: half a step of the output. This is where the int8 file and the quantization-aware model part.

A channel whose weights have all but vanished gets a range of as good as nothing, and its bias, which TensorFlow Lite
keeps as a 32-bit multiple of (input scale x weight scale), overflows. Here no channel's range is less than a thousandth
of the widest channel's.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from official.projects.qat.vision.quantization import configs, layer_transforms
from tensorflow_model_optimization.python.core.quantization.keras.default_8bit import default_8bit_quantizers
from tensorflow_model_optimization.python.core.quantization.keras.quantize_wrapper import QuantizeWrapperV2

_LEAST_OF_WIDEST = 1e-3
_ANY = 6.0  # what a range is before the first kernel has gone through, as in the libraries
_one_channel = layer_transforms.CustomLayerQuantize._create_dummy_input_shape


def give_each_channel_a_range() -> None:
    """Changes the libraries' quantizers of kernels; safe to call twice."""
    for quantizer in (
        configs.Default8BitConvWeightsQuantizer,
        default_8bit_quantizers.Default8BitConvWeightsQuantizer,
    ):
        quantizer.build, quantizer.__call__ = _build, _quantize
    layer_transforms.CustomLayerQuantize._create_dummy_input_shape = _all_channels


def settle(model: tf.Module) -> None:
    """Sets the ranges to what the kernels are now: a training step sets them to what they were before it."""
    for wrapper in (layer for layer in model.submodules if isinstance(layer, QuantizeWrapperV2) and layer.built):
        for kernel, quantizer, ranges in wrapper._weight_vars:
            quantizer(kernel, True, ranges)


def _all_channels(self: Any, quantized_layer: Any) -> list[int]:
    shape = _one_channel(self, quantized_layer)
    channels = getattr(quantized_layer, "_in_filters", None)
    return shape if channels is None else [*shape[:3], channels]


def _build(self: Any, tensor_shape: tf.TensorShape, name: str, layer: Any) -> dict[str, tf.Variable]:
    """The variables of a kernel's ranges, [channels] each."""
    channels = tensor_shape[-1] * (tensor_shape[-2] if name.startswith("depthwise") else 1)
    return {
        f"{end}_var": layer.add_weight(
            f"{name}_{end}", shape=(channels,), initializer=tf.keras.initializers.Constant(value), trainable=False
        )
        for end, value in (("min", -_ANY), ("max", _ANY))
    }


def _quantize(self: Any, inputs: Any, training: bool, weights: dict[str, tf.Variable], **_: Any) -> tf.Tensor:
    """The kernel, rounded to 255 steps for each channel, symmetric about 0."""
    kernel, (channels,) = tf.convert_to_tensor(inputs), weights["min_var"].shape
    by_channel = tf.reshape(kernel, [*kernel.shape[:2], -1, channels])
    if training:
        reach = tf.stop_gradient(tf.reduce_max(tf.abs(by_channel), axis=[0, 1, 2]))
        reach = tf.maximum(reach, _LEAST_OF_WIDEST * tf.reduce_max(reach))
        weights["min_var"].assign(-reach)
        weights["max_var"].assign(reach)
    rounded = tf.quantization.fake_quant_with_min_max_vars_per_channel(
        by_channel, weights["min_var"], weights["max_var"], num_bits=8, narrow_range=True
    )
    return tf.reshape(rounded, kernel.shape)
