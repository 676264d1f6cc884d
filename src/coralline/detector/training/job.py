"""A training's job: what it is given, and the schedule that follows from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from typing import Any, Literal

import numpy as np

from coralline.data.records.tf_example import GroundTruthExample, decode_example
from coralline.detector.inputs.augmentation import RANDAUGMENT_MAGNITUDE
from coralline.detector.inputs.image_records import ImageRecords
from coralline.detector.settings import SCHEDULE, Settings
from coralline.detector.training.loop import Phase
from coralline.detector.training.selection_side import SideImage

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
      eval_files: those of split `eval`, on which checkpoints are compared unless training images are held out for it.
      class_names: of the real classes, in the order of their ids.
      settings: everything else.
      judged_on_test: whether the data has a `test` split, which then judges the model.
    """

    files: tuple[str, ...]
    eval_files: tuple[str, ...]
    class_names: tuple[str, ...]
    settings: Settings
    judged_on_test: bool = False

    @property
    def num_classes(self) -> int:
        return len(self.class_names)

    def name_images(self, numbers: Sequence[int]) -> list[str]:
        """The names of training images by their place in the files."""
        wanted, records = set(numbers), ImageRecords(self.files).numbered()
        names = {number: decode_example(record).source_id for number, record in records if number in wanted}
        return [names[number] for number in numbers]


@dataclasses.dataclass(frozen=True)
class _OfImage:
    number: int
    side_image: SideImage
    boxes_xmin_ymin_xmax_ymax: np.ndarray
    longer_side: int


@dataclasses.dataclass(frozen=True)
class Annotated:
    """What training examples hold besides pixels."""

    of_images: tuple[_OfImage, ...]

    @classmethod
    def read(cls, files: Sequence[str], class_names: Sequence[str]) -> Annotated:
        """Of every record of the files; class names in the order of their ids."""
        return cls(
            tuple(
                _annotations(number, decode_example(record), class_names)
                for number, record in ImageRecords(tuple(files)).numbered()
            )
        )

    def without(self, numbers: Collection[int]) -> Annotated:
        """What is left without some images."""
        return Annotated(tuple(image for image in self.of_images if image.number not in numbers))

    @property
    def images(self) -> int:
        """How many."""
        return len(self.of_images)

    @property
    def numbers(self) -> frozenset[int]:
        """Of the images: their places in the files."""
        return frozenset(image.number for image in self.of_images)

    @property
    def side_images(self) -> list[SideImage]:
        """In the order of the files."""
        return [image.side_image for image in self.of_images]

    @property
    def boxes_xmin_ymin_xmax_ymax(self) -> np.ndarray:
        """`[n, 4]` float32, pixels of the upright image."""
        boxes = [image.boxes_xmin_ymin_xmax_ymax for image in self.of_images]
        return np.concatenate([np.zeros((0, 4), np.float32), *boxes])

    @property
    def longer_sides(self) -> np.ndarray:
        """`[n]` float32, the longer side of each box's image in pixels."""
        sides = [(image.longer_side, len(image.boxes_xmin_ymin_xmax_ymax)) for image in self.of_images]
        return np.repeat(np.array([side for side, _ in sides], np.float32), [count for _, count in sides])


def _annotations(number: int, example: GroundTruthExample, class_names: Sequence[str]) -> _OfImage:
    ymin, xmin, ymax, xmax = example.boxes_ymin_xmin_ymax_xmax.T
    scale = np.array([example.width, example.height, example.width, example.height], np.float32)
    names = frozenset(class_names[class_id - 1] for class_id in example.class_ids.tolist())
    return _OfImage(
        number,
        SideImage(example.group or example.source_id, names),
        np.stack([xmin, ymin, xmax, ymax], axis=1) * scale,
        max(example.width, example.height),
    )


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
        evaluate_every=settings.train.evaluate_every or _evaluate_every(name, steps),
        early_stop=settings.train.early_stop,
        ema_decay=settings.train.ema_decay,
        mixed_precision=None if quantized else settings.train.mixed_precision,
    )


def settings_used(settings: Settings) -> dict[str, Any]:
    """The values with which a training goes on, for the settings of its sections, by dotted name (`train.qat_steps`).

    Args:
      settings: after anchors were fitted and the schedule was made.
    """
    preset = settings.preset
    model = settings.model.model_dump(mode="json") | {
        "input_size": preset.input_size,
        "anchor_size": preset.anchor_size,
        "num_scales": preset.num_scales,
        "aspect_ratios": list(preset.aspect_ratios),
    }
    schedule = {name: getattr(preset, name) for name in SCHEDULE}
    every = {name: _evaluate_every(name, getattr(preset, f"{name}_steps")) for name in PHASES}
    train = settings.train.model_dump(mode="json") | schedule
    train["evaluate_every"] = settings.train.evaluate_every or every
    augment = settings.augment.model_dump(mode="json") | {"scale": list(preset.scale_jitter)}
    if settings.augment.policy == "randaugment" and settings.augment.magnitude is None:
        augment["magnitude"] = RANDAUGMENT_MAGNITUDE
    sections = {"model": model, "train": train, "augment": augment}
    return {f"{section}.{name}": value for section, values in sections.items() for name, value in values.items()}


def _evaluate_every(name: PhaseName, steps: int) -> int:
    return -(-steps // _EVALUATIONS[name])
