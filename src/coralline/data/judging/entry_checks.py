"""Putting an annotation and its image together, in the pixels that the model will see."""

from __future__ import annotations

import dataclasses
import itertools
import os
import re
import time
from collections.abc import Iterable, Sequence

from coralline.data.annotated_image import AnnotatedImage, Split
from coralline.data.data_settings import DataSettings
from coralline.data.images import seen_images
from coralline.data.images.image_file import ImageFacts, UnreadableImageError
from coralline.data.images.seen_images import SeenImage
from coralline.data.judging import box_form, misread_boxes
from coralline.data.judging.box_checks import BoxChecks
from coralline.data.judging.findings import Findings
from coralline.data.judging.misread_boxes import BoxEvidence
from coralline.data.judging.problems import DataProblem, Problem
from coralline.data.reading.raw_annotation import Entry, RawAnnotation, RawObject
from coralline.data.reading.reader_choice import read_annotation
from coralline.foundation import forked_workers, progress, read_ahead
from coralline.foundation.errors import reason
from coralline.foundation.progress import counted

_LARGEST_SHARE = 2.0
"""Numbers beyond it aren't shares of an image, which may exceed 1 by rounding or where a box reaches beyond it."""
_SAME_ASPECT = 0.01
_ROUNDED_BY = 0.01
"""Pixels by which six decimals, as LabelImg writes, are off in an image of 10,000 pixels."""
_MANY_ENTRIES, _SHARE = 1000, 250
"""From so many on workers pay; and as many are given to one at a time."""
_TOLD_EVERY_S = 5.0
_WINDOWS_PATH = re.compile(r"^(?:[A-Za-z]:[\\/]|\\\\)")


@dataclasses.dataclass(frozen=True)
class CheckedImage:
    """What came of one entry: the image, unless a problem rules it out, every problem, and what its boxes look like."""

    image: AnnotatedImage | None
    problems: tuple[Problem, ...]
    evidence: BoxEvidence


def check_entries(root: str, entries: Sequence[tuple[Entry, Split]], options: DataSettings) -> list[CheckedImage]:
    """`check_entry` of each, by workers where there are many; what these saw of the images is remembered here.

    Tells how far it has come, every few seconds.
    """
    here = os.getpid()

    def checked(start: int, end: int) -> tuple[list[CheckedImage], dict[str, SeenImage]]:
        share, by_worker = entries[start:end], os.getpid() != here
        if by_worker:
            seen_images.keep_bytes(0)  # They would be lost with it.
        with read_ahead.of(files_of(root, (entry for entry, _ in share))):
            results = [check_entry(root, entry, side, options) for entry, side in share]
        return results, seen_images.of_worker(entry.place for entry, _ in share) if by_worker else {}

    found: list[CheckedImage] = []
    told = time.monotonic()
    at_a_time = _SHARE if len(entries) >= _MANY_ENTRIES else _MANY_ENTRIES
    for results, seen in forked_workers.in_shares(checked, len(entries), at_a_time):
        seen_images.remember(seen)
        found += results
        if time.monotonic() - told >= _TOLD_EVERY_S:
            told = time.monotonic()
            progress.note(f"{len(found):,} of {len(entries):,} images looked at")
    return found


def files_of(root: str, entries: Iterable[Entry]) -> list[str]:
    """The files that `check_entry` reads of each, in this order."""
    files: dict[str, None] = {}
    for entry in entries:
        if entry.boxes is None and entry.annotation:
            files[f"{root}/{entry.annotation}"] = None
        if entry.place.record is None:
            files[entry.place.path] = None
    return list(files)


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
        image, evidence = _check(path, entry, side, options, findings)
    except DataProblem as e:
        findings.note(e.problem)
        image, evidence = None, BoxEvidence()
    problems = tuple(_naming_the_image(problem, entry, path) for problem in findings.problems)
    return CheckedImage(image, problems, evidence)


def evidence_by_file(checked: Iterable[tuple[Entry, CheckedImage]]) -> dict[str, BoxEvidence]:
    """What boxes look like, by the file that annotates many images, or by the part of the data set."""
    found: dict[str, BoxEvidence] = {}
    for entry, of in checked:
        file = entry.annotation if entry.boxes is not None else entry.part or ""
        found.setdefault(file, BoxEvidence()).add(of.evidence)
    return found


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


def _check(
    path: str, entry: Entry, side: Split, options: DataSettings, findings: Findings
) -> tuple[AnnotatedImage | None, BoxEvidence]:
    own = read_annotation(entry, path)
    seen = _look_at_image(entry)
    facts = seen.facts
    if facts.reencoded == "cut_off" and findings.note(_cut_off_image(entry, facts)) != "fix":
        return None, BoxEvidence()
    for problem in own.problems:
        findings.note(problem)
    raw = box_form.read_as(own, *options.boxes_are, (facts.width, facts.height))
    usable = _is_image_of(raw, entry, path, findings)
    whole = _in_whole_pixels(raw, path, findings)
    if whole is not raw.objects:
        raw = dataclasses.replace(raw, objects=whole)
    objects = _in_upright_pixels(raw, facts, path, findings)
    if objects is None or not usable:
        return None, BoxEvidence()
    evidence = misread_boxes.evidence_of(own, objects, facts, (entry.image, path))
    if raw.normalized:
        in_shares = (_is_in_shares(share, path, findings) for share in raw.objects)
        objects = tuple(itertools.compress(objects, in_shares))
    image = AnnotatedImage(
        name=entry.image,
        place=entry.place,
        annotation_path=path,
        split=side,
        facts=facts,
        sha256=seen.sha256,
        objects=BoxChecks(path, facts.width, facts.height, findings).right(objects),
        thumbnail=seen.thumbnail,
    )
    return image, evidence


def _is_in_shares(o: RawObject, file: str, findings: Findings) -> bool:
    if max(map(abs, o.xmin_ymin_xmax_ymax)) <= _LARGEST_SHARE:
        return True
    findings.note(
        Problem(
            "bad_number",
            file,
            f"a box ({o.class_name}) isn't in shares of the image",
            line=o.line,
            expected="numbers from 0 to 1",
            found=o.corners,
            fix="correct the box, or remove it",
        )
    )
    return False


def _look_at_image(entry: Entry) -> SeenImage:
    try:
        return seen_images.look(entry.place, thumbnail=entry.compared)
    except (OSError, UnreadableImageError) as e:
        raise DataProblem(unreadable_image(entry.image, entry.place.path, e)) from e


def _cut_off_image(entry: Entry, facts: ImageFacts) -> Problem:
    """An image whose end is missing, and that is usable without."""
    path, lines = entry.place.path, facts.stored_size[1]
    return Problem(
        "unreadable_image",
        path,
        _about(entry.image, path, "is cut off near its end"),
        expected=f"a whole file, of {lines} lines",
        found=f"{lines - facts.missing_lines} of {lines} lines",
        fix="replace the image if you can; what is there is used as decoders recover it, the rest has one colour",
    )


def _about(name: str, path: str, says: str) -> str:
    return f"the image {says}" if path.endswith(name) else f"the image {name} {says}"


def unreadable_image(name: str, path: str, error: Exception) -> Problem:
    """An image that can't be opened or decoded."""
    return Problem(
        "unreadable_image",
        path,
        _about(name, path, "can't be read"),
        expected="a whole JPEG, PNG, BMP, GIF, WebP or TIFF image",
        found=reason(error),
        fix=getattr(error, "fix", None) or "replace the image, or remove it and its annotation",
        fixable=False,
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
        fix="correct the name in the annotation, if the image is the one that was annotated",
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
