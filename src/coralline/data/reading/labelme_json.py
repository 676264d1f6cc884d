"""Reading one annotation of labelme (github.com/wkentaro/labelme), which it writes beside each image.

What it writes and takes: labelme/_label_file.py (`LabelFile.load`, `_load_shape_json_obj`). A shape without a type is a
polygon, as in files before version 3. What points of a shape mean: labelme/utils/shape.py (`shape_to_mask`): two
opposite corners of a rectangle in any order, four of a turned one, centre and a point on the edge of a circle, the
first and the last pixel of a mask. Shapes of one label and one group are one object
(examples/instance_segmentation/labelme2coco.py). Sizes and points are of the upright image (`load_image_file`).

X-AnyLabeling (github.com/CVHub520/X-AnyLabeling, docs/en/user_guide.md) writes the same with rectangles of four points,
shapes of type `rotation`, and `difficult`.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Sequence
from typing import Any

from coralline.data.judging.problems import DataProblem, Problem
from coralline.data.reading import annotation_file, outlines
from coralline.data.reading.json_file import Unread, WrongItemError, points, said_class_name, shown, side
from coralline.data.reading.outlines import Corners
from coralline.data.reading.raw_annotation import RawAnnotation, RawObject
from coralline.foundation import storage, text_file

KNOWN_KEYS = {
    "the file": {
        *("version", "flags", "shapes", "imagePath", "imageData", "imageHeight", "imageWidth"),
        *("lineColor", "fillColor", "checked", "description"),
    },
    "shapes": {
        *("label", "points", "group_id", "shape_type", "flags", "description", "mask", "difficult"),
        *("line_color", "fill_color", "direction", "attributes", "other_data"),
    },
}
"""Those that are read, and those that say nothing a detector needs."""
_MOST_BYTES = 1 << 29
"""An image of as many bytes may be embedded."""
_FIX = "save the annotation again in labelme, or remove the file"
_Oddities = tuple[tuple[str, str], ...]


def read_labelme_annotation(path: str) -> RawAnnotation:
    """One annotation.

    Raises:
      DataProblem: it can't be read, or isn't one.
    """
    with annotation_file.opened(path):
        text = text_file.decoded(storage.read_bytes(path, _MOST_BYTES))
    return parse_labelme(text, path)


def parse_labelme(text: str, path: str) -> RawAnnotation:
    """Reads an annotation.

    Args:
      text: the file's.
      path: the file, for messages.

    Raises:
      DataProblem: it isn't JSON, or isn't of labelme.
    """
    content = _parsed(text, path)
    unread = Unread(path, counts=False)
    unread.keys("a labelme file", content, KNOWN_KEYS["the file"])
    objects, problems = [], []
    for number, shape in enumerate(content["shapes"], start=1):
        try:
            if found := _object(shape, f"shape {number}", unread):
                objects.append(found)
        except WrongItemError as e:
            problems.append(e.problem(path, fix=_FIX))
    said = content.get("imagePath")
    said = said if isinstance(said, str) else ""
    return RawAnnotation(
        objects=tuple(_grouped(objects)),
        problems=(*problems, *unread.problems()),
        width=side(content.get("imageWidth")),
        height=side(content.get("imageHeight")),
        subpixel=True,
        filename=said.replace("\\", "/").rpartition("/")[2],
        path=said,
        embedded_image=bool(content.get("imageData")),
    )


def _parsed(text: str, path: str) -> dict[str, Any]:
    def wrong(message: str, found: str, line: int | None = None) -> DataProblem:
        expected = 'a labelme file: {"shapes": [...], "imagePath": "a.jpg", ...}'
        return DataProblem(
            Problem("unparsable_json", path, message, line=line, expected=expected, found=found, fix=_FIX)
        )

    try:
        content = json.loads(text)
    except json.JSONDecodeError as e:
        found = e.msg if text.strip() else "an empty file"
        raise wrong("the annotation isn't well-formed JSON", found, e.lineno) from e
    except (RecursionError, ValueError) as e:  # ValueError: an integer of more digits than Python takes.
        found = "lists within lists, too deep to be read" if isinstance(e, RecursionError) else str(e)
        raise wrong("the annotation can't be read", found) from e
    if not isinstance(content, dict) or not isinstance(content.get("shapes"), list):
        raise wrong("this JSON file isn't an annotation of labelme", shown(content))
    return content


@dataclasses.dataclass(frozen=True)
class _Shape:
    """An object, and which others belong to it."""

    found: RawObject
    group: Any
    is_box: bool


def _object(shape: Any, named: str, unread: Unread) -> _Shape | None:
    """A shape's object; None if it's of a type that has no extent."""
    if not isinstance(shape, dict):
        raise WrongItemError("unparsable_line", f"{named} isn't an object", "{...}", shape)
    unread.keys("a shape", shape, KNOWN_KEYS["shapes"])
    kind = shape.get("shape_type") or "polygon"
    around = _AROUND.get(kind) if isinstance(kind, str) else None
    if around is None:
        unread.add(f"a shape of type `{kind[:100]}`" if isinstance(kind, str) else "a shape without a type")
        return None
    name = said_class_name(shape.get("label"), named)
    corners, odd = around(points(shape.get("points"), f"{named} ({name})"), f"{named} ({name})")
    group = shape.get("group_id")
    group = (name, group) if isinstance(group, int) and not isinstance(group, bool) else None
    difficult = shape.get("difficult") is True
    return _Shape(RawObject(name, *corners, difficult=difficult, oddities=odd), group, outlines.OUTLINED not in odd)


def _around_corners(corners: Sequence[tuple[float, float]], named: str) -> tuple[Corners, _Oddities]:
    if len(corners) not in (2, 4):
        raise WrongItemError("incomplete_box", f"{named} is a rectangle of {len(corners)} points", "2 or 4", corners)
    return outlines.around_corners(corners)


def _around_circle(circle: Sequence[tuple[float, float]], named: str) -> tuple[Corners, _Oddities]:
    if len(circle) != 2:
        raise WrongItemError("incomplete_box", f"{named} is a circle of {len(circle)} points", "2 points", circle)
    radius = math.dist(circle[0], circle[1])
    return outlines.around_ellipse(circle[0], (radius, radius)), (outlines.OUTLINED,)


def _around_mask(ends: Sequence[tuple[float, float]], named: str) -> tuple[Corners, _Oddities]:
    if len(ends) != 2:
        raise WrongItemError("incomplete_box", f"{named} is a mask of {len(ends)} points", "2 points", ends)
    xmin, ymin, xmax, ymax = outlines.around_points(ends)
    return (xmin, ymin, xmax + 1, ymax + 1), (outlines.OUTLINED,)


def _around_polygon(polygon: Sequence[tuple[float, float]], _named: str) -> tuple[Corners, _Oddities]:
    return outlines.around_points(polygon), (outlines.OUTLINED,)


_AROUND: dict[str, Callable[[Sequence[tuple[float, float]], str], tuple[Corners, _Oddities]]] = {
    "rectangle": _around_corners,
    "oriented_rectangle": _around_corners,
    "rotation": _around_corners,
    "circle": _around_circle,
    "mask": _around_mask,
    "polygon": _around_polygon,
}
"""By the type of a shape; the others (point, points, line, linestrip) have no extent."""


def _grouped(shapes: Sequence[_Shape]) -> list[RawObject]:
    """One object for outlines of the same object; boxes of the same object stay apart, and are told."""
    parts: dict[Any, list[_Shape]] = {}
    for number, shape in enumerate(shapes):
        parts.setdefault(number if shape.group is None else shape.group, []).append(shape)
    objects = []
    for group in parts.values():
        if len(group) > 1 and not any(shape.is_box for shape in group):
            corners = [(o.xmin, o.ymin) for o in _found(group)] + [(o.xmax, o.ymax) for o in _found(group)]
            xmin, ymin, xmax, ymax = outlines.around_points(corners)
            first = dataclasses.replace(group[0].found, xmin=xmin, ymin=ymin, xmax=xmax, ymax=ymax)
            objects.append(dataclasses.replace(first, difficult=any(o.difficult for o in _found(group))))
        elif len(group) > 1:
            odd = ("several_boxes", f"is one of {len(group)} of the same object")
            objects += [dataclasses.replace(o, oddities=(odd, *o.oddities)) for o in _found(group)]
        else:
            objects += _found(group)
    return objects


def _found(shapes: Sequence[_Shape]) -> list[RawObject]:
    return [shape.found for shape in shapes]
