"""What training does: the preset with what the configuration overrides. No TensorFlow."""

from __future__ import annotations

import dataclasses
from typing import Any

from components import progress
from components.detector import presets
from components.detector.augmentation import Augmentation
from components.errors import UserError

_SCHEDULE = ("float_steps", "qat_steps", "batch_size", "learning_rate", "qat_learning_rate")


@dataclasses.dataclass(frozen=True)
class Settings:
    """Everything that training wants to know beside the data."""

    preset: presets.Preset
    augmentation: Augmentation
    warm_start: str | None
    warm_start_sha256: str | None
    seed: int
    checkpoint_every: int

    @classmethod
    def resolve(cls, model: dict[str, Any], train: dict[str, Any], augment: dict[str, Any]) -> Settings:
        """From these sections of the configuration; None means: what the preset says.

        Raises:
          UserError: there is no such preset, or it can't have that input size.
        """
        overrides = {key: train[key] for key in _SCHEDULE if train.get(key) is not None}
        preset = presets.get(model["preset"])
        if model.get("input_size") is not None:
            overrides["input_size"] = _fitting_size(model["input_size"], preset)
        if augment.get("scale") is not None:
            overrides["scale_jitter"] = tuple(augment["scale"])
        return cls(
            preset=dataclasses.replace(preset, **overrides),
            augmentation=Augmentation.of_section(augment),
            warm_start=model.get("warm_start"),
            warm_start_sha256=model.get("warm_start_sha256"),
            seed=train["seed"],
            checkpoint_every=train["checkpoint_every"],
        )

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
                mend="add images, lower data.eval_fraction or lower train.batch_size",
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
            mend=f"set it to {' or '.join(map(str, near))}",
        )
    return size
