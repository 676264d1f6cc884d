"""How well a model in training detects: eval images, COCO's average precision, the file's own post-processing."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import tensorflow as tf

from coralline.data.records import tfrecord
from coralline.detector.network.saved_model import predict_raw
from coralline.detector.training import eval_pictures
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
    """

    figures: coco.Figures
    detections: list[Detections]

    @property
    def score(self) -> float:
        """The score that checkpoints are compared by: AP; 0 if the images have no boxes."""
        return self.figures.ap or 0.0


class Evaluation:
    """The images for evaluations during a training.

    Args:
      images: letterboxed.
      class_names: names of class ids 0, 1, ...
      anchors: `[anchors, 4]` float32, ycenter, xcenter, height, width, normalized.
    """

    def __init__(self, images: Letterboxed, class_names: Sequence[str], anchors: np.ndarray):
        self._images, self._class_names = images, class_names
        self.input_size = (images.pixels.shape[1], images.pixels.shape[2])
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
        return CheckpointFigures(coco.score(self._images.ground_truths, detections, self._class_names), detections)

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


def sample(files: Sequence[str], size: int, most: int) -> Letterboxed:
    """An even sample of labelled images.

    Args:
      files: gzipped TFRecords of tf.Examples.
      size: height and width that they are letterboxed to.
      most: images to take at most.
    """
    count = sum(1 for _ in _records(files))
    wanted = set(np.linspace(0, count - 1, min(most, count)).round().astype(int).tolist())
    records = (record for number, record in enumerate(_records(files)) if number in wanted)
    return letterbox_all(map(of_example, records), (size, size))


def _records(files: Sequence[str]) -> Iterator[bytes]:
    return (record for path in files for record in tfrecord.read_record_file(path))
