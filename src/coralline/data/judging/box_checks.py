"""Judging the boxes of one image by its pixels."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from coralline.data.annotated_image import AnnotatedObject
from coralline.data.judging.findings import Findings
from coralline.data.judging.problems import Problem
from coralline.data.reading.raw_annotation import RawObject

_FIX = "correct the box in the labelling tool"
_LEAST_INSIDE = 0.5
"""Share of a box's area inside of the image below which it can't be meant for this image."""

_LEAST_SIDE = 0.01
"""Pixels: normalized, as float32, the sides of a thinner box may be the same number."""


class BoxChecks:
    """Checks of one image's boxes, in the order in which one may fix what the next looks at."""

    def __init__(self, file: str, width: int, height: int, findings: Findings):
        self._file, self._width, self._height, self._findings = file, width, height, findings

    def right(self, objects: Sequence[RawObject]) -> tuple[AnnotatedObject, ...]:
        """Those that are right, or were fixed, in pixels of the image."""
        checked: dict[tuple[object, ...], AnnotatedObject] = {}
        for raw in objects:
            o = self._object(raw)
            if o is not None:
                key = (o.class_name, o.xmin, o.ymin, o.xmax, o.ymax)
                if key in checked and self._note(raw, "duplicate_box", "appears twice") != "keep":
                    continue
                checked[(*key, len(checked)) if key in checked else key] = o
        return tuple(checked.values())

    def _object(self, o: RawObject) -> AnnotatedObject | None:
        if not self._may_be_used(o):
            return None
        fixed = self._clipped(_with_corners_in_order(o) if o.xmax < o.xmin or o.ymax < o.ymin else o)
        if fixed is None:
            return None
        return AnnotatedObject(
            class_name=o.class_name,
            xmin=fixed.xmin,
            ymin=fixed.ymin,
            xmax=fixed.xmax,
            ymax=fixed.ymax,
            difficult=o.difficult,
            truncated=o.truncated,
            line=o.line,
            name_line=o.name_line,
        )

    def _may_be_used(self, o: RawObject) -> bool:
        """False if its marks, its oddities or its lack of area rule the box out."""
        if "drop" in [self._note(o, kind, message) for kind, message in o.oddities]:
            return False
        if o.difficult and self._note(o, "difficult_box", "is marked difficult") != "keep":
            return False
        if o.truncated and self._note(o, "truncated_box", "is marked truncated") != "keep":
            return False
        if abs(o.xmax - o.xmin) < _LEAST_SIDE or abs(o.ymax - o.ymin) < _LEAST_SIDE:
            self._note(o, "zero_area_box", "has no area", "xmin < xmax and ymin < ymax")
            return False
        if o.xmax < o.xmin or o.ymax < o.ymin:
            return self._note(o, "inverted_box", "has its corners swapped", "xmin < xmax and ymin < ymax") == "fix"
        return True

    def _clipped(self, o: RawObject) -> RawObject | None:
        if o.xmin >= 0 and o.ymin >= 0 and o.xmax <= self._width and o.ymax <= self._height:
            return o
        inside = dataclasses.replace(
            o,
            xmin=max(o.xmin, 0.0),
            ymin=max(o.ymin, 0.0),
            xmax=min(o.xmax, float(self._width)),
            ymax=min(o.ymax, float(self._height)),
        )
        expected = f"corners from 0, 0 to {self._width}, {self._height}"
        width, height = inside.xmax - inside.xmin, inside.ymax - inside.ymin
        if min(width, height) < _LEAST_SIDE or width * height < _LEAST_INSIDE * (o.xmax - o.xmin) * (o.ymax - o.ymin):
            self._note(o, "box_off_image", "lies outside of the image", expected)
            return None
        return inside if self._note(o, "box_outside_image", "reaches beyond the image", expected) == "fix" else None

    def _note(self, o: RawObject, kind: str, message: str, expected: str | None = None) -> str:
        return self._findings.note(
            Problem(
                kind,
                self._file,
                f"a box ({o.class_name.strip()}) {message}",
                line=o.line,
                expected=expected,
                found=o.corners,
                fix=_FIX,
                xmin_ymin_xmax_ymax=o.xmin_ymin_xmax_ymax,
            )
        )


def _with_corners_in_order(o: RawObject) -> RawObject:
    (xmin, xmax), (ymin, ymax) = sorted((o.xmin, o.xmax)), sorted((o.ymin, o.ymax))
    return dataclasses.replace(o, xmin=xmin, ymin=ymin, xmax=xmax, ymax=ymax)
