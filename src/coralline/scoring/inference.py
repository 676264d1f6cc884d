"""Every model over the same images, each decoded once: ground truth and detections side by side."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import numpy as np
from PIL import Image

from coralline.foundation.errors import UserError
from coralline.scoring.coco import GroundTruth
from coralline.scoring.labelled_images import LabelledImage
from coralline.tflite.detections import Detections
from coralline.tflite.interpreter import cores
from coralline.tflite.letterbox import letterbox, to_original


class JudgedModel(Protocol):
    """A detector of fixed input size."""

    @property
    def input_size(self) -> tuple[int, int]:
        """(height, width)."""

    def detect(self, images: np.ndarray) -> list[Detections]:
        """Detections in letterboxed images (uint8 [n, H, W, 3] RGB), boxes normalized to that input."""


_BATCH = 16  # decoded images in memory at once


@dataclasses.dataclass(frozen=True)
class Letterboxed:
    """Images as a model of one input size sees them.

    Attributes:
      ground_truths: one an image.
      pixels: uint8 [n, H, W, 3] RGB.
      scales: (y, x) of each: the fraction of the input that the image covers.
    """

    ground_truths: list[GroundTruth]
    pixels: np.ndarray
    scales: list[tuple[float, float]]

    def detect(self, model: JudgedModel) -> list[Detections]:
        """What a model sees in each, boxes normalized to the upright image."""
        if not self.scales:
            return []
        return [_on_the_image(*found) for found in zip(model.detect(self.pixels), self.scales, strict=True)]


@dataclasses.dataclass
class Evaluated:
    """What was in the images and what each model saw.

    Attributes:
      ground_truths: one an image.
      detections: {model's name: one an image, in the same order}; boxes normalized to the upright image.
    """

    ground_truths: list[GroundTruth]
    detections: dict[str, list[Detections]]


def run_models(models: Mapping[str, JudgedModel], images: Iterable[LabelledImage]) -> Evaluated:
    """Runs each model over the images.

    Raises:
      UserError: an image can't be decoded, or there is none.
    """
    evaluated = Evaluated([], {name: [] for name in models})
    for batch in _letterboxed_batches(images, {model.input_size for model in models.values()}):
        evaluated.ground_truths += next(iter(batch.values())).ground_truths
        for name, model in models.items():
            evaluated.detections[name] += batch[model.input_size].detect(model)
    if not evaluated.ground_truths:
        raise UserError(
            "there is no image to evaluate the model on",
            expected="at least one image in the eval split",
            found="none",
            fix="raise data.eval_fraction, or list images in ImageSets/Main/val.txt",
        )
    return evaluated


def letterbox_all(images: Iterable[LabelledImage], size: tuple[int, int]) -> Letterboxed:
    """All images in memory, to be shown to models again and again.

    Args:
      images: each is decoded once.
      size: (height, width) of the models' input.

    Raises:
      UserError: an image can't be decoded.
    """
    batches = [batch[size] for batch in _letterboxed_batches(images, {size})]
    return Letterboxed(
        [truth for batch in batches for truth in batch.ground_truths],
        np.concatenate([np.zeros((0, *size, 3), np.uint8), *(batch.pixels for batch in batches)]),
        [scale for batch in batches for scale in batch.scales],
    )


def _letterboxed_batches(
    images: Iterable[LabelledImage], sizes: Collection[tuple[int, int]]
) -> Iterator[dict[tuple[int, int], Letterboxed]]:
    waiting = iter(images)
    with ThreadPoolExecutor(cores()) as pool:
        while batch := list(pool.map(LabelledImage.decode, itertools.islice(waiting, _BATCH))):
            yield {size: _fit(batch, size) for size in sizes}


def _fit(decoded: list[tuple[GroundTruth, Image.Image]], size: tuple[int, int]) -> Letterboxed:
    fitted = [letterbox(image, *size) for _, image in decoded]
    pixels = np.stack([pixels for pixels, _, _ in fitted])
    return Letterboxed([truth for truth, _ in decoded], pixels, [(y, x) for _, y, x in fitted])


def _on_the_image(found: Detections, scales: tuple[float, float]) -> Detections:
    boxes = to_original(found.boxes_ymin_xmin_ymax_xmax, *scales)
    return Detections(boxes, found.class_ids, found.scores)
