"""The `train` section of the configuration."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from coralline.foundation.settings_section import SettingsSection


class TrainSettings(SettingsSection):
    """Schedule, checkpoints and numerics of a training; None is the preset's value, if it has one."""

    float_steps: int | None = Field(
        None,
        ge=1,
        description="Steps of the float phase. Where it isn't set, there are more than the preset's for more data: as "
        "many as its epochs take, up to its most.",
    )
    qat_steps: int | None = Field(None, ge=1, description="Steps of the quantization-aware phase.")
    batch_size: int | None = Field(None, ge=1, description="Images a step.")
    learning_rate: float | None = Field(None, gt=0, description="Peak learning rate of the float phase (Adam, cosine).")
    qat_learning_rate: float | None = Field(
        None, gt=0, description="Peak learning rate of the quantization-aware phase."
    )
    checkpoint_every: int = Field(100, ge=1, description="Steps between checkpoints: what a kill can cost at most.")
    evaluate_every: int | None = Field(
        None,
        ge=1,
        description="Steps between two evaluations during the training; the best checkpoint by their AP (the "
        "last of those that it can't tell apart) is what is exported. None: ten in the float phase, five in the other.",
    )
    selection_fraction: float = Field(
        0.1,
        ge=0,
        le=0.5,
        description="Share of the training images that these evaluations look at in place of training, so that the "
        "images which judge the model don't choose it as well. Images that belong together stay together. If there is "
        "a test split (it then judges), or if the share is fewer than 20 images, the eval images choose, and the "
        "training says so.",
    )
    evaluate_images: int = Field(
        200, ge=1, description="Images that these evaluations look at at most; more than these aren't held out."
    )
    early_stop: int | None = Field(
        None, ge=1, description="Evaluations without a better AP after which a phase is done early; None: never."
    )
    ema_decay: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="Decay of an exponential moving average of the weights, which is then what is evaluated and "
        "exported (.99 to .999 for some thousand steps); None: the weights themselves.",
    )
    mixed_precision: Literal["bfloat16", "float16"] | None = Field(
        None,
        description="What the float phase computes in beside float32, for GPUs: bfloat16 from compute capability 8 on, "
        "float16 (with loss scaling) on older ones. The quantization-aware phase is float32.",
    )
    xla: bool = Field(False, description="Whether XLA fuses what it can of a training step, for GPUs.")
    seed: int = Field(1, ge=0, lt=2**32, description="Seed of weights, shuffling and augmentation.")
