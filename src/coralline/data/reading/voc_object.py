"""The objects of a Pascal VOC annotation: their boxes, turned ones and outlines included, and their marks.

Turned boxes: CVAT writes an attribute `rotation` in degrees beside the rectangle before it is turned; roLabelImg a
`<robndbox>` with centre, sides and an angle in radians. Outlines: LabelMe's `<polygon>` of `<pt>`, Roboflow's of
`<x1>`, `<y1>`, ...
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Mapping, Sequence

from lxml import etree

from coralline.data.judging.problems import Problem
from coralline.data.reading import outlines
from coralline.data.reading.outlines import Corners
from coralline.data.reading.raw_annotation import RawObject
from coralline.data.reading.xml_elements import EMPTY, by_name, is_set, number, text_of, unread_elements

_SIDES = ("xmin", "ymin", "xmax", "ymax")
_TURNED = ("cx", "cy", "w", "h", "angle")
KNOWN_ELEMENTS = {
    "object": {
        *("name", "difficult", "truncated", "bndbox", "robndbox", "polygon", "deleted", "attributes"),
        *("pose", "occluded", "part", "parts", "actions", "point", "type", "id", "date", "verified"),
    },
    "bndbox": {*_SIDES},
    "robndbox": {*_TURNED},
}
"""Those that are read, and those that say nothing a detector needs."""

_Children = Mapping[str, Sequence[etree._Element]]
_FIX = "correct it in the labelling tool, or remove the object"


class _UnreadableObjectError(Exception):
    def __init__(self, problem: Problem):
        super().__init__(problem.message)
        self.problem = problem


@dataclasses.dataclass(frozen=True)
class _Box:
    """A box as it is used; `odd` is a kind of problem and a sentence about it, if it isn't simply annotated so."""

    corners: Corners
    line: int
    odd: tuple[tuple[str, str], ...] = ()


class VocObjects:
    """Reads `<object>` elements.

    Attributes:
      found: the objects, one for each box.
      problems: of those that can't be read.
    """

    def __init__(self, file: str):
        self._file = file
        self.found: list[RawObject] = []
        self.problems: list[Problem] = []

    def read(self, element: etree._Element) -> None:
        """Adds an element's objects or problems."""
        children = by_name(element)
        self.problems += unread_elements(self._file, element, KNOWN_ELEMENTS["object"], children)
        try:
            self._read(element.sourceline or 1, children)
        except _UnreadableObjectError as e:
            self.problems.append(e.problem)

    def _read(self, line: int, children: _Children) -> None:
        names = children.get("name", ())
        class_name = text_of(names[0]) if names else ""
        if not class_name:
            raise self._unreadable("no_class_name", "an object has no class name", line, "<name>the class</name>")
        if len(names) > 1:
            found = ", ".join(map(text_of, names))
            raise self._unreadable("no_class_name", "an object has several class names", line, "one <name>", found)
        difficult, truncated, deleted = (
            is_set(text_of(children.get(mark, EMPTY)[0])) for mark in ("difficult", "truncated", "deleted")
        )
        boxes = self._boxes(class_name, line, children)
        of_object = [("deleted_object", "is marked deleted")] if deleted else []
        if len(boxes) > 1:
            of_object.append(("several_boxes", f"is one of {len(boxes)} of the same object"))
        for box in boxes:
            self.found.append(
                RawObject(
                    names[0].text or "",  # Unchanged: stray spaces are reported as a fault.
                    *box.corners,
                    difficult=difficult,
                    truncated=truncated,
                    line=box.line,
                    name_line=names[0].sourceline,
                    oddities=(*of_object, *box.odd),
                )
            )

    def _boxes(self, class_name: str, line: int, children: _Children) -> list[_Box]:
        upright = [self._upright(class_name, line, element) for element in children.get("bndbox", ())]
        if degrees := self._rotation(children):
            odd = (outlines.turned(degrees),)
            upright = [_Box(outlines.around_turned(b.corners, math.radians(degrees)), b.line, odd) for b in upright]
        boxes = upright + [self._turned(class_name, line, element) for element in children.get("robndbox", ())]
        outline = self._outline(class_name, children)
        if outline is None and not boxes:
            missing = ", ".join(f"<{side}>" for side in _SIDES)
            message = f"an object ({class_name}) has no <bndbox>"
            raise self._unreadable("incomplete_box", message, line, f"a <bndbox> with {missing}")
        if outline is None:
            return boxes
        if not boxes:
            return [outline]
        if len(boxes) == 1 and not outlines.agree(boxes[0].corners, outline.corners):
            return [dataclasses.replace(boxes[0], odd=(*boxes[0].odd, outlines.differs(outline.corners)))]
        return boxes

    def _upright(self, class_name: str, line: int, element: etree._Element) -> _Box:
        sides = self._numbers(class_name, line, element, "bndbox", _SIDES)
        return _Box((sides[0], sides[1], sides[2], sides[3]), element.sourceline or line)

    def _turned(self, class_name: str, line: int, element: etree._Element) -> _Box:
        x, y, width, height, radians = self._numbers(class_name, line, element, "robndbox", _TURNED)
        straight = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        odd = (outlines.turned(math.degrees(radians)),) if radians else ()
        return _Box(outlines.around_turned(straight, radians), element.sourceline or line, odd)

    def _numbers(
        self, class_name: str, line: int, element: etree._Element, what: str, names: Sequence[str]
    ) -> list[float]:
        children = by_name(element)
        self.problems += unread_elements(self._file, element, KNOWN_ELEMENTS[what], children)
        expected = ", ".join(f"<{name}>" for name in names)
        if missing := ", ".join(f"<{name}>" for name in names if name not in children):
            message = f"an object ({class_name}) has no {missing} in its <{what}>"
            raise self._unreadable("incomplete_box", message, line, expected)
        if double := ", ".join(f"<{name}>" for name in names if len(children[name]) > 1):
            message = f"an object ({class_name}) has {double} more than once in its <{what}>"
            raise self._unreadable("incomplete_box", message, line, expected)
        return [self._number(class_name, children[name][0], f"<{name}>") for name in names]

    def _number(self, class_name: str, element: etree._Element, what: str) -> float:
        value = number(text_of(element))
        if value is None:
            message = f"{what} of an object ({class_name}) isn't a number"
            found = repr(text_of(element)) if text_of(element) else "nothing"
            raise self._unreadable("bad_number", message, element.sourceline or 1, f"{what} in pixels", found)
        return value

    def _rotation(self, children: _Children) -> float:
        """CVAT's, in degrees; 0 for upright boxes."""
        for attribute in itertools.chain.from_iterable(
            by_name(attributes).get("attribute", ()) for attributes in children.get("attributes", ())
        ):
            said = by_name(attribute)
            if text_of(said.get("name", EMPTY)[0]) == "rotation":
                degrees = number(text_of(said.get("value", EMPTY)[0]))
                if degrees is None:
                    message, found = "the rotation of a box isn't a number", text_of(said.get("value", EMPTY)[0])
                    raise self._unreadable("bad_number", message, attribute.sourceline or 1, "degrees", found)
                return degrees % 360
        return 0.0

    def _outline(self, class_name: str, children: _Children) -> _Box | None:
        """The box around an object's outlines, which may be several parts of it."""
        polygons = children.get("polygon", ())
        points = [point for polygon in polygons for point in self._points(class_name, polygon)]
        if not points:
            return None
        return _Box(outlines.around_points(points), polygons[0].sourceline or 1, (outlines.OUTLINED,))

    def _points(self, class_name: str, polygon: etree._Element) -> list[tuple[float, float]]:
        children = by_name(polygon)
        pairs = [(by_name(pt).get("x", EMPTY)[0], by_name(pt).get("y", EMPTY)[0]) for pt in children.get("pt", ())]
        for n in itertools.count(1):
            if f"x{n}" not in children and f"y{n}" not in children:
                break
            pairs.append((children.get(f"x{n}", EMPTY)[0], children.get(f"y{n}", EMPTY)[0]))
        points = []
        for x, y in pairs:
            if x is None or y is None:
                message = f"a point of an outline ({class_name}) lacks a coordinate"
                raise self._unreadable("bad_number", message, polygon.sourceline or 1, "x and y in pixels")
            points.append((self._number(class_name, x, "x"), self._number(class_name, y, "y")))
        return points

    def _unreadable(
        self, kind: str, message: str, line: int, expected: str, found: str | None = None
    ) -> _UnreadableObjectError:
        return _UnreadableObjectError(
            Problem(kind, self._file, message, line=line, expected=expected, found=found, fix=_FIX)
        )
