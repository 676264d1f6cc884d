"""Putting an annotation and its image together, in the pixels that the model will see."""

from __future__ import annotations

import dataclasses
import re

from coralline.data.annotated_image import AnnotatedImage, Split
from coralline.data.data_settings import DataSettings
from coralline.data.images import seen_images
from coralline.data.images.image_file import ImageFacts, UnreadableImageError
from coralline.data.images.seen_images import SeenImage
from coralline.data.judging.box_checks import BoxChecks
from coralline.data.judging.findings import Findings
from coralline.data.judging.problems import DataProblem, Problem
from coralline.data.reading.raw_annotation import Entry, RawAnnotation, RawObject
from coralline.data.reading.reader_choice import read_annotation
from coralline.foundation.errors import reason
from coralline.foundation.progress import counted

_SAME_ASPECT = 0.01
_ROUNDED_BY = 0.01
"""Pixels by which six decimals, as LabelImg writes, are off in an image of 10,000 pixels."""
_WINDOWS_PATH = re.compile(r"^(?:[A-Za-z]:[\\/]|\\\\)")


@dataclasses.dataclass(frozen=True)
class CheckedImage:
    """What came of one entry: the image, unless a problem rules it out, and every problem."""

    image: AnnotatedImage | None
    problems: tuple[Problem, ...]


def check_entry(root: str, entry: Entry, side: Split, options: DataSettings) -> CheckedImage:
    """Reads and checks one annotated image; classes are judged later, over the whole set.

    Args:
      root: the data set's folder.
      entry: the image and its annotation.
      side: its split.
      options: policies.
    """
    path = f"{root}/{entry.annotation}" if entry.annotation else entry.place.path
    findings = Findings(options)
    try:
        image = _check(path, entry, side, findings)
    except DataProblem as e:
        findings.note(e.problem)
        image = None
    return CheckedImage(image, tuple(_naming_the_image(problem, entry, path) for problem in findings.problems))


def _naming_the_image(problem: Problem, entry: Entry, path: str) -> Problem:
    """Names the image in messages about files that annotate many images and have no lines."""
    problem = dataclasses.replace(problem, image=entry.image)
    if (
        entry.boxes is None
        or not entry.annotation
        or problem.line
        or problem.file != path
        or entry.image in problem.message
    ):
        return problem
    return dataclasses.replace(problem, message=f"{problem.message} ({entry.image})")


def _check(path: str, entry: Entry, side: Split, findings: Findings) -> AnnotatedImage | None:
    raw = read_annotation(entry, path)
    seen = _look_at_image(entry)
    facts = seen.facts
    for problem in raw.problems:
        findings.note(problem)
    usable = _is_image_of(raw, entry, path, findings)
    whole = _in_whole_pixels(raw, path, findings)
    if whole is not raw.objects:
        raw = dataclasses.replace(raw, objects=whole)
    objects = _in_upright_pixels(raw, facts, path, findings)
    if objects is None or not usable:
        return None
    return AnnotatedImage(
        name=entry.image,
        place=entry.place,
        annotation_path=path,
        split=side,
        facts=facts,
        sha256=seen.sha256,
        objects=BoxChecks(path, facts.width, facts.height, findings).right(objects),
    )


def _look_at_image(entry: Entry) -> SeenImage:
    try:
        return seen_images.look(entry.place)
    except (OSError, UnreadableImageError) as e:
        raise DataProblem(unreadable_image(entry.image, entry.place.path, e)) from e


def unreadable_image(name: str, path: str, error: Exception) -> Problem:
    """An image that can't be opened or decoded."""
    return Problem(
        "unreadable_image",
        path,
        "the image can't be read" if path.endswith(name) else f"the image {name} can't be read",
        expected="a whole JPEG, PNG, BMP, GIF, WebP or TIFF image",
        found=reason(error),
        fix="replace the image, or remove it and its annotation",
    )


def _is_image_of(raw: RawAnnotation, entry: Entry, path: str, findings: Findings) -> bool:
    """Whether the names in the annotation fit this image."""
    if _WINDOWS_PATH.match(raw.path):
        findings.note(
            Problem(
                "foreign_path",
                path,
                "an absolute path of another machine, which isn't followed",
                line=raw.path_line,
                found=raw.path,
                fix="nothing has to be done",
            )
        )
    name = entry.image.rpartition("/")[2]
    if raw.filename in ("", name, name.rpartition("\\")[2]):
        return True
    renamed = Problem(
        "renamed_image",
        path,
        "the annotation names another file than the image it belongs to",
        line=raw.filename_line,
        expected=name,
        found=raw.filename,
        fix="correct <filename>, if the image is the one that was annotated",
    )
    return findings.note(renamed) == "fix"


def _in_whole_pixels(raw: RawAnnotation, file: str, findings: Findings) -> tuple[RawObject, ...]:
    """The boxes, rounded if the policy says so."""
    if raw.subpixel or raw.normalized:
        return raw.objects
    fractional = [o for o in raw.objects if any(corner % 1 for corner in (o.xmin, o.ymin, o.xmax, o.ymax))]
    if not fractional:
        return raw.objects
    noted = Problem(
        "fractional_corners",
        file,
        "corners of boxes aren't whole pixels",
        line=fractional[0].line,
        expected="whole numbers, as the VOC devkit has them",
        found=f"{counted(len(fractional), 'such box')}, the first one {fractional[0].corners}",
        fix="nothing has to be done: training takes them as they are",
    )
    return tuple(map(_rounded, raw.objects)) if findings.note(noted) == "fix" else raw.objects


def _rounded(o: RawObject) -> RawObject:
    xmin, ymin, xmax, ymax = (float(round(corner)) for corner in (o.xmin, o.ymin, o.xmax, o.ymax))
    return dataclasses.replace(o, xmin=xmin, ymin=ymin, xmax=xmax, ymax=ymax)


def _in_upright_pixels(
    raw: RawAnnotation, facts: ImageFacts, file: str, findings: Findings
) -> tuple[RawObject, ...] | None:
    """The boxes in the upright image's pixels, whatever view they were drawn on; None if that isn't clear.

    The size in the annotation tells which view that was: the upright one, the stored one (tools that don't know EXIF),
    or the image before it was resized. Shares of the image are those of the upright one, which is what labelling tools
    show, unless the annotation has the size of the stored one.
    """
    said = (raw.width, raw.height)
    if raw.normalized and (said != facts.stored_size or said == (facts.width, facts.height)):
        return tuple(_in_pixels(o, facts.width, facts.height) for o in raw.objects)
    if raw.normalized:
        raw = dataclasses.replace(raw, objects=tuple(_in_pixels(o, *said) for o in raw.objects))
    if 0 in said or said == (facts.width, facts.height):
        return raw.objects
    x, y = facts.width / raw.width, facts.height / raw.height
    turned, resized = said == facts.stored_size, abs(x / y - 1) <= _SAME_ASPECT
    noted = Problem(
        "size_differs" if turned or resized else "size_contradicts",
        file,
        "the size in the annotation isn't the image's",
        line=raw.size_line,
        expected=f"{facts.width} x {facts.height}, the image's size",
        found=f"{raw.width} x {raw.height}",
        fix="annotate this image again, or put the image back that was annotated",
    )
    if findings.note(noted) != "fix":
        return None
    return tuple(_turned(o, facts) if turned else _scaled(o, x, y) for o in raw.objects)


def _turned(o: RawObject, facts: ImageFacts) -> RawObject:
    """A box in stored pixels, after a quarter turn by EXIF (CIPA DC-008, orientation 5 to 8)."""
    width, height = facts.stored_size
    top, bottom = (o.xmin, o.xmax) if facts.orientation in (5, 6) else (width - o.xmax, width - o.xmin)
    left, right = (o.ymin, o.ymax) if facts.orientation in (5, 8) else (height - o.ymax, height - o.ymin)
    return dataclasses.replace(o, xmin=left, ymin=top, xmax=right, ymax=bottom)


def _in_pixels(o: RawObject, width: int, height: int) -> RawObject:
    """A box in shares of the image, which text and 32-bit floats round: a corner that all but is a whole pixel is one.

    Else a box over the whole image would reach beyond it.
    """
    at = _scaled(o, width, height)
    xmin, ymin, xmax, ymax = (
        float(round(corner)) if abs(corner - round(corner)) < _ROUNDED_BY else corner
        for corner in (at.xmin, at.ymin, at.xmax, at.ymax)
    )
    return dataclasses.replace(at, xmin=xmin, ymin=ymin, xmax=xmax, ymax=ymax)


def _scaled(o: RawObject, x: float, y: float) -> RawObject:
    return dataclasses.replace(o, xmin=o.xmin * x, ymin=o.ymin * y, xmax=o.xmax * x, ymax=o.ymax * y)
