"""Reading a whole data set: the way in for the pipeline, for `check` and for `evaluate`."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

from components.dataset import checks, split
from components.dataset.annotation import AnnotatedImage, Split
from components.dataset.label_map import LabelMap
from components.dataset.layout import Entry, Layout, find_layout
from components.dataset.options import DatasetOptions
from components.dataset.problems import Problem, as_error, failing


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
    checked = [
        checks.check_entry(plan.layout.root, entry, side, options, plan.class_names) for entry, side in plan.entries
    ]
    images = [c.image for c in checked if c.image]
    return assemble(plan, images, (problem for c in checked for problem in c.problems))


def assemble(plan: Plan, images: Sequence[AnnotatedImage], problems: Iterable[Problem]) -> Dataset:
    """A data set from what was planned and what came of it; the label map is the given one, or the classes there are.

    A data set without any box is one problem more.
    """
    names = {name for image in images for name in image.class_names}
    found = [*plan.problems, *problems]
    if not names and not failing(found):
        found.append(_no_box(plan.layout.root))
    return Dataset(
        reader=plan.layout.reader,
        split_rule=plan.split_rule,
        label_map=plan.given_label_map or LabelMap.of_names(names),
        images=tuple(images),
        problems=tuple(sorted(found, key=lambda problem: (problem.file, problem.line or 0))),
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


def summary(dataset: Dataset) -> dict[str, Any]:
    """The content of `report.json`: counts of what is right, and every problem."""
    boxes = collections.Counter(name for image in dataset.images for name in image.class_names)
    sides = collections.Counter(image.split for image in dataset.images)
    return {
        "reader": dataset.reader,
        "split_rule": dataset.split_rule,
        "images": len(dataset.images),
        "boxes": boxes.total(),
        "classes": {name: boxes[name] for name in dataset.label_map.names},
        "splits": {side: sides[side] for side in split.SPLITS},
        "max_boxes_per_image": max((len(image.objects) for image in dataset.images), default=0),
        "reencoded": sum(image.reencoded for image in dataset.images),
        "problems": [problem.as_json() for problem in dataset.problems],
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


def _no_box(root: str) -> Problem:
    return Problem(
        "no_box",
        root,
        "the data set has no box",
        expected="at least one <object> in an annotation",
        found="background images only",
        mend="annotate the objects that the detector should find",
    )
