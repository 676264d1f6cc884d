"""Reading a whole data set: the way in for the pipeline, for `check` and for `evaluate`."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike, fspath
from typing import Any, get_args

from coralline.data.annotated_image import AnnotatedImage, Split
from coralline.data.data_settings import DataSettings
from coralline.data.images.image_file import Reason
from coralline.data.judging import compared_pictures, entry_checks, split, whole_set
from coralline.data.judging.misread_boxes import BoxEvidence, Misreading, as_problem, find_misreadings
from coralline.data.judging.problems import Problem, as_error, failing
from coralline.data.reading.raw_annotation import Entry, Layout
from coralline.data.reading.reader_choice import find_layout
from coralline.data.records.label_map import LabelMap
from coralline.foundation.progress import counted

_NAMED_UNLISTED = 3


@dataclasses.dataclass(frozen=True)
class Plan:
    """What is to be read, before any image is: cheap, mostly by names alone.

    Attributes:
      layout: what is in the folder.
      entries: each with its side, in an order that mixes the data set and is always the same.
      given_label_map: the one that was given, if any.
      split_rule: one sentence.
      by_hash: whether sides are ours to choose.
      problems: those that show so far, decided on.
    """

    layout: Layout
    entries: tuple[tuple[Entry, Split], ...]
    given_label_map: LabelMap | None
    split_rule: str
    by_hash: bool
    problems: tuple[Problem, ...]

    def without_entries(self) -> Plan:
        """What the judgement of the whole needs of it, which has to travel."""
        layout = dataclasses.replace(self.layout, entries=(), unannotated=())
        return dataclasses.replace(self, layout=layout, entries=())


@dataclasses.dataclass(frozen=True)
class Dataset:
    """A data set that was read.

    Attributes:
      reader: what its layout is called.
      not_read: what else looks like annotations in the folder; empty when nothing does.
      split_rule: one sentence on how the sides were chosen.
      label_map: given or derived.
      images: those that are right.
      problems: every problem found, whatever was done about it.
      misreadings: files whose boxes most likely mean something else, in words and examples.
    """

    reader: str
    not_read: str
    split_rule: str
    label_map: LabelMap
    images: tuple[AnnotatedImage, ...]
    problems: tuple[Problem, ...]
    misreadings: tuple[Misreading, ...] = ()

    @property
    def splits(self) -> tuple[Split, ...]:
        """Train and eval, and test if an image is on that side."""
        return split.in_use(image.split for image in self.images)

    @property
    def ok(self) -> bool:
        """Whether no problem would stop a run."""
        return not failing(self.problems)


def read_dataset(path: str | PathLike[str], settings: DataSettings | None = None) -> Dataset:
    """Reads and checks every annotated image of a folder; pixels are read when they are asked for.

    Args:
      path: the folder; its layout (Pascal VOC, COCO, YOLO, CSV, TFRecord) is recognised unless the settings name one.
      settings: how to read and split it, and what to do about problems; None: the defaults.

    Raises:
      UserError: the folder can't be read, or there is a problem that would stop a run.
    """
    dataset = check_dataset(path, settings)
    if wrong := failing(dataset.problems):
        raise as_error(wrong)
    return dataset


def read_to_score(path: str, settings: DataSettings) -> Dataset:
    """As `read_dataset`, but a folder that says nothing of sides, by itself or by the settings, is one: all evaluates.

    Raises:
      UserError: as `read_dataset`.
    """
    dataset = _checked(make_plan(path, settings, undivided_evaluates=True), settings)
    if wrong := failing(dataset.problems):
        raise as_error(wrong)
    return dataset


def check_dataset(path: str | PathLike[str], settings: DataSettings | None = None) -> Dataset:
    """As `read_dataset`, but problems that would stop a run are returned with the others.

    Args:
      path: the folder.
      settings: how to read and split it, and what to do about problems; None: the defaults.

    Raises:
      UserError: there is nothing to check: no such folder, no annotations, a label map that can't be read.
    """
    settings = settings or DataSettings()
    return _checked(make_plan(fspath(path), settings), settings)


def _checked(plan: Plan, settings: DataSettings) -> Dataset:
    checked = entry_checks.check_entries(plan.layout.root, plan.entries, settings)
    images = [c.image for c in checked if c.image]
    evidence = entry_checks.evidence_by_file(zip((entry for entry, _ in plan.entries), checked, strict=True))
    return assemble(plan, images, (problem for c in checked for problem in c.problems), evidence, settings)


def assemble(
    plan: Plan,
    images: Sequence[AnnotatedImage],
    problems: Iterable[Problem],
    evidence: Mapping[str, BoxEvidence],
    options: DataSettings,
) -> Dataset:
    """A data set from its plan and its checked images, judged as a whole; `evidence` of all its boxes."""
    misreadings = tuple(find_misreadings(evidence).values())
    misread = [options.decide(as_problem(misreading)) for misreading in misreadings]
    whole = whole_set.judge_whole_set(
        plan.layout.root,
        images,
        [*misread, *plan.problems, *problems],
        plan.given_label_map,
        options,
        by_hash=plan.by_hash,
    )
    return Dataset(
        reader=plan.layout.reader,
        not_read=plan.layout.not_read,
        split_rule=plan.split_rule,
        label_map=whole.label_map,
        images=whole.images,
        problems=tuple(sorted(whole.problems, key=_order)),
        misreadings=misreadings,
    )


def _order(problem: Problem) -> tuple[bool, str, int]:
    """By file and line, but what explains the others first."""
    return problem.kind != "misread_boxes", problem.file, problem.line or 0


def make_plan(path: str, options: DataSettings, *, undivided_evaluates: bool = False) -> Plan:
    """Looks at the folder and decides on the sides.

    Args:
      path: the folder.
      options: how to read and split it.
      undivided_evaluates: as of `split.assign`.

    Raises:
      UserError: the folder, the label map or a list of images can't be used.
    """
    given = LabelMap.read(options.label_map) if options.label_map else None
    layout = find_layout(path, options.reader, given)
    unannotated = [options.decide(_unannotated(layout, entry)) for entry in layout.unannotated]
    if options.policy("image_without_annotation") == "fix":
        layout = dataclasses.replace(layout, entries=layout.entries + layout.unannotated)
    assignment = split.assign(layout, options, undivided_evaluates=undivided_evaluates)
    mixed = sorted(
        (entry for entry in layout.entries if entry.image in assignment.split_of),
        key=lambda entry: (split.hash_fraction(entry.image), entry.image),
    )
    if len(set(assignment.split_of.values())) > 1:
        mixed = compared_pictures.marked(mixed, options.compare_pictures)
    others = [*layout.problems, *assignment.problems, *_unlisted(layout, assignment)]
    return Plan(
        layout=layout,
        entries=tuple((entry, assignment.split_of[entry.image]) for entry in mixed),
        given_label_map=given,
        split_rule=assignment.rule,
        by_hash=assignment.by_hash,
        problems=(*unannotated, *map(options.decide, others)),
    )


def summary(dataset: Dataset) -> dict[str, Any]:
    """The content of `report.json`: counts of what is right, and every problem."""
    boxes = collections.Counter(name for image in dataset.images for name in image.class_names)
    sides = collections.Counter(image.split for image in dataset.images)
    reasons = collections.Counter(image.reencoded for image in dataset.images)
    return {
        "reader": dataset.reader,
        "not_read": dataset.not_read,
        "split_rule": dataset.split_rule,
        "images": len(dataset.images),
        "boxes": boxes.total(),
        "classes": {name: boxes[name] for name in dataset.label_map.names},
        "splits": {side: sides[side] for side in dataset.splits},
        "pictures_compared": sum(image.thumbnail is not None for image in dataset.images),
        "max_boxes_per_image": max((len(image.objects) for image in dataset.images), default=0),
        "reencoded": {reason: reasons[reason] for reason in get_args(Reason)},
        "problems": [problem.as_json() for problem in dataset.problems],
    }


def _unannotated(layout: Layout, entry: Entry) -> Problem:
    return Problem(
        "image_without_annotation",
        layout.path(entry.image),
        "the image has no annotation",
        image=entry.image,
        fix="annotate it, or set data.on_image_without_annotation to fix to keep it as a background image",
    )


def _unlisted(layout: Layout, assignment: split.Assignment) -> list[Problem]:
    """One problem for all of them."""
    if not assignment.unlisted:
        return []
    more = len(assignment.unlisted) - _NAMED_UNLISTED
    return [
        Problem(
            "unlisted_image",
            layout.root,
            f"{counted(len(assignment.unlisted), 'annotated image')} on no side: not used",
            expected=f"a side for each image, {assignment.rule}",
            found=", ".join(assignment.unlisted[:_NAMED_UNLISTED]) + (f" and {more} more" if more > 0 else ""),
            fix="add them to a list or a folder of a side, or remove them",
        )
    ]
