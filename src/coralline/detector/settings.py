"""What training does: the preset with what the configuration overrides. No TensorFlow."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from coralline.detector import presets
from coralline.detector.anchors import anchor_choice, grid
from coralline.detector.inputs.augmentation import AugmentSettings
from coralline.detector.model_settings import ModelSettings
from coralline.detector.train_settings import TrainSettings
from coralline.foundation import progress
from coralline.foundation.errors import UserError

_ANCHORS = ("anchor_size", "num_scales", "aspect_ratios")
SCHEDULE = ("float_steps", "qat_steps", "batch_size", "learning_rate", "qat_learning_rate")
"""Settings of `train` whose values are the preset's, unless they are set."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """Everything that a training needs to know besides the data.

    Attributes:
      preset: with everything that the sections override.
      model, train, augment: the sections of the configuration.
    """

    preset: presets.Preset
    model: ModelSettings
    train: TrainSettings
    augment: AugmentSettings

    @classmethod
    def resolve(cls, model: ModelSettings, train: TrainSettings, augment: AugmentSettings) -> Settings:
        """Applies the sections to the preset that they name.

        Raises:
          UserError: there is no such preset, or it can't have that input size or those anchors.
        """
        preset = presets.get(model.preset)
        overrides: dict[str, Any] = {key: getattr(train, key) for key in SCHEDULE}
        overrides |= {"anchor_size": model.anchor_size, "num_scales": model.num_scales}
        overrides["aspect_ratios"] = tuple(model.aspect_ratios) if model.aspect_ratios else None
        overrides["input_size"] = _fitting_size(model.input_size, preset) if model.input_size else None
        overrides["scale_jitter"] = augment.scale
        preset = dataclasses.replace(preset, **{key: value for key, value in overrides.items() if value is not None})
        _require_sane_anchors(preset)
        _require_averages_that_can_be(train)
        return cls(preset, model, train, augment)

    def fitted(self, boxes_xmin_ymin_xmax_ymax: np.ndarray, longer_sides: np.ndarray) -> Settings:
        """With anchors fitted to the training boxes, if that is wanted and the preset's anchors don't fit.

        Args:
          boxes_xmin_ymin_xmax_ymax: `[n, 4]`, pixels of the upright image.
          longer_sides: `[n]`, the longer side of each box's image in pixels.
        """
        if not self.model.fit_anchors or any(getattr(self.model, name) is not None for name in _ANCHORS):
            return self
        at_input = grid.letterboxed_boxes(boxes_xmin_ymin_xmax_ymax, longer_sides, self.preset)
        return dataclasses.replace(self, preset=anchor_choice.choose_anchors(self.preset, at_input))

    def scheduled(self, training_images: int) -> Settings:
        """With as many float steps as this amount of data takes, unless they are set."""
        if self.train.float_steps is not None:
            return self
        steps = self.preset.float_steps_for(training_images)
        return dataclasses.replace(self, preset=dataclasses.replace(self.preset, float_steps=steps))

    def require_a_batch(self, training_images: int) -> None:
        """Makes sure that there are images for one step.

        Raises:
          UserError: there are fewer.
        """
        batch = self.preset.batch_size
        if training_images < batch:
            raise UserError(
                "there are too few training images for a batch",
                expected=f"at least train.batch_size = {batch} images in the train split",
                found=progress.counted(training_images, "image"),
                fix="add images, lower data.eval_fraction or lower train.batch_size",
            )


def _require_sane_anchors(preset: presets.Preset) -> None:
    """Makes sure that anchors of a cell differ, and aren't too many.

    Each is a row of scores for every cell of every level: more channels in the last layers of the head, more boxes for
    the post-processing, which runs on the CPU.
    """
    ratios, count = preset.aspect_ratios, preset.anchors_per_cell()
    if len(set(ratios)) < len(ratios):
        raise UserError(
            "`model.aspect_ratios` names a ratio twice",
            expected="ratios that differ",
            found=str(list(ratios)),
            fix="leave one of them out",
        )
    if count > presets.MOST_ANCHORS_PER_CELL:
        raise UserError(
            "there would be too many anchors in a cell",
            expected=f"at most {presets.MOST_ANCHORS_PER_CELL}: each makes the head larger and post-processing slower",
            found=f"{preset.num_scales} scales x {progress.counted(len(ratios), 'aspect ratio')} = {count}",
            fix="lower model.num_scales, or name fewer model.aspect_ratios",
        )


def _require_averages_that_can_be(train: TrainSettings) -> None:
    """Model Garden's trainer (2.16) doesn't find averaged weights behind a loss scale."""
    if train.mixed_precision == "float16" and train.ema_decay is not None:
        raise UserError(
            "`train.ema_decay` doesn't go with `train.mixed_precision: float16`",
            expected="a moving average of the weights, or float16 with its loss scaling",
            found=f"ema_decay {train.ema_decay}, mixed_precision float16",
            fix="set train.mixed_precision to bfloat16, or leave train.ema_decay out",
        )


def _fitting_size(size: int, preset: presets.Preset) -> int:
    """The size, if every level's stride divides it; otherwise Model Garden would silently enlarge it."""
    stride = preset.coarsest_stride
    if size % stride:
        near = sorted({max(stride, size // stride * stride), -(-size // stride) * stride})
        raise UserError(
            f"`model.input_size` doesn't fit the preset {preset.name}",
            expected=f"a multiple of {stride}, the stride of its coarsest level",
            found=str(size),
            fix=f"set it to {' or '.join(map(str, near))}",
        )
    return size
