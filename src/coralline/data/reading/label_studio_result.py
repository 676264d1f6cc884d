"""The results of Label Studio: what was drawn on an image, in percent of its sides.

What each has: labelstud.io/guide/task_format, /tags/rectanglelabels, /tags/polygonlabels, /tags/ellipselabels. x and y
are a rectangle's upper left corner, about which it is turned, clockwise (HumanSignal/label-studio issue 5274). Labels
are in the value under the name of its type; a `rectangle` drawn without gets them from a result of type `labels` with
the same id.
"""

from __future__ import annotations

import collections
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from coralline.data.reading import json_file, outlines
from coralline.data.reading.json_file import Unread, WrongItemError, one_class_name
from coralline.data.reading.outlines import Corners
from coralline.data.reading.raw_annotation import RawObject

KNOWN_KEYS = {
    "a result": {
        *("id", "type", "value", "original_width", "original_height", "image_rotation", "from_name", "to_name"),
        *("origin", "source", "readonly", "hidden", "item_index", "meta", "parentID", "score"),
    },
    "rectangle": {"x", "y", "width", "height", "rotation"},
    "polygon": {"points", "closed"},
    "ellipse": {"x", "y", "radiusX", "radiusY", "rotation"},
}
"""Those that are read, and those that say nothing a detector needs."""
_LABELS = "labels"
_Size = tuple[float, float]
_Found = tuple[Corners, tuple[tuple[str, str], ...]]


def read_results(results: Any, unread: Unread) -> list[RawObject | WrongItemError]:
    """The objects of one annotation in shares of the image, and the problems with others.

    Args:
      results: its `result`, or the values of JSON-MIN, which are without a type.
      unread: counts what isn't read.
    """
    if not isinstance(results, list):
        return [WrongItemError("unparsable_line", "an annotation has no results", '"result": [...]', results)]
    labels_of = _labels_by_id(results)
    found: list[RawObject | WrongItemError] = []
    for number, result in enumerate(results, start=1):
        try:
            if (o := _object(result, f"result {number}", labels_of, unread)) is not None:
                found.append(o)
        except WrongItemError as e:
            found.append(e)
    return found


def size_of(results: Any) -> tuple[int, int]:
    """The image's width and height, by the first result that says it; 0 if none does."""
    for result in results if isinstance(results, list) else ():
        if isinstance(result, dict) and (width := json_file.side(result.get("original_width"))):
            return width, json_file.side(result.get("original_height"))
    return 0, 0


def shape_of(kind: Any) -> str | None:
    """ "rectangle" for the types `rectangle` and `rectanglelabels`, and so on; None for one without extent."""
    name = kind.removesuffix(_LABELS) if isinstance(kind, str) else ""
    return name if name in _AROUND else None


def _labels_by_id(results: Iterable[Any]) -> Mapping[str, list[Any]]:
    labels: dict[str, list[Any]] = collections.defaultdict(list)
    for result in results:
        if isinstance(result, dict) and result.get("type") == _LABELS and isinstance(result.get("value"), dict):
            said = result["value"].get(_LABELS)
            labels[str(result.get("id"))] += said if isinstance(said, list) else [said]
    return labels


def _object(result: Any, named: str, labels_of: Mapping[str, list[Any]], unread: Unread) -> RawObject | None:
    if not isinstance(result, dict):
        raise WrongItemError("unparsable_line", f"{named} isn't an object", '{"type": ..., "value": ...}', result)
    value, kind = result.get("value"), result.get("type")
    if kind == _LABELS:
        return None
    shape = shape_of(kind)
    if shape is None:
        unread.add(f"a result of type `{kind[:100]}`" if isinstance(kind, str) else "a result without a type")
        return None
    if not isinstance(value, dict):
        raise WrongItemError("incomplete_box", f"{named} has no value", '"value": {...}', value)
    unread.keys("a result", result, KNOWN_KEYS["a result"])
    unread.keys(f"a {shape}", value, {*KNOWN_KEYS[shape], f"{shape}{_LABELS}", _LABELS, "type"})
    if result.get("image_rotation") not in (None, 0):
        message = f"{named} was drawn on an image that was turned in Label Studio, which isn't understood"
        raise WrongItemError("unparsable_line", message, "image_rotation 0", result["image_rotation"])
    said = value.get(f"{shape}{_LABELS}") or value.get(_LABELS) or labels_of.get(str(result.get("id")), [])
    name = one_class_name(said if isinstance(said, list) else [said], named)
    size = (float(json_file.side(result.get("original_width"))), float(json_file.side(result.get("original_height"))))
    corners, odd = _AROUND[shape](value, size, f"{named} ({name})")
    xmin, ymin, xmax, ymax = (corner / 100 for corner in corners)
    return RawObject(name, xmin, ymin, xmax, ymax, oddities=odd)


def _around_rectangle(value: dict[str, Any], size: _Size, what: str) -> _Found:
    x, y, width, height = json_file.numbers(value, ("x", "y", "width", "height"), what)
    radians = _radians(value, size, what)
    if not radians:
        return (x, y, x + width, y + height), ()
    right, down = (width * size[0], 0.0), (0.0, height * size[1])
    corners = [_turned(corner, radians) for corner in ((0.0, 0.0), right, (right[0], down[1]), down)]
    around = outlines.around_points([(x + a / size[0], y + b / size[1]) for a, b in corners])
    return around, (outlines.turned(math.degrees(radians)),)


def _around_polygon(value: dict[str, Any], _size: _Size, what: str) -> _Found:
    return outlines.around_points(json_file.points(value.get("points"), what)), (outlines.OUTLINED,)


def _around_ellipse(value: dict[str, Any], size: _Size, what: str) -> _Found:
    x, y, x_radius, y_radius = json_file.numbers(value, ("x", "y", "radiusX", "radiusY"), what)
    radians = _radians(value, size, what)
    width, height = size if radians else (1.0, 1.0)
    xmin, ymin, xmax, ymax = outlines.around_ellipse((0, 0), (x_radius * width, y_radius * height), radians)
    around = (x + xmin / width, y + ymin / height, x + xmax / width, y + ymax / height)
    return around, (outlines.OUTLINED,)


_AROUND: dict[str, Callable[[dict[str, Any], _Size, str], _Found]] = {
    "rectangle": _around_rectangle,
    "polygon": _around_polygon,
    "ellipse": _around_ellipse,
}


def _radians(value: dict[str, Any], size: Sequence[float], what: str) -> float:
    """By how much it is turned, clockwise; percent of sides don't tell where to without the image's size."""
    (degrees,) = json_file.numbers({"rotation": value.get("rotation") or 0}, ("rotation",), what)
    if degrees % 360 and not all(size):
        expected = "original_width and original_height"
        raise WrongItemError("incomplete_box", f"{what} is turned, and the image's size isn't given", expected)
    return math.radians(degrees % 360)


def _turned(point: tuple[float, float], radians: float) -> tuple[float, float]:
    cos, sin = round(math.cos(radians), 12), round(math.sin(radians), 12)
    return point[0] * cos - point[1] * sin, point[0] * sin + point[1] * cos
