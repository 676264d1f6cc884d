"""Boxes that look wrong wherever one looks: most likely their numbers mean something else than their format says.

A file of shares of the image where pixels should be, corners where sizes should be, a value written twice: each box
by itself can be mended or left out, and the training would be for nothing. So where most boxes have such a fault, the
run stops, and says which meaning of the numbers would make all of them right.
"""

from __future__ import annotations

import collections
import dataclasses
import itertools
from collections.abc import Iterable, Mapping, Sequence

from coralline.data.images.image_file import ImageFacts
from coralline.data.judging.box_form import FORMATS, UNITS, BoxFormat, BoxUnits, Four, corners_in_pixels, values_of
from coralline.data.judging.problems import Problem
from coralline.data.reading.raw_annotation import RawAnnotation, RawObject
from coralline.foundation.progress import counted

_MOST, _MANY = 0.5, 0.2
_LEAST_BOXES, _LEAST_BOXES_OF_A_FILE = 3, 5
_ALL = 0.95
"""Share of boxes that must be right under another meaning."""
_LEAST_EQUAL = 5
_LEAST_REACH, _LESS_SPREAD = 0.6, 0.7
"""Where in their image the farthest of some boxes end; of a meaning that is less likely than another one."""
_SAME_VALUE = 0.9
"""Share of boxes in which two corners have the same value, from which on that isn't chance."""
_BEYOND_SHARE, _BEYOND_PIXELS = 0.01, 2.0
"""Boxes that people draw may reach beyond an image by as much."""
_FAR_TIMES = 5
"""So many times as far is far beyond: no other meaning has to make them right."""
_BEYOND = "reach beyond their image"
_KEPT = 200
"""Boxes of a file that are kept to try other meanings on."""
_SHOWN = 3
_LARGEST: dict[BoxUnits, tuple[float, float]] = {
    "pixels": (2.0, float("inf")),
    "normalized": (0.05, 1.5),
    "percent": (1.5, 105.0),
    "per_mille": (105.0, 1050.0),
    "normalized_twice": (0.0, 0.05),
}
"""Between which the largest number of a file lies, by its units."""
_USUAL_FORMATS: tuple[BoxFormat, ...] = ("xyxy", "xywh", "cxcywh")
_SIDES = ("xmin", "ymin", "xmax", "ymax")
_PAIRS = ((0, 3), (1, 2))
"""Of `_SIDES`: those that are equal by mistake alone. A box in the middle of a square image has xmin = ymin."""


@dataclasses.dataclass(frozen=True)
class SuspectBox:
    """A box that looks wrong, or stands beside one that does.

    Attributes:
      image: its image's name.
      file: its annotation.
      line: its line in the annotation.
      values: its four numbers, as the file has them.
      size: width and height of the image that they are of.
      xmin_ymin_xmax_ymax: as it was read, pixels of the upright image.
      complaint: what is wrong with it; empty if nothing is.
    """

    image: str
    file: str
    line: int | None
    values: Four
    size: tuple[int, int]
    xmin_ymin_xmax_ymax: Four
    complaint: str

    @property
    def corners(self) -> str:
        """As it was read, for people."""
        return ", ".join(f"{side} {value:g}" for side, value in zip(_SIDES, self.xmin_ymin_xmax_ymax, strict=True))


@dataclasses.dataclass
class BoxEvidence:
    """What the boxes of some images look like.

    Attributes:
      boxes: how many there are.
      complaints: how many have which fault.
      slight: how many of them reach beyond their image, but not far.
      equal: of how many boxes each of `_PAIRS` has one value, of those where that says something.
      telling: how many those are, by pair.
      suspects: the first boxes of images in which one looks wrong.
      own_format, own_units: of the numbers, by the annotations' format.
    """

    boxes: int = 0
    complaints: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    slight: int = 0
    equal: collections.Counter[int] = dataclasses.field(default_factory=collections.Counter)
    telling: collections.Counter[int] = dataclasses.field(default_factory=collections.Counter)
    suspects: list[SuspectBox] = dataclasses.field(default_factory=list)
    own_format: BoxFormat = "xyxy"
    own_units: BoxUnits = "pixels"

    def add(self, other: BoxEvidence) -> None:
        """Puts it together with that of others."""
        if not self.boxes:
            self.own_format, self.own_units = other.own_format, other.own_units
        self.boxes += other.boxes
        self.complaints += other.complaints
        self.slight += other.slight
        self.equal += other.equal
        self.telling += other.telling
        self.suspects += other.suspects[: _KEPT - len(self.suspects)]


@dataclasses.dataclass(frozen=True)
class Misreading:
    """A file, or a whole data set, whose boxes are most likely meant in another way.

    Attributes:
      complaint: in words, with counts.
      box_format, box_units: what they most likely are; None if nothing makes them right.
      boxes: the first of them, at most three.
    """

    complaint: str
    box_format: BoxFormat | None
    box_units: BoxUnits | None
    boxes: tuple[SuspectBox, ...]

    def meant(self, box: SuspectBox) -> Four | None:
        """A box as it is most likely meant, in pixels of the image that its numbers are of."""
        if self.box_format is None or self.box_units is None:
            return None
        return corners_in_pixels(box.values, self.box_format, self.box_units, *box.size)


def evidence_of(
    own: RawAnnotation, upright: Sequence[RawObject], facts: ImageFacts, at: tuple[str, str]
) -> BoxEvidence:
    """What the boxes of one image look like.

    Args:
      own: its annotation, as the format has it.
      upright: its boxes in pixels of the upright image, unchecked.
      facts: of the image.
      at: the image's name, and where the annotation is.
    """
    found = BoxEvidence(
        own_format=own.box_format, own_units="normalized" if own.normalized else "pixels", boxes=len(upright)
    )
    size = facts.width, facts.height
    for o in upright:
        if o.oddities:
            found.boxes -= 1
            continue
        corners = o.xmin_ymin_xmax_ymax
        if complaint := _complaint(corners, *size):
            found.complaints[complaint] += 1
            found.slight += complaint == _BEYOND and not _complaint(corners, *size, _FAR_TIMES)
        _count_equal(corners, size, found)
    if found.complaints or found.equal:
        of_numbers = (own.width, own.height) if own.width and own.height else size
        found.suspects = [
            SuspectBox(
                *at,
                o.line,
                values_of(before, own.box_format),
                of_numbers,
                o.xmin_ymin_xmax_ymax,
                _complaint(o.xmin_ymin_xmax_ymax, *size),
            )
            for o, before in zip(upright, own.objects, strict=True)
            if not o.oddities
        ]
    return found


def _complaint(corners: Four, width: int, height: int, times: int = 1) -> str:
    xmin, ymin, xmax, ymax = corners
    x, y = (times * max(_BEYOND_SHARE * side, _BEYOND_PIXELS) for side in (width, height))
    if xmin < -x or ymin < -y or xmax > width + x or ymax > height + y:
        return _BEYOND
    if xmax < xmin or ymax < ymin:
        return "have swapped corners"
    if xmax - xmin < 1 and ymax - ymin < 1:
        return "are smaller than a pixel"
    return "have no area" if xmax == xmin or ymax == ymin else ""


def _count_equal(corners: Four, size: tuple[int, int], found: BoxEvidence) -> None:
    """Values at the image's edges are equal by their nature in a box over the whole of it."""
    for number, (i, j) in enumerate(_PAIRS):
        if corners[i] not in (0, *size) or corners[j] not in (0, *size):
            found.telling[number] += 1
            if corners[i] == corners[j]:
                found.equal[number] += 1


def find_misreadings(evidence_by_file: Mapping[str, BoxEvidence]) -> dict[str, Misreading]:
    """Of each file of annotations, or part of the data set, by its name; "" for all of it.

    Args:
      evidence_by_file: of files that annotate many images, and of others together, in a fixed order.
    """
    everything = BoxEvidence()
    for evidence in evidence_by_file.values():
        everything.add(evidence)
    found = {
        file: misreading
        for file, evidence in evidence_by_file.items()
        if (misreading := _misreading(evidence, _LEAST_BOXES_OF_A_FILE))
    }
    if not found or len(found) == len(evidence_by_file):
        whole = _misreading(everything, _LEAST_BOXES)
        return {"": whole} if whole else found
    return found


def _misreading(evidence: BoxEvidence, least: int) -> Misreading | None:
    return _one_value_twice(evidence) or _wrong_everywhere(evidence, least)


def _one_value_twice(evidence: BoxEvidence) -> Misreading | None:
    for number, (i, j) in enumerate(_PAIRS):
        equal, telling = evidence.equal[number], evidence.telling[number]
        if equal >= _LEAST_EQUAL and equal >= _SAME_VALUE * telling and equal > _MOST * evidence.boxes:
            suspects = tuple(box for box in evidence.suspects if _is_equal(box, i, j))
            of = counted(telling, "box")
            said = f"{_SIDES[j]} is the same as {_SIDES[i]} in {equal} of {of}"
            return Misreading(said, None, None, suspects[:_SHOWN])
    return None


def _wrong_everywhere(evidence: BoxEvidence, least: int) -> Misreading | None:
    """Most are wrong; or many are, and one other meaning makes all right."""
    wrong = evidence.complaints.total()
    if wrong < least or wrong < _MANY * evidence.boxes:
        return None
    box_format, box_units = _meaning(evidence)
    grave = wrong - evidence.slight
    if (grave < least or grave <= _MOST * evidence.boxes) and (box_format is None or wrong < _LEAST_EQUAL):
        return None
    worst, _ = evidence.complaints.most_common(1)[0]
    suspects = tuple(box for box in evidence.suspects if box.complaint)
    complaint = f"{wrong} of {counted(evidence.boxes, 'box')} {worst}"
    return Misreading(complaint, box_format, box_units, suspects[:_SHOWN])


def _is_equal(box: SuspectBox, i: int, j: int) -> bool:
    return box.xmin_ymin_xmax_ymax[i] == box.xmin_ymin_xmax_ymax[j]


def _meaning(evidence: BoxEvidence) -> tuple[BoxFormat, BoxUnits] | tuple[None, None]:
    """The likeliest under which all boxes are right.

    Of several that are as likely, the one by which the boxes are spread over the whole image: percent that are read as
    pixels all lie in a corner of it.
    """
    largest = max((abs(value) for box in evidence.suspects for value in box.values), default=0.0)
    units = [name for name, (low, high) in _LARGEST.items() if low < largest <= high]
    other = [name for name in FORMATS if name not in _USUAL_FORMATS]
    tiers: list[Iterable[tuple[BoxFormat, BoxUnits]]] = [
        ((form, evidence.own_units) for form in _USUAL_FORMATS if evidence.own_units in units),
        ((evidence.own_format, unit) for unit in units),
        itertools.product(_USUAL_FORMATS, units),
        itertools.product(other, units),
    ]
    for tier in tiers:
        reach = {meaning: _reach(evidence.suspects, *meaning) for meaning in tier}
        right = {meaning: far for meaning, far in reach.items() if far >= _LEAST_REACH}
        if right:
            best, *others = sorted(right, key=right.__getitem__, reverse=True)
            is_clear = all(right[other] < _LESS_SPREAD * right[best] for other in others)
            return best if is_clear else (None, None)
    return None, None


def _reach(boxes: Sequence[SuspectBox], box_format: BoxFormat, units: BoxUnits) -> float:
    """How far to the right and down the farthest box lies, as a share of its image; 0 unless all boxes are right."""
    meant = [corners_in_pixels(box.values, box_format, units, *box.size) for box in boxes]
    right = sum(not _complaint(corners, *box.size) for corners, box in zip(meant, boxes, strict=True))
    if right < _ALL * len(boxes):
        return 0.0
    return min(max(corners[2 + i] / box.size[i] for corners, box in zip(meant, boxes, strict=True)) for i in (0, 1))


def as_problem(misreading: Misreading) -> Problem:
    """What stops the run."""
    first = misreading.boxes[0]
    numbers = ", ".join(f"{value:g}" for value in first.values)
    message = f"{misreading.complaint}, so that they are most likely misread"
    fix = "look at them with `coralline check --report`, and correct them or export them again"
    if misreading.box_format and misreading.box_units:
        meant = f"{FORMATS[misreading.box_format]} in {UNITS[misreading.box_units]}"
        message += f"; read as {meant}, they are all right"
        settings = f"data.box_format to {misreading.box_format} and data.box_units to {misreading.box_units}"
        fix = f"if that is what they are, set {settings}; else correct them or export them again"
    return Problem(
        "misread_boxes",
        first.file,
        message,
        line=first.line,
        expected="boxes that lie in their images",
        found=f"{numbers} in an image of {first.size[0]} x {first.size[1]} pixels ({first.image})",
        fix=fix,
        image=first.image,
        xmin_ymin_xmax_ymax=first.xmin_ymin_xmax_ymax,
    )
