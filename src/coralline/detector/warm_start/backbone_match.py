"""Whether weights fit a backbone, by the shapes of its convolutions, before training begins. No TensorFlow."""

from __future__ import annotations

from coralline.detector.network import blueprint
from coralline.detector.presets import Preset
from coralline.detector.warm_start import tflite_file
from coralline.detector.warm_start.weights import LayerFit, require_fit
from coralline.detector.warm_start.weights_source import WeightsSource
from coralline.tflite import model_file
from coralline.tflite.model_file import Model

_CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")
_LAST_CHANNELS = 1280
"""Of the convolution that ends MobileNetV2: it's loaded with the rest, though no level uses it and no export has it."""


def require_backbone(source: WeightsSource, preset: Preset) -> None:
    """Makes sure that a .tflite or a Keras file has the convolutions of the preset's backbone.

    What is in a SavedModel or a checkpoint only TensorFlow can read: it's left to the training.

    Raises:
      OSError: the file can't be read.
      UserError: it has others; names them layer by layer.
    """
    if source.kind == "tflite":
        found = _kernels(model_file.read_model(tflite_file.read_tflite_weights(source.path)))
    elif source.kind == "keras_file":
        from coralline.detector.warm_start import keras_weights  # h5py takes longer to import than all else here

        found = [convolution.kernel.shape for convolution in keras_weights.read_keras_file(source.path)]
    else:
        return
    there = dict(enumerate(found))
    layers = [LayerFit(f"convolution {n + 1}", shape, there.get(n)) for n, shape in enumerate(kernels(preset))]
    require_fit(source.path, layers)


def kernels(preset: Preset) -> list[tuple[int, ...]]:
    """The shapes of the backbone's kernels, first to last: `[h, w, in, out]`, depthwise `[h, w, channels, 1]`."""
    found = _kernels(blueprint.draw_backbone(preset))
    if preset.backbone == "MobileNetV2":
        found.append((1, 1, found[-1][-1], _LAST_CHANNELS))
    return found


def _kernels(model: Model) -> list[tuple[int, ...]]:
    shapes = (model.main.tensors[op.inputs[1]].shape for op in model.main.ops if op.name in _CONVOLUTIONS)
    return [(height, width, channels, out) for out, height, width, channels in shapes]
