"""Putting an annotation and its image together, and judging every box by the pixels that the model will see."""

from __future__ import annotations

import dataclasses
import difflib
import os
from collections.abc import Sequence

from components.dataset import image_file, storage, voc_xml
from components.dataset.annotation import AnnotatedImage, AnnotatedObject, Split
from components.dataset.image_file import ImageFacts, UnreadableImageError
from components.dataset.layout import Entry, unreadable_annotation
from components.dataset.options import DatasetOptions
from components.dataset.problems import DataProblem, Problem
from components.dataset.voc_xml import VocAnnotation, VocObject

_SLIGHTLY_PX, _SLIGHTLY_SHARE = 2, 0.02
"""A box that reaches beyond the image by no more than this (of the side) is clipped; beyond, something is wrong."""
_SAME_ASPECT = 0.01
_MEND_BOX = "correct the box in the labelling tool"


@dataclasses.dataclass(frozen=True)
class CheckedImage:
    """What came of one entry: the image, unless a problem rules it out, and every problem."""

    image: AnnotatedImage | None
    problems: tuple[Problem, ...]


def check_entry(
    root: str, entry: Entry, split: Split, options: DatasetOptions, class_names: Sequence[str] | None
) -> CheckedImage:
    """Reads and checks one annotated image.

    Args:
      root: the data set's folder.
      entry: the image and its annotation.
      split: its side.
      options: policies.
      class_names: those of the label map, when one was given.
    """
    annotation_path, image_path = os.path.join(root, entry.annotation), os.path.join(root, entry.image)
    try:
        voc = _read_annotation(annotation_path)
        facts = _read_image(image_path)
        check = _Check(annotation_path, options, class_names)
        check.problems += voc.problems
        objects = check.objects(_in_upright_pixels(voc, facts, annotation_path, check.problems), facts)
    except DataProblem as e:
        return CheckedImage(None, (e.problem,))
    image = AnnotatedImage(
        name=entry.image,
        image_path=image_path,
        annotation_path=annotation_path,
        split=split,
        width=facts.width,
        height=facts.height,
        reencoded=not facts.passes_through,
        objects=objects,
    )
    return CheckedImage(image, tuple(check.problems))


def _read_annotation(path: str) -> VocAnnotation:
    try:
        return voc_xml.parse(storage.read_bytes(path), path)
    except OSError as e:
        raise DataProblem(unreadable_annotation(path, e)) from e


def _read_image(path: str) -> ImageFacts:
    try:
        return image_file.inspect(storage.read_bytes(path))
    except (OSError, UnreadableImageError) as e:
        raise DataProblem(
            Problem(
                "unreadable_image",
                path,
                "the image can't be read",
                expected="a whole JPEG, PNG, BMP, GIF, WebP or TIFF file",
                found=str(e),
                mend="replace the image, or remove it and its annotation",
            )
        ) from e


def _in_upright_pixels(
    voc: VocAnnotation, facts: ImageFacts, file: str, problems: list[Problem]
) -> tuple[VocObject, ...]:
    """The boxes in the upright image's pixels, whatever view of it they were drawn on.

    `<size>` tells which view that was: the upright one, the stored one (tools that don't know EXIF), or the image
    before it was resized.

    Raises:
      DataProblem: `<size>` fits none of them.
    """
    said = (voc.width, voc.height)
    if 0 in said or said == (facts.width, facts.height):
        return voc.objects
    noted = Problem(
        "size_differs",
        file,
        "the size in the annotation isn't the image's",
        line=voc.size_line,
        expected=f"{facts.width} x {facts.height}, the image's size",
        found=f"{voc.width} x {voc.height}",
        mend="annotate this image again, or put the image back that was annotated",
    )
    if said == facts.stored_size:
        problems.append(dataclasses.replace(noted, policy="fix"))
        return tuple(_turned(o, facts) for o in voc.objects)
    x, y = facts.width / voc.width, facts.height / voc.height
    if abs(x / y - 1) > _SAME_ASPECT:
        raise DataProblem(noted)
    problems.append(dataclasses.replace(noted, policy="fix"))
    return tuple(_with_corners(o, o.xmin * x, o.ymin * y, o.xmax * x, o.ymax * y) for o in voc.objects)


def _turned(o: VocObject, facts: ImageFacts) -> VocObject:
    """A box in stored pixels, after a quarter turn by EXIF (CIPA DC-008, orientation 5 to 8)."""
    width, height = facts.stored_size
    top, bottom = (o.xmin, o.xmax) if facts.orientation in (5, 6) else (width - o.xmax, width - o.xmin)
    left, right = (o.ymin, o.ymax) if facts.orientation in (5, 8) else (height - o.ymax, height - o.ymin)
    return _with_corners(o, left, top, right, bottom)


def _with_corners(o: VocObject, xmin: float, ymin: float, xmax: float, ymax: float) -> VocObject:
    return dataclasses.replace(o, xmin=xmin, ymin=ymin, xmax=xmax, ymax=ymax)


class _Check:
    """Judges the boxes of one annotation."""

    def __init__(self, file: str, options: DatasetOptions, class_names: Sequence[str] | None):
        self.file = file
        self.problems: list[Problem] = []
        self._options = options
        self._class_names = class_names

    def objects(self, objects: Sequence[VocObject], facts: ImageFacts) -> tuple[AnnotatedObject, ...]:
        """Those that are right, clipped to the image."""
        checked = (self._object(o, facts) for o in objects if self._knows_class(o))
        return tuple(o for o in checked if o is not None)

    def _knows_class(self, o: VocObject) -> bool:
        if self._class_names is None or o.class_name in self._class_names:
            return True
        near = difflib.get_close_matches(o.class_name, self._class_names, n=1)
        self.problems.append(
            Problem(
                "unknown_class",
                self.file,
                f"a class that isn't in the label map: {o.class_name}",
                line=o.name_line,
                expected="one of "
                + ", ".join(self._class_names[:10])
                + (" ..." if len(self._class_names) > 10 else ""),
                found=o.class_name,
                mend=(f"did you mean {near[0]}? then " if near else "")
                + "correct the annotation, or add the class to the label map",
            )
        )
        return False

    def _object(self, o: VocObject, facts: ImageFacts) -> AnnotatedObject | None:
        if o.xmax <= o.xmin or o.ymax <= o.ymin:
            self._note_zero_area(o)
            return None
        beyond = [-o.xmin / facts.width, -o.ymin / facts.height, o.xmax / facts.width - 1, o.ymax / facts.height - 1]
        if max(beyond) > 0 and not self._may_clip(o, facts):
            return None
        return AnnotatedObject(
            class_name=o.class_name,
            xmin=max(o.xmin, 0.0),
            ymin=max(o.ymin, 0.0),
            xmax=min(o.xmax, float(facts.width)),
            ymax=min(o.ymax, float(facts.height)),
            difficult=o.difficult,
            truncated=o.truncated,
            line=o.line,
        )

    def _may_clip(self, o: VocObject, facts: ImageFacts) -> bool:
        """Whether a box that leaves the image does so by little, and is still a box when it's clipped."""
        x, y = (max(_SLIGHTLY_PX, _SLIGHTLY_SHARE * side) for side in (facts.width, facts.height))
        slightly = o.xmin >= -x and o.ymin >= -y and o.xmax <= facts.width + x and o.ymax <= facts.height + y
        inside = o.xmin < facts.width and o.ymin < facts.height and o.xmax > 0 and o.ymax > 0
        self.problems.append(
            Problem(
                "box_outside_image",
                self.file,
                f"a box ({o.class_name}) reaches beyond the image",
                policy="fix" if slightly and inside else "fail",
                line=o.line,
                expected=f"corners from 0, 0 to {facts.width}, {facts.height}",
                found=_corners(o),
                mend=_MEND_BOX,
            )
        )
        return slightly and inside

    def _note_zero_area(self, o: VocObject) -> None:
        inverted = o.xmax < o.xmin or o.ymax < o.ymin
        self.problems.append(
            Problem(
                "inverted_box" if inverted else "zero_area_box",
                self.file,
                f"a box ({o.class_name}) has {'its corners swapped' if inverted else 'no area'}",
                policy=self._options.on_zero_area_box,
                line=o.line,
                expected="xmin < xmax and ymin < ymax",
                found=_corners(o),
                mend=_MEND_BOX + ", or set data.on_zero_area_box to drop",
            )
        )


def _corners(o: VocObject) -> str:
    return f"xmin {o.xmin:g}, ymin {o.ymin:g}, xmax {o.xmax:g}, ymax {o.ymax:g}"
