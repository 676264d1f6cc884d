"""Every model over the same images, each decoded once: ground truth and detections side by side."""

from __future__ import annotations

import dataclasses
import io
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

from components.dataset.tf_example import GroundTruthExample, decode_example
from components.errors import UserError
from components.evaluator.coco import GroundTruth
from components.evaluator.judged_models import JudgedModel
from components.tflite.detections import Detections
from components.tflite.interpreter import cores
from components.tflite.letterbox import letterbox, to_original, upright_rgb

_BATCH = 16  # images in memory at once


@dataclasses.dataclass
class Evaluated:
    """What was in the images and what each model saw.

    Attributes:
      ground_truths: one an image.
      detections: {model's name: one an image, in the same order}; boxes normalized to the upright image.
    """

    ground_truths: list[GroundTruth]
    detections: dict[str, list[Detections]]


def run(models: Mapping[str, JudgedModel], examples: Iterable[bytes]) -> Evaluated:
    """Runs each model over serialized tf.Examples.

    Raises:
      UserError: an image can't be decoded, or there is none.
    """
    evaluated = Evaluated([], {name: [] for name in models})
    with ThreadPoolExecutor(cores()) as pool:
        for batch in _batches(pool.map, examples):
            evaluated.ground_truths += [truth for truth, _ in batch]
            fitted = {
                size: _fit([image for _, image in batch], size) for size in {m.input_size for m in models.values()}
            }
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


def upright_image(example: GroundTruthExample) -> Image.Image:
    """The example's image, decoded, turned upright, RGB.

    Raises:
      UserError: it can't be decoded.
    """
    try:
        with Image.open(io.BytesIO(example.image_encoded)) as image:
            return upright_rgb(image)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as e:
        raise UserError("the image can't be decoded", file=example.filename, found=str(e)) from e


_Loaded = tuple[GroundTruth, Image.Image]


def _batches(parallel: Callable[..., Iterator[_Loaded]], examples: Iterable[bytes]) -> Iterator[list[_Loaded]]:
    waiting = iter(examples)
    while chunk := list(itertools.islice(waiting, _BATCH)):
        yield list(parallel(_load, chunk))


def _load(serialized: bytes) -> _Loaded:
    example = decode_example(serialized)
    image = upright_image(example)
    return ground_truth(example, image), image


def ground_truth(example: GroundTruthExample, image: Image.Image) -> GroundTruth:
    """The boxes of an example whose upright image is at hand."""
    return GroundTruth(
        name=example.filename,
        height=image.height,
        width=image.width,
        boxes_ymin_xmin_ymax_xmax=example.boxes_ymin_xmin_ymax_xmax,
        class_ids=example.class_ids - 1,
        difficult=example.difficult,
    )


def _fit(images: list[Image.Image], size: tuple[int, int]) -> tuple[np.ndarray, list[tuple[float, float]]]:
    fitted = [letterbox(image, *size) for image in images]
    return np.stack([pixels for pixels, _, _ in fitted]), [(y, x) for _, y, x in fitted]


def _on_the_image(found: Detections, scale_y: float, scale_x: float) -> Detections:
    return Detections(to_original(found.boxes_ymin_xmin_ymax_xmax, scale_y, scale_x), found.class_ids, found.scores)
