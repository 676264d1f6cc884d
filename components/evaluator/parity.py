"""Where accuracy is lost on the way from the float model to the file that ships.

Float, quantization-aware and int8 model are run on the same images, and their raw outputs for every anchor before
suppression is compared: a difference between the first two is that of fake quantization, one between the last two that
of conversion. What the file's post-processing settings cost shows against thorough ones on the same raw outputs. The
layers that are behind it are found by `layer_errors`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from components.evaluator.layer_errors import LayerError, LayerErrors
from coralline.scoring import coco
from coralline.scoring.coco import Figures, GroundTruth
from coralline.scoring.labelled_images import LabelledImage
from coralline.tflite.detections import Detections
from coralline.tflite.letterbox import letterbox, to_original
from coralline.tflite.post_process import PostProcess
from coralline.tflite.post_process_op import PostProcessing
from coralline.tflite.traced_detector import TracedDetector

if TYPE_CHECKING:
    from coralline.detector.network.saved_model import RawModel

# Images on which raw outputs are compared, and of these the ones on which layers are.
IMAGES, LAYER_IMAGES = 64, 4
_STEPS = {("float", "qat"): "fake quantization", ("qat", "int8"): "conversion"}


@dataclasses.dataclass(frozen=True)
class Difference:
    """Of two models' raw outputs, over all anchors and images: mean and largest absolute difference, correlation."""

    mean: float
    largest: float
    correlation: float | None


@dataclasses.dataclass(frozen=True)
class ParityStep:
    """From one form of the model to the next.

    Attributes:
      name: the step between the two.
      before, after: the models, by their names in the report.
      ap_change: AP of `after` less that of `before`, on all evaluation images.
      boxes: of box encodings (in anchors' sizes). scores: of class scores, after the sigmoid.
    """

    name: str
    before: str
    after: str
    ap_change: float | None
    boxes: Difference
    scores: Difference


@dataclasses.dataclass(frozen=True)
class Parity:
    """The whole comparison.

    Attributes:
      images: on which raw outputs were compared.
      steps: float to quantization-aware to int8.
      post_processing: AP that thorough post-processing (suppression class by class, 100 detections) gains on those
        images; None if there is nothing to find.
      rounded_layers: the layers that lose most to fake quantization, worst first.
      converted_layers: those at which the file departs most from the quantization-aware model, worst first.
      explain: more AP was lost than `evaluate.explain_loss_above`.
    """

    images: int
    steps: tuple[ParityStep, ...]
    post_processing: float | None
    rounded_layers: tuple[LayerError, ...]
    converted_layers: tuple[LayerError, ...]
    explain: bool

    def as_json(self) -> dict[str, Any]:
        """All of it, for report.json."""
        return dataclasses.asdict(self)


def compare_models(
    content: bytes,
    raw: dict[str, RawModel],
    post_processing: PostProcessing,
    images: Iterable[LabelledImage],
    detections: Sequence[Detections],
    figures: dict[str, Figures],
    class_names: Sequence[str],
    explain_loss_above: float,
) -> Parity:
    """Compares the float, the quantization-aware and the int8 model.

    Args:
      content: the int8 file.
      raw: "float" and "qat", the models that it was made from.
      post_processing: the file's settings.
      images: all evaluation images, in order; an even sample is looked at.
      detections: the file's, one an image, boxes normalized to the upright image.
      figures: of each model by its name, on all images.
      class_names: names of class ids 0, 1, ...
      explain_loss_above: AP.
    """
    from coralline.detector.network.model_graph import ModelGraph

    file = TracedDetector(content)
    layers = LayerErrors(file, ModelGraph(raw["qat"]))
    thorough = PostProcess(raw["float"].anchors, _thorough(post_processing))
    apart = {pair: (_Compared(), _Compared()) for pair in _STEPS}
    sample = sorted(set(np.linspace(0, len(detections) - 1, min(IMAGES, len(detections))).round().astype(int)))
    truths: list[GroundTruth] = []
    found: list[Detections] = []
    for image in _at(images, sample):
        truth, picture = image.decode()
        pixels, scale_y, scale_x = letterbox(picture, *_input_size(file))
        said = {name: tuple(output[0] for output in model.predict(pixels[None])) for name, model in raw.items()}
        said["int8"] = file.run(pixels)
        for (before, after), outputs in apart.items():
            for compared, one, other in zip(outputs, said[before], said[after], strict=True):
                compared.add(one, other)
        if len(truths) < LAYER_IMAGES:
            layers.add(pixels)
        seen = thorough.run(*said["int8"])
        boxes = to_original(seen.boxes_ymin_xmin_ymax_xmax, scale_y, scale_x)
        truths.append(truth)
        found.append(Detections(boxes, seen.class_ids, seen.scores))
    changes = [_change(figures, before, "int8") for before in raw]
    return Parity(
        images=len(truths),
        steps=tuple(
            ParityStep(_STEPS[pair], *pair, _change(figures, *pair), boxes.difference(), scores.difference())
            for pair, (boxes, scores) in apart.items()
        ),
        post_processing=_gain(truths, [detections[index] for index in sample], found, class_names),
        rounded_layers=layers.rounded(),
        converted_layers=layers.converted(),
        explain=any(change is not None and -change > explain_loss_above for change in changes),
    )


def _at(images: Iterable[LabelledImage], places: Sequence[int]) -> Iterator[LabelledImage]:
    wanted = set(places)
    return (image for place, image in enumerate(images) if place in wanted)


def _gain(
    truths: list[GroundTruth], by_file: list[Detections], thorough: list[Detections], class_names: Sequence[str]
) -> float | None:
    """AP of the thorough detections minus that of the file's own."""
    aps = [coco.score(truths, found, class_names).ap for found in (by_file, thorough)]
    return None if aps[0] is None or aps[1] is None else aps[1] - aps[0]


def _thorough(post_processing: PostProcessing) -> PostProcessing:
    return dataclasses.replace(post_processing, max_detections=coco.MAX_DETECTIONS, use_regular_nms=True)


def _input_size(file: TracedDetector) -> tuple[int, int]:
    _, height, width, _ = file.model.main.tensors[file.model.main.inputs[0]].shape
    return height, width


def _change(figures: dict[str, Figures], before: str, after: str) -> float | None:
    one, other = figures[before].ap, figures[after].ap
    return None if one is None or other is None else other - one


class _Compared:
    """Pairs of values, as sums."""

    def __init__(self) -> None:
        self._sums = np.zeros(6)
        self._apart = self._largest = 0.0

    def add(self, one: np.ndarray, other: np.ndarray) -> None:
        x, y = np.ravel(one).astype(np.float64), np.ravel(other).astype(np.float64)
        self._sums += [x.size, x.sum(), y.sum(), (x * x).sum(), (y * y).sum(), (x * y).sum()]
        self._apart += np.abs(x - y).sum()
        self._largest = max(self._largest, float(np.abs(x - y).max()))

    def difference(self) -> Difference:
        n, x, y, xx, yy, xy = self._sums
        spread = (n * xx - x * x) * (n * yy - y * y)
        correlation = float((n * xy - x * y) / np.sqrt(spread)) if spread > 0 else None
        return Difference(float(self._apart / n), self._largest, correlation)
