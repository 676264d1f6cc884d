"""Every model over the same images, each decoded once: ground truth and detections side by side."""

from __future__ import annotations

import dataclasses
import itertools
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sized
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

import numpy as np

from coralline.foundation import progress
from coralline.foundation.errors import UserError
from coralline.scoring.coco import GroundTruth
from coralline.scoring.labelled_images import LabelledImage
from coralline.tflite.detections import Detections
from coralline.tflite.interpreter import cores
from coralline.tflite.letterbox import letterbox, to_original


class FailedImageError(Exception):
    """A model fails on one of the images that it was given.

    Attributes:
      index: which of them. found: what happened.
    """

    def __init__(self, index: int, found: str):
        self.index, self.found = index, found
        super().__init__(found)


class JudgedModel(Protocol):
    """A detector of fixed input size; `detect` may say with a `FailedImageError` on which image it failed."""

    @property
    def input_size(self) -> tuple[int, int]:
        """(height, width)."""

    def detect(self, images: np.ndarray) -> list[Detections]:
        """Detections in letterboxed images (uint8 [n, H, W, 3] RGB), boxes normalized to that input."""


_BATCH = 32  # of images decoded together; two batches are in memory at once
_TOLD_EVERY_S = 5.0


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
    """Runs each model over the images; tells how far it has come, every few seconds.

    Raises:
      UserError: an image can't be decoded, or there is none; a model fails on an image, or gives what is no number.
    """
    evaluated = Evaluated([], {name: [] for name in models})
    tell = _Teller(images)
    for batch in _letterboxed_batches(images, {model.input_size for model in models.values()}):
        evaluated.ground_truths += next(iter(batch.values())).ground_truths
        for name, model in models.items():
            evaluated.detections[name] += _detect(name, model, batch[model.input_size])
        tell.done(len(evaluated.ground_truths))
    if not evaluated.ground_truths:
        raise UserError(
            "there is no image to evaluate the model on",
            expected="at least one image in the eval split",
            found="none",
            fix="raise data.eval_fraction, or list images in ImageSets/Main/val.txt",
        )
    return evaluated


class _Teller:
    """ "scoring: 120 of 1,000 images", every few seconds."""

    def __init__(self, images: Iterable[LabelledImage]):
        self._all = len(images) if isinstance(images, Sized) else None
        self._told = time.monotonic()

    def done(self, count: int) -> None:
        """So many images are scored."""
        if count != self._all and time.monotonic() - self._told >= _TOLD_EVERY_S:
            self._told = time.monotonic()
            progress.note(
                f"scoring: {count:,} images" if self._all is None else f"scoring: {count:,} of {self._all:,} images"
            )


def _detect(name: str, model: JudgedModel, batch: Letterboxed) -> list[Detections]:
    try:
        found = batch.detect(model)
    except FailedImageError as e:
        raise _no_detections(name, batch.ground_truths[e.index], e.found) from e
    except (UserError, ValueError):
        for index, truth in enumerate(batch.ground_truths):  # to say on which image
            one = Letterboxed([truth], batch.pixels[index : index + 1], batch.scales[index : index + 1])
            try:
                one.detect(model)
            except (UserError, ValueError) as e:
                told = (e.found or e.what) if isinstance(e, UserError) else str(e)
                raise _no_detections(name, truth, told) from e
        raise
    for truth, of in zip(batch.ground_truths, found, strict=True):
        if np.isnan(of.boxes_ymin_xmin_ymax_xmax).any() or not np.isfinite(of.scores).all():
            raise _no_detections(name, truth, "a box or score that is no number")
    return found


def _no_detections(name: str, truth: GroundTruth, found: str) -> UserError:
    return UserError(
        f"the {name} model can't be scored: what it gives for an image are no detections",
        file=truth.name,
        expected="boxes, classes and scores, all of them numbers",
        found=found,
        fix="the model is damaged or its training diverged: train or export it again",
    )


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
    """The next batch is decoded while the one before is used."""
    waiting = iter(images)
    with ThreadPoolExecutor(cores()) as pool:

        def start() -> list[Future[_Fitted]]:
            return [pool.submit(_fit, image, sizes) for image in itertools.islice(waiting, _BATCH)]

        coming = start()
        while coming:
            batch, coming = [one.result() for one in coming], start()
            yield {size: _together(batch, size) for size in sizes}


_Fitted = tuple[GroundTruth, dict[tuple[int, int], tuple[np.ndarray, float, float]]]


def _fit(image: LabelledImage, sizes: Collection[tuple[int, int]]) -> _Fitted:
    truth, decoded = image.decode()
    return truth, {size: letterbox(decoded, *size) for size in sizes}


def _together(batch: list[_Fitted], size: tuple[int, int]) -> Letterboxed:
    fitted = [of[size] for _, of in batch]
    pixels = np.stack([pixels for pixels, _, _ in fitted])
    return Letterboxed([truth for truth, _ in batch], pixels, [(y, x) for _, y, x in fitted])


def _on_the_image(found: Detections, scales: tuple[float, float]) -> Detections:
    boxes = to_original(found.boxes_ymin_xmin_ymax_xmax, *scales)
    return Detections(boxes, found.class_ids, found.scores)
