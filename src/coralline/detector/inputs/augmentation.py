"""The `augment` section of the configuration: random changes to training images."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Literal

import pydantic
from pydantic import Field
from pydantic_core import PydanticCustomError

from coralline.foundation.settings_section import SettingsSection

Policy = Literal["randaugment", "detection_v0", "panoptic_deeplab_policy"]
"""Model Garden's policies that keep boxes right: they move boxes with the pixels, or change no positions."""
Range = tuple[float, float]
"""The lowest and the highest value."""
RANDAUGMENT_MAGNITUDE = 10.0
"""Model Garden's, where none is set."""

# The least and the greatest that an end of a range may be.
_RANGES: dict[str, tuple[float, float]] = {
    "scale": (0.2, 4),
    "contrast": (0, 10),
    "saturation": (0, 10),
    "jpeg_quality": (1, 100),
}


class AugmentSettings(SettingsSection):
    """What is done at random to training images; a range is `[least, greatest]`."""

    horizontal_flip: float = Field(
        0.5, ge=0, le=1, strict=True, description="Share of the images that are flipped, left to right."
    )
    vertical_flip: float = Field(0.0, ge=0, le=1, strict=True, description="Share that is flipped, top to bottom.")
    scale: Range | None = Field(
        None, description="Range of the zoom, from 0.2 to 4; above 1, a part fills the input. None: the preset's."
    )
    random_crop: float = Field(
        0.0,
        ge=0,
        le=1,
        strict=True,
        description="Share of the images of which a part is cut out: a tenth of the area or more, with .3 or more of "
        "an object. A box of which less than a quarter is inside is left out.",
    )
    brightness: float = Field(
        0.0,
        ge=0,
        le=1,
        strict=True,
        description="Most that is added to pixels, or taken away; 1 is from black to white.",
    )
    contrast: Range | None = Field(
        None, description="Range of the factor for a pixel's distance from its channel's mean, such as [0.8, 1.25]."
    )
    saturation: Range | None = Field(None, description="Range of the factor for the saturation.")
    hue: float = Field(
        0.0, ge=0, le=0.5, strict=True, description="Most that hues are turned by; 0.5 is to the opposite colour."
    )
    jpeg_quality: tuple[int, int] | None = Field(
        None, description="Range of the quality, from 1 to 100, with which images are compressed once more."
    )
    policy: Policy | None = Field(
        None,
        description="A policy of Model Garden, before everything else: `randaugment` (two operations of sixteen, such "
        "as turning, shearing or equalizing), `detection_v0` (AutoAugment's for detection), `panoptic_deeplab_policy` "
        "(pixel values only).",
    )
    magnitude: float | None = Field(
        None,
        ge=0,
        le=10,
        description="Of `randaugment`, on Model Garden's scale: at 5 colours stay, at 0 they fade; None: its 10.",
    )

    @pydantic.field_validator(*_RANGES, mode="before")
    @classmethod
    def _least_first(cls, value: Any, info: pydantic.ValidationInfo) -> Any:
        least, greatest = _RANGES[str(info.field_name)]
        kinds, numbers = ((int,), "whole numbers") if info.field_name == "jpeg_quality" else ((int, float), "numbers")
        ends: list[Any] = list(value) if isinstance(value, list | tuple) else [value]
        numeric = len(ends) == 2 and all(type(end) in kinds for end in ends)
        if value is None or (numeric and all(low <= high for low, high in pairwise([least, *ends, greatest]))):
            return value
        raise PydanticCustomError("range", f"two {numbers} from {least} to {greatest}, the lesser first")

    @pydantic.field_validator("magnitude")
    @classmethod
    def _of_randaugment(cls, value: float | None, info: pydantic.ValidationInfo) -> float | None:
        if value is not None and info.data.get("policy") != "randaugment":
            raise PydanticCustomError("magnitude", "left out unless augment.policy is randaugment")
        return value
