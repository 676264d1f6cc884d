"""The trained detector as SavedModels with raw outputs: what the exporter converts and the evaluator compares with.

A model folder holds `Format-Serving/` (quantization-aware), `float/`, `detector.json` and `anchors.npy`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
import tensorflow as tf

FOLDERS = {"qat": "Format-Serving", "float": "float"}
DETECTOR_JSON, ANCHORS_NPY = "detector.json", "anchors.npy"


def write_raw_model(model: Any, raw_outputs: Any, input_size: int, folder: Path) -> None:
    """Writes a SavedModel with two signatures, of any batch size and of one image, `image` -> `boxes`, `logits`.

    Only the variables and the two functions are written: saving the Keras model would trace every layer again, which
    took 60 s where this takes 8.
    """
    module = tf.Module()
    module.kept_variables = list(model.variables)

    def signature(batch: int | None) -> Any:
        spec = tf.TensorSpec([batch, input_size, input_size, 3], tf.float32, name="image")

        @tf.function(input_signature=[spec], autograph=False)
        def raw(image: tf.Tensor) -> dict[str, tf.Tensor]:
            boxes, logits = raw_outputs(image)
            return {"boxes": boxes, "logits": logits}

        return raw

    module.batch, module.single = signature(None), signature(1)
    tf.saved_model.save(module, str(folder), signatures={"serving_default": module.batch, "single": module.single})


def write_detector_json(folder: Path, detector: dict[str, Any], anchors: np.ndarray) -> None:
    """Writes what a reader needs beside the SavedModels: see `DETECTOR_JSON` and `ANCHORS_NPY`."""
    np.save(folder / ANCHORS_NPY, anchors)
    (folder / DETECTOR_JSON).write_text(json.dumps(detector, indent=2) + "\n")


def read_detector_json(folder: str | Path) -> dict[str, Any]:
    """`preset`, `input_size` [H, W], `num_classes`, `box_coder_scales` [y, x, h, w], and the steps trained."""
    with tf.io.gfile.GFile(f"{folder}/{DETECTOR_JSON}") as f:
        return json.load(f)


class RawModel:
    """The float or the quantization-aware model of a model folder, without post-processing.

    Attributes:
      anchors: `[anchors, 4]` float32, ycenter, xcenter, height, width, normalized.
    """

    def __init__(self, model_folder: str, which: Literal["float", "qat"]):
        from components.detector.model_garden import normalize

        self._normalize = normalize
        self._loaded = tf.saved_model.load(f"{model_folder}/{FOLDERS[which]}")
        self._batch = self._loaded.signatures["serving_default"]
        with tf.io.gfile.GFile(f"{model_folder}/{ANCHORS_NPY}", "rb") as f:
            self.anchors: np.ndarray = np.load(f)

    def predict(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Raw outputs for letterboxed images.

        Args:
          images: `[n, H, W, 3]` uint8.

        Returns:
          Box encodings `[n, anchors, 4]` float32 and class scores `[n, anchors, classes + 1]` float32 after the
          sigmoid; column 0 is the background, never used.
        """
        outputs = self._batch(image=self._normalize(images))
        return outputs["boxes"].numpy(), tf.sigmoid(outputs["logits"]).numpy()
