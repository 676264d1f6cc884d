"""What the four numbers of a box mean: their order, and their units.

The orders are called as in `torchvision.ops.box_convert`: x and y of two corners (xyxy), of a corner with width and
height (xywh), of the centre with both (cxcywh); and three others that tools and scripts write.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Literal

from coralline.data.reading.raw_annotation import RawAnnotation, RawObject

BoxFormat = Literal["xyxy", "xywh", "cxcywh", "yxyx", "yxhw", "xxyy"]
BoxUnits = Literal["pixels", "normalized", "percent", "per_mille", "normalized_twice"]
Four = tuple[float, float, float, float]

FORMATS: dict[BoxFormat, str] = {
    "xyxy": "xmin, ymin, xmax, ymax",
    "xywh": "x, y, width, height",
    "cxcywh": "x and y of the centre, width, height",
    "yxyx": "ymin, xmin, ymax, xmax",
    "yxhw": "y, x, height, width",
    "xxyy": "xmin, xmax, ymin, ymax",
}
UNITS: dict[BoxUnits, str] = {
    "pixels": "pixels",
    "normalized": "shares of the image, 0 to 1",
    "percent": "percent of the image",
    "per_mille": "thousandths of the image",
    "normalized_twice": "shares of the image that were divided by its size once more",
}

_TO_CORNERS: dict[BoxFormat, Callable[[float, float, float, float], Four]] = {
    "xyxy": lambda a, b, c, d: (a, b, c, d),
    "xywh": lambda a, b, c, d: (a, b, a + c, b + d),
    "cxcywh": lambda a, b, c, d: (a - c / 2, b - d / 2, a + c / 2, b + d / 2),
    "yxyx": lambda a, b, c, d: (b, a, d, c),
    "yxhw": lambda a, b, c, d: (b, a, b + d, a + c),
    "xxyy": lambda a, b, c, d: (a, c, b, d),
}
_TO_VALUES: dict[BoxFormat, Callable[[float, float, float, float], Four]] = {
    "xyxy": lambda xmin, ymin, xmax, ymax: (xmin, ymin, xmax, ymax),
    "xywh": lambda xmin, ymin, xmax, ymax: (xmin, ymin, xmax - xmin, ymax - ymin),
    "cxcywh": lambda xmin, ymin, xmax, ymax: ((xmin + xmax) / 2, (ymin + ymax) / 2, xmax - xmin, ymax - ymin),
}
"""Of the formats that readers have by their nature."""


def values_of(o: RawObject, box_format: BoxFormat) -> Four:
    """The four numbers as the file has them, of a box that was read as this format."""
    return _TO_VALUES[box_format](*o.xmin_ymin_xmax_ymax)


def corners_in_pixels(values: Four, box_format: BoxFormat, units: BoxUnits, width: int, height: int) -> Four:
    """xmin, ymin, xmax, ymax of four numbers.

    Args:
      values: as a file has them.
      box_format, units: how they are meant.
      width, height: of the image that they are of, pixels.
    """
    xmin, ymin, xmax, ymax = _TO_CORNERS[box_format](*values)
    x, y = _pixels_a_unit(units, width), _pixels_a_unit(units, height)
    return xmin * x, ymin * y, xmax * x, ymax * y


def read_as(
    raw: RawAnnotation, box_format: BoxFormat | None, units: BoxUnits | None, size: tuple[int, int]
) -> RawAnnotation:
    """The annotation, if its boxes are meant in another way than its format has them.

    Boxes that were made of an outline, or turned upright, stay as they are.

    Args:
      raw: as it was read.
      box_format, units: how they are meant; None: as the format has them.
      size: width and height of the image, for annotations that don't say.
    """
    if box_format is None and units is None:
        return raw
    own_units: BoxUnits = "normalized" if raw.normalized else "pixels"
    width, height = (raw.width, raw.height) if raw.width and raw.height else size

    def read(o: RawObject) -> RawObject:
        values = o.xmin_ymin_xmax_ymax
        form: BoxFormat = "xyxy"
        if not o.oddities:
            values, form = values_of(o, raw.box_format), box_format or raw.box_format
        xmin, ymin, xmax, ymax = corners_in_pixels(
            values, form, own_units if o.oddities else units or own_units, width, height
        )
        return dataclasses.replace(o, xmin=xmin, ymin=ymin, xmax=xmax, ymax=ymax)

    return dataclasses.replace(
        raw, objects=tuple(map(read, raw.objects)), normalized=False, subpixel=True, width=width, height=height
    )


def _pixels_a_unit(units: BoxUnits, side: int) -> float:
    whole = {"pixels": 1.0, "normalized": side, "percent": side / 100, "per_mille": side / 1000}
    return whole[units] if units in whole else float(side) * side
