"""The regions of VIA, the VGG Image Annotator: the boxes around their shapes, and their classes.

Shapes of version 1 and 2: `VIA_REGION_SHAPE` of via-2.x.y/via.js (gitlab.com/vgg/via): rect (x, y, width, height),
circle (cx, cy, r), ellipse (cx, cy, rx, ry, theta in radians), polygon (all_points_x, all_points_y); points and
polylines have no extent. Shapes of version 3: `_VIA_RSHAPE` of via-3.x.y/src/js/_via_metadata.js: a number, then
coordinates.

VIA has attributes, and leaves open which of them is the class. It's the only one there is; else one that is named so.
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from coralline.data.reading import json_file, outlines
from coralline.data.reading.json_file import Unread, WrongItemError, one_class_name
from coralline.data.reading.outlines import Corners
from coralline.data.reading.raw_annotation import RawObject
from coralline.foundation.errors import UserError

KNOWN_KEYS = {
    "rect": {"name", "x", "y", "width", "height"},
    "circle": {"name", "cx", "cy", "r"},
    "ellipse": {"name", "cx", "cy", "rx", "ry", "theta"},
    "polygon": {"name", "all_points_x", "all_points_y"},
}
"""Of the shapes that have an extent."""
NAMES_OF_CLASS = (
    *("class", "label", "name", "category", "type", "object", "class_name", "classname", "class name", "label_name"),
    *("labels", "classes", "category_name", "object_name", "object name", "object_type", "objects", "names", "types"),
)
"""Of attributes, in any case; the first of them that is there is the class."""
_SHAPES_3 = {2: "rect", 3: "circle", 4: "ellipse", 7: "polygon", 8: "extreme rectangle", 9: "extreme circle"}
_OTHER_SHAPES_3 = {1: "point", 5: "line", 6: "polyline"}
_Found = tuple[Corners, tuple[tuple[str, str], ...]]
_OUTLINED = (outlines.OUTLINED,)


def read_region(
    shape: Any, attributes: Any, class_attribute: str | None, named: str, unread: Unread
) -> RawObject | None:
    """The object of a region; None if its shape has no extent.

    Args:
      shape: its `shape_attributes`.
      attributes: its `region_attributes`.
      class_attribute: which of them is the class; None if there are none.
      named: the region, for messages.
      unread: counts what isn't read.

    Raises:
      WrongItemError: it can't be used.
    """
    if not isinstance(shape, dict) or not isinstance(shape.get("name"), str):
        raise WrongItemError(
            "incomplete_box", f"{named} has no shape", '"shape_attributes": {"name": "rect", ...}', shape
        )
    around = _AROUND.get(shape["name"])
    if around is None:
        unread.add(f"a region of shape `{shape['name'][:100]}`")
        return None
    unread.keys(f"a {shape['name']}", shape, KNOWN_KEYS[shape["name"]])
    value = attributes.get(class_attribute) if isinstance(attributes, dict) and class_attribute is not None else None
    name = one_class_name(_chosen(value), named)
    corners, odd = around(shape, f"{named} ({name})")
    return RawObject(name, *corners, oddities=odd)


def _around_rect(shape: dict[str, Any], what: str) -> _Found:
    x, y, width, height = json_file.numbers(shape, ("x", "y", "width", "height"), what)
    return (x, y, x + width, y + height), ()


def _around_circle(shape: dict[str, Any], what: str) -> _Found:
    x, y, radius = json_file.numbers(shape, ("cx", "cy", "r"), what)
    return outlines.around_ellipse((x, y), (radius, radius)), _OUTLINED


def _around_ellipse(shape: dict[str, Any], what: str) -> _Found:
    x, y, x_radius, y_radius = json_file.numbers(shape, ("cx", "cy", "rx", "ry"), what)
    (radians,) = json_file.numbers({"theta": shape.get("theta") or 0}, ("theta",), what)
    return outlines.around_ellipse((x, y), (x_radius, y_radius), radians), _OUTLINED


def _around_polygon(shape: dict[str, Any], what: str) -> _Found:
    xs, ys = shape.get("all_points_x"), shape.get("all_points_y")
    if not isinstance(xs, list) or not isinstance(ys, list) or len(xs) != len(ys):
        expected = "all_points_x and all_points_y, as many of both"
        raise WrongItemError("incomplete_box", f"{what} has no whole outline", expected, [xs, ys])
    return outlines.around_points(json_file.points([list(pair) for pair in zip(xs, ys, strict=True)], what)), _OUTLINED


_AROUND: dict[str, Callable[[dict[str, Any], str], _Found]] = {
    "rect": _around_rect,
    "circle": _around_circle,
    "ellipse": _around_ellipse,
    "polygon": _around_polygon,
}


def shape_of_version_3(xy: Any, named: str) -> dict[str, Any]:
    """A region of VIA 3 as version 2 has it.

    Raises:
      WrongItemError: it isn't one.
    """
    kind = xy[0] if isinstance(xy, list) and xy else None
    if not isinstance(kind, int) or kind not in {**_SHAPES_3, **_OTHER_SHAPES_3}:
        raise WrongItemError("incomplete_box", f"{named} has no shape", "[2, x, y, width, height]", xy)
    name, rest = {**_SHAPES_3, **_OTHER_SHAPES_3}[kind], xy[1:]
    if name == "extreme rectangle":  # Four points on its edges.
        return {"name": "rect", **_around_extremes(json_file.points(_pairs(rest), named))}
    if name == "polygon":
        return {"name": name, "all_points_x": rest[::2], "all_points_y": rest[1::2]}
    keys = {"rect": ("x", "y", "width", "height"), "circle": ("cx", "cy", "r"), "ellipse": ("cx", "cy", "rx", "ry")}
    return {"name": name, **dict(zip(keys.get(name, ()), rest, strict=False))}


def _pairs(numbers: Sequence[Any]) -> list[list[Any]]:
    return [list(numbers[i : i + 2]) for i in range(0, len(numbers), 2)]


def _around_extremes(points: Iterable[tuple[float, float]]) -> dict[str, float]:
    xmin, ymin, xmax, ymax = outlines.around_points(points)
    return {"x": xmin, "y": ymin, "width": xmax - xmin, "height": ymax - ymin}


def class_attribute(attributes: Iterable[Any], path: str) -> str | None:
    """Which attribute of regions is the class; None if they have none.

    Args:
      attributes: of each region.
      path: the file, for messages.

    Raises:
      UserError: several may be.
    """
    names = collections.Counter(
        name for found in attributes if isinstance(found, Mapping) for name, value in found.items() if _chosen(value)
    )
    if len(names) < 2:
        return next(iter(names), None)
    by_name = {name.strip().lower(): name for name in names}
    for name in NAMES_OF_CLASS:
        if name in by_name:
            return by_name[name]
    raise UserError(
        "regions have several attributes, and it isn't clear which of them is the class",
        file=path,
        expected="one attribute, or one that is named `class`",
        found=", ".join(f"{name[:100]} ({count} times)" for name, count in names.most_common(5)),
        fix="rename the attribute that is the class to `class` in VIA, and save the annotations again",
    )


def _chosen(value: Any) -> list[Any]:
    """The value of an attribute; checkboxes have an object of those that are set."""
    if isinstance(value, Mapping):
        return [name for name, is_set in value.items() if is_set is True]
    if value is None or (isinstance(value, str) and value.strip() in ("", "undefined")):
        return []
    return [str(value) if isinstance(value, int) and not isinstance(value, bool) else value]
