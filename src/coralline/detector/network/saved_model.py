"""The trained detector as SavedModels with raw outputs: what the exporter converts and the evaluator compares with.

A model folder holds `Format-Serving/` (quantization-aware), `float/`, `detector.json` and `anchors.npy`; and
`weights/`, the float model's variables, with which a later model may begin.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from os import PathLike
from typing import Any, Literal

import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from coralline.detector.network.model_folder import DETECTOR_JSON, WEIGHTS
from coralline.detector.network.pixels import normalize
from coralline.foundation import storage

FOLDERS = {"qat": "Format-Serving", "float": "float"}
ANCHORS_NPY = "anchors.npy"


def raw_function(
    raw_outputs: Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]], input_size: int
) -> tf.types.experimental.ConcreteFunction:
    """Traces a model once, to be called and written: `[1, H, W, 3]` float32, normalized, to box encodings and logits.

    Args:
      raw_outputs: see `model_garden.raw_outputs`; its variables are read at each call.
      input_size: H and W.
    """
    spec = tf.TensorSpec([1, input_size, input_size, 3], tf.float32, name="image")
    return tf.function(raw_outputs, input_signature=[spec], autograph=False).get_concrete_function()


def predict_raw(raw: Callable[..., tuple[tf.Tensor, tf.Tensor]], images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Raw outputs for letterboxed images.

    Args:
      raw: gives box encodings and class logits of one normalized image.
      images: `[n, H, W, 3]` uint8.

    Returns:
      Box encodings `[n, anchors, 4]` float32 and class scores `[n, anchors, classes + 1]` float32 after the
      sigmoid; column 0 is the background, never used.
    """
    outputs = [raw(normalize(image[np.newaxis])) for image in images]
    boxes = np.concatenate([boxes.numpy() for boxes, _ in outputs])
    logits = np.concatenate([logits.numpy() for _, logits in outputs])
    return boxes, 1 / (1 + np.exp(-logits))


def write_raw_model(raw: tf.types.experimental.ConcreteFunction, folder: str | PathLike[str]) -> None:
    """Writes a SavedModel with one signature, `image [1, H, W, 3]` float32, normalized, to `boxes` and `logits`.

    The graph is flat and its weights are constants: saving the Keras model would trace every layer again (60 s for a
    RetinaNet, here under 5), and TensorFlow Lite converts a flat graph in a tenth of the time, to the same file.

    Args:
      raw: see `raw_function`.
      folder: of the SavedModel.
    """
    frozen = convert_variables_to_constants_v2(raw)
    [spec] = (tf.TensorSpec(tensor.shape, tensor.dtype, name="image") for tensor in frozen.inputs)

    @tf.function(input_signature=[spec], autograph=False)
    def serve(image: tf.Tensor) -> dict[str, tf.Tensor]:
        boxes, logits = frozen(image)
        return {"boxes": boxes, "logits": logits}

    module = tf.Module()
    module.serve = serve
    tf.saved_model.save(module, str(folder), signatures={"serving_default": serve})


def write_weights(model: Any, folder: str | PathLike[str]) -> None:
    """Writes a checkpoint of a RetinaNet's modules (`backbone`, `decoder`, `head`), as Model Garden names them."""
    tf.train.Checkpoint(**model.checkpoint_items).write(f"{folder}/{WEIGHTS}")


def write_detector_json(folder: str | PathLike[str], detector: dict[str, Any], anchors: np.ndarray) -> None:
    """Writes what a reader needs in addition to the SavedModels.

    Args:
      folder: the model folder.
      detector: `preset`, `backbone`, `width_multiplier`, `input_size` [H, W], `anchor_size`, `num_scales`,
        `aspect_ratios`, `num_classes`, `class_names`, `box_coder_scales` [y, x, h, w], the steps trained; `settings` as
        they were used (`job.settings_used`), `training_images` and the devices in `trained_on`;
        `kept`: step and AP of the best of each phase, and `optimism` (see `Selection`) where the images were
        cross-checked; and `selection`: `split` and number of the `images` that it was the best on, whether those that
        judge the model are `unseen` by it, and all of it in a `sentence`.
      anchors: `[anchors, 4]` float32, ycenter, xcenter, height, width, normalized.
    """
    content = io.BytesIO()
    np.save(content, anchors)
    storage.write_bytes(f"{folder}/{ANCHORS_NPY}", content.getvalue())
    storage.write_bytes(f"{folder}/{DETECTOR_JSON}", (json.dumps(detector, indent=2) + "\n").encode())


def read_detector_json(folder: str) -> dict[str, Any]:
    """What `write_detector_json` was given."""
    detector: dict[str, Any] = json.loads(storage.read_bytes(f"{folder}/{DETECTOR_JSON}"))
    return detector


def read_anchors(folder: str) -> np.ndarray:
    """`[anchors, 4]` float32, ycenter, xcenter, height, width, normalized."""
    anchors: np.ndarray = np.load(io.BytesIO(storage.read_bytes(f"{folder}/{ANCHORS_NPY}")))
    return anchors


class RawModel:
    """The float or the quantization-aware model of a model folder, without post-processing.

    Attributes:
      anchors: `[anchors, 4]` float32, ycenter, xcenter, height, width, normalized.
      function: its signature, `image` to `boxes` and `logits`.
    """

    def __init__(self, model_folder: str, which: Literal["float", "qat"]):
        self._loaded = tf.saved_model.load(f"{model_folder}/{FOLDERS[which]}")
        self.function = self._loaded.signatures["serving_default"]
        self.anchors = read_anchors(model_folder)

    def predict(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Raw outputs for letterboxed images (uint8 `[n, H, W, 3]`); see `predict_raw`."""
        return predict_raw(self._run, images)

    def _run(self, image: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        outputs = self.function(image=image)
        return outputs["boxes"], outputs["logits"]
