"""Reading a whole data set: the way in for the pipeline, for `check` and for `evaluate`."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

from components.dataset import checks, split
from components.dataset.annotation import AnnotatedImage, Split
from components.dataset.checks import CheckedImage
from components.dataset.label_map import LabelMap
from components.dataset.layout import Entry, Layout, find_layout
from components.dataset.options import DatasetOptions
from components.dataset.problems import Problem, as_error, failing
from components.errors import UserError


@dataclasses.dataclass(frozen=True)
class Plan:
    """What is to be read, before anything is: cheap, by names alone.

    Attributes:
      layout: what is in the folder.
      entries: each with its side, in an order that mixes the data set and is always the same.
      given_label_map: the one that was given, if any.
      split_rule: one sentence.
      problems: those that names alone show.
    """

    layout: Layout
    entries: tuple[tuple[Entry, Split], ...]
    given_label_map: LabelMap | None
    split_rule: str
    problems: tuple[Problem, ...]

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """The classes that annotations may hold; None when any may."""
        return None if self.given_label_map is None else self.given_label_map.names


@dataclasses.dataclass(frozen=True)
class Dataset:
    """A data set that was read.

    Attributes:
      reader: "VOCdevkit" or "LabelImg".
      split_rule: one sentence on how the sides were chosen.
      label_map: given or derived.
      images: those that are right.
      problems: every problem found, whatever was done about it.
    """

    reader: str
    split_rule: str
    label_map: LabelMap
    images: tuple[AnnotatedImage, ...]
    problems: tuple[Problem, ...]


def read_dataset(path: str, options: DatasetOptions | None = None) -> Dataset:
    """Reads and checks every annotated image of a folder, without its pixels.

    Raises:
      UserError: the folder can't be read, or a problem in it has the policy `fail`.
    """
    dataset = inspect_dataset(path, options or DatasetOptions())
    if wrong := failing(dataset.problems):
        raise as_error(wrong)
    return dataset


def inspect_dataset(path: str, options: DatasetOptions) -> Dataset:
    """Like `read_dataset`, but failing problems are returned with the others.

    Raises:
      UserError: there is nothing that could be inspected.
    """
    plan = make_plan(path, options)
    checked = [check(plan, entry, side, options) for entry, side in plan.entries]
    return Dataset(
        reader=plan.layout.reader,
        split_rule=plan.split_rule,
        label_map=plan.given_label_map or LabelMap.of_names(class_names(checked)),
        images=tuple(c.image for c in checked if c.image),
        problems=in_order([*plan.problems, *(problem for c in checked for problem in c.problems)]),
    )


def make_plan(path: str, options: DatasetOptions) -> Plan:
    """Looks at the folder and decides on the sides.

    Raises:
      UserError: the folder, the label map or a list of images can't be used.
    """
    given = LabelMap.read(options.label_map) if options.label_map else None
    layout = find_layout(path)
    assignment = split.assign(layout, options.eval_fraction)
    mixed = sorted(
        (entry for entry in layout.entries if entry.image in assignment.split_of),
        key=lambda entry: (split.hash_fraction(entry.image), entry.image),
    )
    return Plan(
        layout=layout,
        entries=tuple((entry, assignment.split_of[entry.image]) for entry in mixed),
        given_label_map=given,
        split_rule=assignment.rule,
        problems=layout.problems + assignment.problems + _left_out(layout, assignment),
    )


def check(plan: Plan, entry: Entry, side: Split, options: DatasetOptions) -> CheckedImage:
    """Reads and checks one entry of a plan."""
    return checks.check_entry(plan.layout.root, entry, side, options, plan.class_names)


def class_names(checked: Iterable[CheckedImage]) -> set[str]:
    """The classes of all boxes."""
    return {name for c in checked if c.image for name in c.image.class_names}


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Problems as people read them: by file and line."""
    return tuple(sorted(problems, key=lambda problem: (problem.file, problem.line or 0)))


def no_box_error(path: str) -> UserError:
    """For a data set whose images have no box at all."""
    return UserError(
        "the data set has no box",
        file=path,
        expected="at least one <object> in an annotation",
        found="background images only",
        mend="annotate the objects that the detector should find",
    )


def summary(
    plan: Plan, label_map: LabelMap, images: Sequence[AnnotatedImage], problems: Sequence[Problem]
) -> dict[str, Any]:
    """The content of `report.json`."""
    boxes = collections.Counter(name for image in images for name in image.class_names)
    sides = collections.Counter(image.split for image in images)
    return {
        "reader": plan.layout.reader,
        "split_rule": plan.split_rule,
        "images": len(images),
        "boxes": boxes.total(),
        "classes": {name: boxes[name] for name in label_map.names},
        "splits": {side: sides[side] for side in split.SPLITS},
        "max_boxes_per_image": max((len(image.objects) for image in images), default=0),
        "reencoded": sum(image.reencoded for image in images),
        "problems": [problem.as_json() for problem in problems],
    }


def _left_out(layout: Layout, assignment: split.Assignment) -> tuple[Problem, ...]:
    unannotated = (
        Problem(
            "image_without_annotation", f"{layout.root}/{name}", "the image has no annotation and is left out", "drop"
        )
        for name in layout.unannotated
    )
    unlisted = (
        Problem("unlisted_image", f"{layout.root}/{name}", "no list in use names the image; it's left out", "drop")
        for name in assignment.unlisted
    )
    return (*unannotated, *unlisted)
