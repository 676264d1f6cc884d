"""Every model over the same images, each decoded once: ground truth and detections side by side."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import numpy as np
from PIL import Image

from components.errors import UserError
from components.scoring.coco import GroundTruth
from components.scoring.labelled_images import LabelledImage
from components.tflite.detections import Detections
from components.tflite.interpreter import cores
from components.tflite.letterbox import letterbox, to_original


class JudgedModel(Protocol):
    """A detector of fixed input size.

    Attributes:
      input_size: (height, width).
    """

    input_size: tuple[int, int]

    def detect(self, images: np.ndarray) -> list[Detections]:
        """Detections in letterboxed images (uint8 [n, H, W, 3] RGB), boxes normalized to that input."""


_BATCH = 16  # decoded images in memory at once


@dataclasses.dataclass
class Evaluated:
    """What was in the images and what each model saw.

    Attributes:
      ground_truths: one an image.
      detections: {model's name: one an image, in the same order}; boxes normalized to the upright image.
    """

    ground_truths: list[GroundTruth]
    detections: dict[str, list[Detections]]


def run(models: Mapping[str, JudgedModel], images: Iterable[LabelledImage]) -> Evaluated:
    """Runs each model over the images.

    Raises:
      UserError: an image can't be decoded, or there is none.
    """
    evaluated = Evaluated([], {name: [] for name in models})
    sizes = {model.input_size for model in models.values()}
    waiting = iter(images)
    with ThreadPoolExecutor(cores()) as pool:
        while batch := list(pool.map(LabelledImage.decode, itertools.islice(waiting, _BATCH))):
            evaluated.ground_truths += [truth for truth, _ in batch]
            fitted = {size: _fit([image for _, image in batch], size) for size in sizes}
            for name, model in models.items():
                pixels, scales = fitted[model.input_size]
                for found, scale in zip(model.detect(pixels), scales, strict=True):
                    evaluated.detections[name].append(_on_the_image(found, *scale))
    if not evaluated.ground_truths:
        raise UserError(
            "there is no image to evaluate the model on",
            expected="at least one image in the eval split",
            found="none",
            mend="raise data.eval_fraction, or list images in ImageSets/Main/val.txt",
        )
    return evaluated


def _fit(images: list[Image.Image], size: tuple[int, int]) -> tuple[np.ndarray, list[tuple[float, float]]]:
    fitted = [letterbox(image, *size) for image in images]
    return np.stack([pixels for pixels, _, _ in fitted]), [(y, x) for _, y, x in fitted]


def _on_the_image(found: Detections, scale_y: float, scale_x: float) -> Detections:
    return Detections(to_original(found.boxes_ymin_xmin_ymax_xmax, scale_y, scale_x), found.class_ids, found.scores)
