"""The shapes of CVAT's own XML: the objects that they are.

What each has: docs.cvat.ai/docs/dataset_management/formats/xml_format. A box has its corners before it is turned by
`rotation` degrees about its centre; a mask counts runs of background and object, in turns and along the rows, from its
left upper corner on, which `left`, `top`, `width` and `height` give. A cuboid is drawn on the image by its eight
corners. Lines and points have no extent, and a tag concerns the whole image.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from lxml import etree

from coralline.data.judging.problems import Problem
from coralline.data.reading import outlines
from coralline.data.reading.json_file import Unread, WrongItemError, said_class_name
from coralline.data.reading.outlines import Corners
from coralline.data.reading.raw_annotation import RawObject
from coralline.data.reading.xml_elements import name_of, number

_COMMON = ("label", "source", "occluded", "z_order", "group_id", "id", "subset", "score")
_OF_TRACK = ("frame", "outside", "keyframe")
_BOX, _SIDES = ("xtl", "ytl", "xbr", "ybr"), ("left", "top", "width", "height")
_ELLIPSE = ("cx", "cy", "rx", "ry")
_CUBOID = tuple(f"{axis}{corner}{face}" for face in "12" for corner in ("tl", "bl", "tr", "br") for axis in "xy")
KNOWN_ATTRIBUTES = {
    "box": {*_COMMON, *_OF_TRACK, *_BOX, "rotation"},
    "polygon": {*_COMMON, *_OF_TRACK, "points"},
    "mask": {*_COMMON, *_OF_TRACK, *_SIDES, "rle", "points"},
    "ellipse": {*_COMMON, *_OF_TRACK, *_ELLIPSE, "rotation"},
    "cuboid": {*_COMMON, *_OF_TRACK, *_CUBOID},
}
"""Of the shapes that have an extent: those that are read, and those that say nothing a detector needs."""
WITHOUT_EXTENT = ("polyline", "points", "skeleton", "tag")
_KNOWN_CHILDREN = ("attribute",)
_FIX = "correct it in CVAT, or remove the object"
_POINT = re.compile(r"\s*;\s*")


def read_shape(element: etree._Element, label: str | None, file: str, unread: Unread) -> RawObject | Problem | None:
    """The object that a shape is.

    Args:
      element: it.
      label: the label of its track; None: its own.
      file: the file, for messages.
      unread: counts what isn't read.

    Returns:
      The object, the problem with it, or None if it's of a kind that has no extent.
    """
    kind, line = name_of(element), element.sourceline or 1
    around = _AROUND.get(kind)
    if around is None:
        unread.add(f"<{kind}>")
        return None
    for key in set(element.attrib) - KNOWN_ATTRIBUTES[kind]:
        unread.add(f"`{key}` of <{kind}>")
    for child in element:
        if name_of(child) not in _KNOWN_CHILDREN:
            unread.add(f"<{name_of(child)}> in <{kind}>")
    try:
        name = said_class_name(element.get("label") if label is None else label, f"a <{kind}>")
        corners, odd = around(element, f"a <{kind}> ({name})")
    except WrongItemError as e:
        return e.problem(file, line, _FIX)
    return RawObject(name, *corners, line=line, name_line=line, oddities=odd)


_Found = tuple[Corners, tuple[tuple[str, str], ...]]


def _around_box(element: etree._Element, what: str) -> _Found:
    xmin, ymin, xmax, ymax = _numbers(element, _BOX, what)
    degrees = _number(element, "rotation", what, "0") % 360
    if not degrees:
        return (xmin, ymin, xmax, ymax), ()
    return outlines.around_turned((xmin, ymin, xmax, ymax), math.radians(degrees)), (outlines.turned(degrees),)


def _around_polygon(element: etree._Element, what: str) -> _Found:
    text = element.get("points", "")
    if not text.strip():
        raise WrongItemError("incomplete_box", f"{what} has no points", 'points="x,y;x,y;..."')
    found = []
    for point in _POINT.split(text.strip(" ;")):
        pair = [number(value) for value in point.split(",")]
        if len(pair) != 2 or pair[0] is None or pair[1] is None:
            raise WrongItemError("bad_number", f"a point of {what} isn't two numbers", "x,y", point)
        found.append((pair[0], pair[1]))
    return outlines.around_points(found), (outlines.OUTLINED,)


def _around_mask(element: etree._Element, what: str) -> _Found:
    left, top, width, height = _numbers(element, _SIDES, what)
    return (left, top, left + width, top + height), (outlines.OUTLINED,)


def _around_ellipse(element: etree._Element, what: str) -> _Found:
    x, y, x_radius, y_radius = _numbers(element, _ELLIPSE, what)
    radians = math.radians(_number(element, "rotation", what, "0"))
    return outlines.around_ellipse((x, y), (x_radius, y_radius), radians), (outlines.OUTLINED,)


def _around_cuboid(element: etree._Element, what: str) -> _Found:
    corners = _numbers(element, _CUBOID, what)
    return outlines.around_points(zip(corners[::2], corners[1::2], strict=True)), (outlines.OUTLINED,)


_AROUND: dict[str, Callable[[etree._Element, str], _Found]] = {
    "box": _around_box,
    "polygon": _around_polygon,
    "mask": _around_mask,
    "ellipse": _around_ellipse,
    "cuboid": _around_cuboid,
}


def _numbers(element: etree._Element, names: tuple[str, ...], what: str) -> list[float]:
    if missing := [name for name in names if element.get(name) is None]:
        raise WrongItemError("incomplete_box", f"{what} lacks {', '.join(missing)}", ", ".join(names))
    return [_number(element, name, what) for name in names]


def _number(element: etree._Element, name: str, what: str, default: str = "") -> float:
    text = element.get(name, default)
    value = number(text)
    if value is None or abs(value) > _LARGEST:
        raise WrongItemError("bad_number", f"`{name}` of {what} isn't a number", "a number", text)
    return value


_LARGEST = 1e9
