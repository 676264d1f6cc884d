"""How well a model in training detects: COCO's average precision on other images, by the file's own post-processing."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from coralline.data.records.tf_example import decode_example
from coralline.detector.inputs.image_records import ImageRecords
from coralline.detector.network.saved_model import predict_raw
from coralline.detector.training import eval_pictures
from coralline.detector.training.selection_side import second_half
from coralline.scoring import coco
from coralline.scoring.inference import Letterboxed, letterbox_all
from coralline.scoring.labelled_images import of_example
from coralline.tflite.detections import Detections
from coralline.tflite.post_process import PostProcess
from coralline.tflite.post_process_op import PostProcessing

# The file's own settings depend on the export; these leave nothing out that COCO counts.
_SCORE_THRESHOLD, _IOU_THRESHOLD = 0.01, 0.5
_PICTURES, _PICTURED_SCORE = 4, 0.3
_NOISE = 0.1


@dataclasses.dataclass(frozen=True)
class CheckpointFigures:
    """What came of one evaluation.

    Attributes:
      figures: average precisions.
      detections: one an image.
      of_halves: the scores on each half of the images; none if these aren't cross-checked.
    """

    figures: coco.Figures
    detections: list[Detections]
    of_halves: tuple[float, ...] = ()

    @property
    def score(self) -> float:
        """The score that checkpoints are compared by: AP; 0 if the images have no boxes."""
        return self.figures.ap or 0.0


@dataclasses.dataclass(frozen=True)
class Sample:
    """Images for evaluations during a training.

    Attributes:
      images: letterboxed.
      in_second_half: `[n]` bool, of each image; halves have no group of images in common.
    """

    images: Letterboxed
    in_second_half: np.ndarray

    @classmethod
    def of(cls, records: ImageRecords, size: int, most: int) -> Sample:
        """Up to `most` images, evenly chosen, letterboxed to `size` pixels a side."""
        count = sum(1 for _ in records)
        wanted = set(np.linspace(0, count - 1, min(most, count)).round().astype(int).tolist())
        chosen = [record for place, record in enumerate(records) if place in wanted]
        examples = map(decode_example, chosen)
        halves = second_half([example.group or example.source_id for example in examples])
        return cls(letterbox_all(map(of_example, chosen), (size, size)), np.array(halves, bool))


class Evaluation:
    """Evaluates models on a sample.

    Args:
      sample: of the images.
      class_names: names of class ids 0, 1, ...
      anchors: `[anchors, 4]` float32, ycenter, xcenter, height, width, normalized.
      cross_checked: whether models are also scored on each half of the images.
    """

    def __init__(self, sample: Sample, class_names: Sequence[str], anchors: np.ndarray, cross_checked: bool = False):
        self._images, self._class_names = sample.images, class_names
        halves = (np.flatnonzero(sample.in_second_half == second).tolist() for second in (False, True))
        self._halves = [half for half in halves if half] if cross_checked else []
        self.input_size = (self._images.pixels.shape[1], self._images.pixels.shape[2])
        settings = PostProcessing(coco.MAX_DETECTIONS, _SCORE_THRESHOLD, _IOU_THRESHOLD, num_classes=len(class_names))
        self._post_process = PostProcess(anchors, settings)

    @property
    def noise(self) -> float:
        """By how much AP differs between models that are the same but for chance.

        Quantization-aware models some steps of a very low learning rate apart differed, in one standard deviation, by
        .013 on 33 boxes (raccoon) and by .003 on 1,177 (BCCD): about a tenth of the inverse square root.
        """
        boxes = sum(int(np.sum(~truth.difficult.astype(bool))) for truth in self._images.ground_truths)
        return _NOISE / max(1, boxes) ** 0.5

    def of(self, raw: tf.types.experimental.ConcreteFunction) -> CheckpointFigures:
        """Evaluates a model.

        Args:
          raw: gives the model's raw outputs (see `saved_model.raw_function`).
        """
        detections = self._images.detect(_Model(self.input_size, raw, self._post_process))
        everything = list(range(len(detections)))
        figures, *of_halves = (self._figures(detections, places) for places in (everything, *self._halves))
        return CheckpointFigures(figures, detections, tuple(half.ap or 0.0 for half in of_halves))

    def _figures(self, detections: Sequence[Detections], places: Sequence[int]) -> coco.Figures:
        truths = [self._images.ground_truths[place] for place in places]
        return coco.score(truths, [detections[place] for place in places], self._class_names)

    def write_summaries(self, evaluated: CheckpointFigures) -> None:
        """Figures, and a few images with what is in them and with what was found, by the default summary writer."""
        for name, value in (("AP", evaluated.figures.ap), ("AP50", evaluated.figures.ap50)):
            tf.summary.scalar(f"eval/{name}", value or 0.0)
        shown = range(min(_PICTURES, len(self._images.scales)))
        pixels = [self._images.pixels[index] for index in shown]
        found = [self._on_input(evaluated.detections[index].at_least(_PICTURED_SCORE), index) for index in shown]
        eval_pictures.write_pictures("eval/found", pixels, found, self._class_names, with_scores=True)
        annotated = [self._on_input(self._annotated(index), index) for index in shown]
        eval_pictures.write_pictures("eval/annotated", pixels, annotated, self._class_names, with_scores=False)

    def _annotated(self, index: int) -> Detections:
        truth = self._images.ground_truths[index]
        return eval_pictures.certain(truth.boxes_ymin_xmin_ymax_xmax, truth.class_ids)

    def _on_input(self, boxes: Detections, index: int) -> Detections:
        scale = np.tile(np.array(self._images.scales[index], np.float32), 2)
        return Detections(boxes.boxes_ymin_xmin_ymax_xmax * scale, boxes.class_ids, boxes.scores)


@dataclasses.dataclass(frozen=True)
class _Model:
    input_size: tuple[int, int]
    raw: Callable[..., tuple[tf.Tensor, tf.Tensor]]
    post_process: PostProcess

    def detect(self, images: np.ndarray) -> list[Detections]:
        return [
            self.post_process.run(boxes, scores) for boxes, scores in zip(*predict_raw(self.raw, images), strict=True)
        ]
