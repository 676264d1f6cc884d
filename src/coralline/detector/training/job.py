"""A training's job: what it is given, and the schedule that follows from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Literal

import numpy as np

from coralline.data.records import tfrecord
from coralline.data.records.tf_example import decode_example
from coralline.detector.settings import Settings
from coralline.detector.training.loop import Phase

PhaseName = Literal["float", "qat"]
PHASES: dict[PhaseName, str] = {"float": "float", "qat": "quantization-aware"}
# In a phase, unless the settings say how often. An evaluation of 100 images costs as much as ten steps, and twice
# that where quantization is simulated, whose figures hardly change any more.
_EVALUATIONS: dict[PhaseName, int] = {"float": 10, "qat": 5}


@dataclasses.dataclass(frozen=True)
class Job:
    """What to train on, and how.

    Attributes:
      files: gzipped TFRecords of the training examples.
      eval_files: those of the images that checkpoints are compared on.
      class_names: of the real classes, in the order of their ids.
      settings: everything else.
    """

    files: tuple[str, ...]
    eval_files: tuple[str, ...]
    class_names: tuple[str, ...]
    settings: Settings

    @property
    def num_classes(self) -> int:
        return len(self.class_names)

    def name_images(self, numbers: Sequence[int]) -> list[str]:
        """The names of training images by their place in the files."""
        wanted = set(numbers)
        records = enumerate(record for path in self.files for record in tfrecord.read_record_file(path))
        names = {number: decode_example(record).source_id for number, record in records if number in wanted}
        return [names[number] for number in numbers]


@dataclasses.dataclass(frozen=True)
class Annotated:
    """What training examples hold besides pixels.

    Attributes:
      images: how many.
      boxes_xmin_ymin_xmax_ymax: `[n, 4]` float32, pixels of the upright image.
      longer_sides: `[n]`, the longer side of each box's image in pixels.
    """

    images: int
    boxes_xmin_ymin_xmax_ymax: np.ndarray
    longer_sides: np.ndarray

    @classmethod
    def read(cls, files: Sequence[str]) -> Annotated:
        images, boxes, sides = 0, [np.zeros((0, 4), np.float32)], []
        for record in (record for path in files for record in tfrecord.read_record_file(path)):
            example = decode_example(record)
            images += 1
            ymin, xmin, ymax, xmax = example.boxes_ymin_xmin_ymax_xmax.T
            scale = [example.width, example.height, example.width, example.height]
            boxes.append(np.stack([xmin, ymin, xmax, ymax], axis=1) * np.array(scale, np.float32))
            sides += [max(example.width, example.height)] * len(ymin)
        return cls(images, np.concatenate(boxes), np.array(sides, np.float32))


def phase_of(settings: Settings, name: PhaseName) -> Phase:
    """The schedule of a phase."""
    preset, quantized = settings.preset, name == "qat"
    steps = preset.qat_steps if quantized else preset.float_steps
    return Phase(
        name=PHASES[name],
        steps=steps,
        batch_size=preset.batch_size,
        learning_rate=preset.qat_learning_rate if quantized else preset.learning_rate,
        checkpoint_every=settings.train.checkpoint_every,
        evaluate_every=settings.train.evaluate_every or -(-steps // _EVALUATIONS[name]),
        early_stop=settings.train.early_stop,
        ema_decay=settings.train.ema_decay,
        mixed_precision=None if quantized else settings.train.mixed_precision,
    )
