"""Model Garden's quantization-aware training doesn't know the Tucker block of MobileDet.

Seen with tf-models-official 2.16.0: `layer_transforms.CUSTOM_TRANSFORMS` has no quantized counterpart of
`TuckerConvBlock`, and quantizing a MobileDet backbone fails. Here is one, made as the library makes that of the
inverted bottleneck: kernels quantized, activations after ReLU6 and after the last batch norm, the sum of the addition.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf
import tensorflow_model_optimization as tfmot
from official.projects.qat.vision.quantization import configs, layer_transforms
from official.vision.modeling.layers import nn_blocks

_TUCKER = "Vision>TuckerConvBlock"


@tf.keras.utils.register_keras_serializable(package="Coralline")
class TuckerConvBlockQuantized(nn_blocks.TuckerConvBlock):
    """The block with each of its layers wrapped; the same configuration, the same weights in the same order."""

    def build(self, input_shape: Any) -> None:
        """Creates the layers of the block, then wraps them, in the order in which the block has them."""
        super().build(input_shape)
        for number, norm in enumerate((configs.NoOpQuantizeConfig,) * 2 + (configs.Default8BitOutputQuantizeConfig,)):
            kernel = configs.Default8BitConvQuantizeConfig(["kernel"], [], False)
            self._wrap(f"_conv{number}", kernel)
            self._wrap(f"_norm{number}", norm())
            if number < 2:
                self._wrap(f"_activation_layer{number}", configs.Default8BitActivationQuantizeConfig())
        self._wrap("_add", configs.Default8BitQuantizeConfig([], [], True))

    def _wrap(self, name: str, config: Any) -> None:
        setattr(self, name, tfmot.quantization.keras.QuantizeWrapperV2(getattr(self, name), config))


def teach_tucker_block() -> None:
    """Makes the library's quantization scheme know the block; safe to call twice."""
    if _TUCKER not in layer_transforms._LAYER_NAMES:
        layer_transforms._LAYER_NAMES.append(_TUCKER)
        layer_transforms.CUSTOM_TRANSFORMS.append(
            layer_transforms.CustomLayerQuantize(_TUCKER, TuckerConvBlockQuantized)
        )
