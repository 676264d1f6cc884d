"""What training does: the preset with what the configuration overrides. No TensorFlow."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

import numpy as np

from coralline.detector import presets
from coralline.detector.anchors import anchor_choice, grid
from coralline.detector.inputs.augmentation import Augmentation
from coralline.foundation import progress
from coralline.foundation.errors import UserError

_ANCHORS = ("anchor_size", "num_scales", "aspect_ratios")
_SCHEDULE = ("float_steps", "qat_steps", "batch_size", "learning_rate", "qat_learning_rate")
_EVALUATION = ("evaluate_every", "evaluate_images", "early_stop", "ema_decay")
_LOOP = ("seed", "checkpoint_every", "mixed_precision", "xla", *_EVALUATION)


@dataclasses.dataclass(frozen=True)
class Settings:
    """Everything that training wants to know beside the data.

    Attributes:
      preset: with everything that the configuration overrides.
      fit_anchors: whether anchors may be fitted to the data.
      fit_steps: whether the float phase may be longer where there is more data.
      augmentation: what is done at random to training images, beside the preset's zoom.
      warm_start .. xla: see the configuration.
    """

    preset: presets.Preset
    fit_anchors: bool
    fit_steps: bool
    augmentation: Augmentation
    warm_start: str | None
    warm_start_sha256: str | None
    seed: int
    checkpoint_every: int
    evaluate_every: int | None
    evaluate_images: int
    early_stop: int | None
    ema_decay: float | None
    mixed_precision: Literal["bfloat16", "float16"] | None
    xla: bool

    @classmethod
    def resolve(cls, model: dict[str, Any], train: dict[str, Any], augment: dict[str, Any]) -> Settings:
        """From these sections of the configuration; None means: what the preset says.

        Raises:
          UserError: there is no such preset, or it can't have that input size or those anchors.
        """
        preset = presets.get(model["preset"])
        overrides = {key: train[key] for key in _SCHEDULE if train.get(key) is not None}
        overrides |= {key: model[key] for key in _ANCHORS if model.get(key) is not None}
        if "aspect_ratios" in overrides:
            overrides["aspect_ratios"] = tuple(overrides["aspect_ratios"])
        if model.get("input_size") is not None:
            overrides["input_size"] = _fitting_size(model["input_size"], preset)
        if augment.get("scale") is not None:
            overrides["scale_jitter"] = tuple(augment["scale"])
        preset = dataclasses.replace(preset, **overrides)
        _require_sane_anchors(preset)
        _require_averages_that_can_be(train)
        return cls(
            preset=preset,
            fit_anchors=model["fit_anchors"] and not any(name in overrides for name in _ANCHORS),
            fit_steps="float_steps" not in overrides,
            augmentation=Augmentation.of_section(augment),
            warm_start=model.get("warm_start"),
            warm_start_sha256=model.get("warm_start_sha256"),
            **{key: train[key] for key in _LOOP},
        )

    def fitted(self, boxes_xmin_ymin_xmax_ymax: np.ndarray, longer_sides: np.ndarray) -> Settings:
        """With anchors that fit the training boxes, where that is wanted and the preset's don't.

        Args:
          boxes_xmin_ymin_xmax_ymax: `[n, 4]`, pixels of the upright image.
          longer_sides: `[n]`, the longer side of each box's image in pixels.
        """
        if not self.fit_anchors:
            return self
        at_input = grid.letterboxed_boxes(boxes_xmin_ymin_xmax_ymax, longer_sides, self.preset)
        return dataclasses.replace(self, preset=anchor_choice.choose_anchors(self.preset, at_input))

    def scheduled(self, training_images: int) -> Settings:
        """With the steps that so much data takes, where they aren't set."""
        if not self.fit_steps:
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
            expected="ratios that differ: two of the same anchors can't be told apart",
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


def _require_averages_that_can_be(train: dict[str, Any]) -> None:
    """Makes sure that Model Garden's trainer (2.16) finds the averages, which it doesn't behind a loss scale."""
    if train["mixed_precision"] == "float16" and train["ema_decay"] is not None:
        raise UserError(
            "`train.ema_decay` doesn't go with `train.mixed_precision: float16`",
            expected="a moving average of the weights, or float16 with its loss scaling",
            found=f"ema_decay {train['ema_decay']}, mixed_precision float16",
            fix="set train.mixed_precision to bfloat16, or leave train.ema_decay out",
        )


def _fitting_size(size: int, preset: presets.Preset) -> int:
    """The size, if every level's stride divides it: Model Garden would silently enlarge it, and boxes would be off."""
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
