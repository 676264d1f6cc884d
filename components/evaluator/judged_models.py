"""The models that are judged side by side: letterboxed images in, detections in the ids of the label map out."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from coralline.foundation import storage
from coralline.foundation.errors import UserError
from coralline.scoring.file_model import FileModel, detectors_of
from coralline.scoring.inference import JudgedModel
from coralline.tflite.detections import Detections
from coralline.tflite.detector import Detector
from coralline.tflite.post_process import PostProcess
from coralline.tflite.post_process_op import PostProcessing


@dataclasses.dataclass(frozen=True)
class JudgedPlaces:
    """Where the models of one judgement lie, from which any process can load them.

    Attributes:
      tflite_folder: TFLiteExporter's output: `model.tflite` and `export.json`.
      model_folder: the trainer's output.
      baseline: the bundle of the model that is served, if there is one to compare with.
      class_names: the label map of this run.
    """

    tflite_folder: str
    model_folder: str
    baseline: str | None
    class_names: tuple[str, ...]

    def load(self) -> dict[str, JudgedModel]:
        """The models, by the name under which they are judged.

        Raises:
          UserError: the file that is judged, or the baseline, can't be run.
        """
        from components.evaluator.blessing import BASELINE, CANDIDATE

        content = storage.read_bytes(f"{self.tflite_folder}/model.tflite")
        models: dict[str, JudgedModel] = {CANDIDATE: FileModel(detectors_of(content)), **self.references()}
        if self.baseline is not None:
            models[BASELINE] = published_model(self.baseline, self.class_names)[0]
        return models

    def references(self) -> dict[str, ReferenceModel]:
        """The models that the file was made from, with the file's post-processing."""
        from components.evaluator.blessing import FLOAT, QAT

        export = self.export()
        height, width = export["input"]
        post_processing = PostProcessing.from_json(export["post_processing"])
        return {w: ReferenceModel(self.model_folder, w, post_processing, (height, width)) for w in (QAT, FLOAT)}

    def export(self) -> dict[str, Any]:
        """What TFLiteExporter says of the file."""
        found: dict[str, Any] = json.loads(storage.read_bytes(f"{self.tflite_folder}/export.json"))
        return found


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
        """Detections in letterboxed images (uint8 [n, H, W, 3] RGB), boxes normalized to that input."""
        encodings, scores = self.raw.predict(images)
        return [self._post_process.run(*raw) for raw in zip(encodings, scores, strict=True)]


def published_model(folder: str, class_names: Sequence[str]) -> tuple[FileModel, tuple[str, ...]]:
    """The model of a published bundle, its classes brought to the label map's ids by name, and those that it knows.

    Args:
      folder: a bundle with `model.tflite`, `labels.txt` and `manifest.json`.
      class_names: the label map of this run.

    Raises:
      UserError: it can't be read or run.
    """
    try:
        content = storage.read_bytes(f"{folder}/model.tflite")
    except OSError as e:
        raise UserError("the published model can't be read", file=folder, found=e) from e
    names = list(class_names)
    detector = Detector(content)
    labels = detector.labels or _manifest_labels(folder)
    class_ids = [names.index(label) if label in names else -1 for label in labels]
    return FileModel(detector, class_ids), tuple(name for name in names if name in labels)


def _manifest_labels(folder: str) -> list[str]:
    try:
        return list(json.loads(storage.read_bytes(f"{folder}/manifest.json"))["labels"])
    except (OSError, ValueError, KeyError, TypeError) as e:
        raise UserError("the published model has no labels", file=folder, found=e) from e
