"""The `model` section of the configuration."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from coralline.detector import presets
from coralline.foundation.settings_section import SettingsSection


class ModelSettings(SettingsSection):
    """Architecture, anchors and starting point of the detector."""

    preset: str = Field(
        presets.DEFAULT,
        description="Architecture, input size and training schedule; docs/configuration.md lists them.",
    )
    input_size: int | None = Field(
        None,
        ge=64,
        le=1280,
        description="Height and width of the input in pixels, a multiple of the preset's coarsest stride; None: the "
        "preset's.",
    )
    anchor_size: float | None = Field(
        None,
        ge=0.25,
        le=16,
        description="Side of the smallest anchor of a feature level, in strides of that level; None: the preset's. "
        "`coralline check` says which anchors fit the data if the preset's don't.",
    )
    num_scales: int | None = Field(
        None, ge=1, description="Sizes of anchors in an octave, from one level to the next; None: the preset's."
    )
    aspect_ratios: list[Annotated[float, Field(ge=0.05, le=20)]] | None = Field(
        None,
        min_length=1,
        description="Shapes of anchors, width over height, such as `[0.5, 1.0, 2.0]`; times `num_scales`, at most 18 "
        "anchors in a cell; None: the preset's.",
    )
    fit_anchors: bool = Field(
        True,
        description="Whether anchors are fitted to the training boxes if the preset's match too few of them and "
        "none of the three settings above is given.",
    )
    warm_start: str | None = Field(
        None,
        description="Weights to begin with: a .tflite file, a Keras .h5, .keras or SavedModel, or a Model Garden "
        "checkpoint of the same backbone; an earlier model (its output folder, or one of a published version); a URL "
        "of such a file; or `latest_blessed`: the model that is published when training begins.",
    )
    warm_start_sha256: str | None = Field(
        None,
        pattern="^[0-9a-f]{64}$",
        description="SHA-256 that the file of `warm_start` must have; a URL needs it.",
    )
