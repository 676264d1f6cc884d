"""What is done at random to training images, beside the preset's zoom. No TensorFlow."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal

Policy = Literal["randaugment", "detection_v0", "panoptic_deeplab_policy"]
"""Model Garden's policies that keep boxes right: they move them with the pixels, or leave places alone."""

Range = tuple[float, float]
"""The least and the greatest value."""


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """The configuration's section `augment`, without the scale, which replaces the preset's; by itself it's nothing.

    Attributes:
      horizontal_flip, vertical_flip: share of the images that are flipped.
      random_crop: share of the images that are cropped.
      brightness: most that is added to pixels or taken away, of the range from black to white.
      contrast, saturation: range of the factor; None: left as it is.
      hue: most that hues are turned by, of the whole circle.
      jpeg_quality: range of the quality with which images are compressed once more; None: they aren't.
      policy: None: no policy.
      magnitude: of `randaugment`, on Model Garden's scale of 0 to 10; None: Model Garden's default.
    """

    horizontal_flip: float = 0.0
    vertical_flip: float = 0.0
    random_crop: float = 0.0
    brightness: float = 0.0
    contrast: Range | None = None
    saturation: Range | None = None
    hue: float = 0.0
    jpeg_quality: tuple[int, int] | None = None
    policy: Policy | None = None
    magnitude: float | None = None

    @classmethod
    def of_section(cls, section: Mapping[str, Any]) -> Augmentation:
        """From the configuration's section, or its JSON, in which ranges are lists."""
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in section.items() if key != "scale"
        }
        return cls(**values)
