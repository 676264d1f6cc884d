"""The models that are judged side by side: letterboxed images in, detections in the ids of the label map out."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from coralline.foundation import storage
from coralline.foundation.errors import UserError
from coralline.tflite import metadata
from coralline.tflite.detections import Detections
from coralline.tflite.detector import Detector, TFLiteDetector
from coralline.tflite.post_process import PostProcess
from coralline.tflite.post_process_op import PostProcessing


class FileModel:
    """A .tflite file with the standard contract, as a device runs it.

    Args:
      detector: the file, loaded.
      class_ids: for each class of the file its id in the label map, or -1; None where these are the same.
    """

    def __init__(self, detector: Detector, class_ids: Sequence[int] | None = None):
        self._detector = detector
        self._class_ids = None if class_ids is None else np.array([*class_ids, -1], np.int64)
        self.input_size = detector.input_size

    def detect(self, images: np.ndarray) -> list[Detections]:
        """See `coralline.scoring.inference.JudgedModel`."""
        return [self._translated(self._detector.detect(image)) for image in images]

    def _translated(self, found: Detections) -> Detections:
        if self._class_ids is None:
            return found
        last = len(self._class_ids) - 1  # where ids that the file has no label for go
        known = (found.class_ids >= 0) & (found.class_ids < last)
        ids = self._class_ids[np.where(known, found.class_ids, last)]
        kept = ids >= 0
        return Detections(found.boxes_ymin_xmin_ymax_xmax[kept], ids[kept], found.scores[kept])


class ReferenceModel:
    """The float or the quantization-aware model, followed by the very post-processing of the file that ships.

    Args:
      model_folder: the trainer's output.
      which: "float" or "qat".
      post_processing: the file's settings.
      input_size: (height, width).

    Attributes:
      raw: the model without the post-processing.
    """

    def __init__(self, model_folder: str, which: str, post_processing: PostProcessing, input_size: tuple[int, int]):
        from coralline.detector.network.saved_model import RawModel

        self.raw = RawModel(model_folder, "float" if which == "float" else "qat")
        self._post_process = PostProcess(self.raw.anchors, post_processing)
        self.input_size = input_size

    def detect(self, images: np.ndarray) -> list[Detections]:
        """See `coralline.scoring.inference.JudgedModel`."""
        encodings, scores = self.raw.predict(images)
        return [self._post_process.run(*raw) for raw in zip(encodings, scores, strict=True)]


def published_model(folder: str, class_names: Sequence[str]) -> FileModel:
    """The model of a published bundle, its classes brought to the label map's ids by name.

    Args:
      folder: a bundle with `model.tflite`, `labels.txt` and `manifest.json`.
      class_names: the label map of this run.

    Raises:
      UserError: it can't be read or run, or it doesn't know every class.
    """
    try:
        content = storage.read_bytes(f"{folder}/model.tflite")
    except OSError as e:
        raise UserError("the published model can't be read", file=folder, found=str(e)) from e
    names = list(class_names)
    labels = metadata.read_labels(content) or _manifest_labels(folder)
    missing = [name for name in names if name not in labels]
    if missing:
        raise UserError(f"the published model doesn't know {_listed(missing)}", file=folder)
    class_ids = [names.index(label) if label in names else -1 for label in labels]
    return FileModel(TFLiteDetector(content), class_ids)


def _manifest_labels(folder: str) -> list[str]:
    try:
        return list(json.loads(storage.read_bytes(f"{folder}/manifest.json"))["labels"])
    except (OSError, ValueError, KeyError, TypeError) as e:
        raise UserError("the published model has no labels", file=folder, found=str(e)) from e


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
