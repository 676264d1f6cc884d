"""The upright box around what isn't one: a turned rectangle, or an outline."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

Corners = tuple[float, float, float, float]
"""(xmin, ymin, xmax, ymax)."""

_SAME_OVERLAP = 0.8
"""IoU from which a box and the box around an outline count as the same: tools round, and people move boxes a little."""


_UPRIGHT = 0.005
"""Share of a rectangle's longer side by which an edge may lean and still be upright: corners are rounded."""

OUTLINED = ("outlined_object", "is given by an outline: the upright box around it is used")
"""The oddity (see `RawObject.oddities`) of an object without a box."""


TURNED = ("turned_box", "is turned: the upright box around it is used")
"""The oddity of a box that is turned by an angle that isn't given."""


def turned(degrees: float) -> tuple[str, str]:
    """The oddity of a box that is turned."""
    return "turned_box", f"is turned by {degrees:.6g} degrees: the upright box around it is used"


def differs(around: Corners) -> tuple[str, str]:
    """The oddity of a box that isn't the one around its object's outline."""
    return "outline_differs", f"isn't the one around its outline ({', '.join(f'{corner:g}' for corner in around)})"


def around_turned(corners: Corners, radians: float) -> Corners:
    """The upright box around a rectangle that is turned about its centre.

    Args:
      corners: the rectangle's before it is turned, in pixels.
      radians: by how much; the direction makes no difference to the box.
    """
    xmin, ymin, xmax, ymax = corners
    cos, sin = (abs(round(value, 12)) for value in (math.cos(radians), math.sin(radians)))
    width, height = abs(xmax - xmin), abs(ymax - ymin)
    half_width, half_height = (width * cos + height * sin) / 2, (width * sin + height * cos) / 2
    x, y = (xmin + xmax) / 2, (ymin + ymax) / 2
    return x - half_width, y - half_height, x + half_width, y + half_height


def around_points(points: Iterable[tuple[float, float]]) -> Corners:
    """The upright box around points (x, y), at least one."""
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def around_corners(points: Sequence[tuple[float, float]]) -> tuple[Corners, tuple[tuple[str, str], ...]]:
    """The upright box around a rectangle that is given by its corners, and the oddity if it's turned.

    Args:
      points: two opposite corners in any order, or all of them along its edges.
    """
    around = around_points(points)
    if len(points) < 3:
        return around, ()
    longest = max(around[2] - around[0], around[3] - around[1])
    edges = zip(points, (*points[1:], points[0]), strict=True)
    is_upright = all(min(abs(a - c), abs(b - d)) <= _UPRIGHT * longest for (a, b), (c, d) in edges)
    return around, () if is_upright else (TURNED,)


def around_ellipse(centre: tuple[float, float], radii: tuple[float, float], radians: float = 0.0) -> Corners:
    """The upright box around an ellipse that is turned about its centre (the extremes of its parametric form)."""
    (x, y), cos, sin = centre, math.cos(radians), math.sin(radians)
    half_width, half_height = math.hypot(radii[0] * cos, radii[1] * sin), math.hypot(radii[0] * sin, radii[1] * cos)
    return x - half_width, y - half_height, x + half_width, y + half_height


def agree(one: Corners, other: Corners) -> bool:
    """Whether two boxes are the same but for rounding and a little moving."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    both = max(width, 0.0) * max(height, 0.0)
    union = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)) - both
    return union <= 0 or both >= _SAME_OVERLAP * union
