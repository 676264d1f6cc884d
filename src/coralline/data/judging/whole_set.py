"""What shows only over the whole set: classes, copies, splits, and how much was left out."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Sequence

from coralline.data.annotated_image import AnnotatedImage, AnnotatedObject
from coralline.data.data_settings import DataSettings
from coralline.data.judging import related_images, split
from coralline.data.judging.class_names import ClassNames, same_looks
from coralline.data.judging.findings import Findings
from coralline.data.judging.policies import FAULTS
from coralline.data.judging.problems import Problem, failing
from coralline.data.records.label_map import LabelMap
from coralline.foundation.progress import counted

_FEW = 20
"""As many images or boxes may be left out of a data set of any size."""


@dataclasses.dataclass(frozen=True)
class WholeSet:
    """Images with their final classes and sides, the label map, and what was found."""

    images: tuple[AnnotatedImage, ...]
    label_map: LabelMap
    problems: tuple[Problem, ...]


def judge_whole_set(
    root: str,
    images: Sequence[AnnotatedImage],
    found: Sequence[Problem],
    given: LabelMap | None,
    options: DataSettings,
    *,
    by_hash: bool,
) -> WholeSet:
    """Judges a data set by its checked images.

    Args:
      root: its folder, for messages.
      images: those that are right by themselves, in a fixed order.
      found: every problem so far, decided on.
      given: the label map, if one is given; else it is derived: the sorted class names.
      options: policies.
      by_hash: whether the sides are ours to choose.
    """
    findings = Findings(options)
    images = _with_known_classes(images, given, findings)
    images = _with_corner_base(root, images, findings)
    images = _without_copies(images, findings)
    images = related_images.settle_sides(images, by_hash, options.group_pattern, findings)
    label_map = given or LabelMap.of_names({name for image in images for name in image.class_names})
    problems = [*_told_once(found), *findings.problems]
    last = Findings(options)
    if not any(image.objects for image in images) and not failing(problems):
        last.note(_no_box(root))
    _look_for_missing_classes(root, images, label_map, last)
    _look_for_what_can_be_scored(root, images, last)
    _look_at_losses(root, images, problems, options, last)
    return WholeSet(tuple(images), label_map, tuple(problems + last.problems))


def _told_once(problems: Sequence[Problem]) -> list[Problem]:
    """What isn't read of annotations concerns the set, not each image: the first place of each kind, with a count."""
    unread = collections.Counter(problem.message for problem in problems if _is_unread(problem))
    told: set[str] = set()
    kept = []
    for problem in problems:
        if _is_unread(problem):
            if problem.message in told:
                continue
            told.add(problem.message)
            count = counted(unread[problem.message], "time")
            problem = dataclasses.replace(problem, found=count, image=None)
        kept.append(problem)
    return kept


def _is_unread(problem: Problem) -> bool:
    """Whether it is one of many places; a reader of one file for all images has counted them itself."""
    return problem.kind == "unread_content" and problem.found is None


def _with_known_classes(
    images: Sequence[AnnotatedImage], given: LabelMap | None, findings: Findings
) -> list[AnnotatedImage]:
    counts = collections.Counter(name for image in images for name in image.class_names)
    names = ClassNames(given.names) if given else ClassNames.most_usual(counts)
    if all(names.usual(name) == name for name in counts):
        return list(images)
    return [
        dataclasses.replace(
            image, objects=tuple(o for o in (_known(o, image, names, findings) for o in image.objects) if o is not None)
        )
        for image in images
    ]


def _known(o: AnnotatedObject, image: AnnotatedImage, names: ClassNames, findings: Findings) -> AnnotatedObject | None:
    usual = names.usual(o.class_name)
    if usual == o.class_name:
        return o
    if usual is None:
        unknown = names.unknown(o.class_name, image.annotation_path, o.name_line)
        findings.note(dataclasses.replace(unknown, image=image.name, xmin_ymin_xmax_ymax=o.xmin_ymin_xmax_ymax))
        return None
    shown = ascii if same_looks(o.class_name, usual) else repr
    policy = findings.note(
        Problem(
            "class_spelling",
            image.annotation_path,
            f"a class name is spelled differently from the others: {shown(o.class_name)}",
            line=o.name_line,
            expected=usual if shown is repr else ascii(usual),
            found=shown(o.class_name),
            fix="correct the annotation",
            image=image.name,
            xmin_ymin_xmax_ymax=o.xmin_ymin_xmax_ymax,
        )
    )
    return dataclasses.replace(o, class_name=usual) if policy == "fix" else None


def _with_corner_base(root: str, images: list[AnnotatedImage], findings: Findings) -> list[AnnotatedImage]:
    """Detects pixels counted from 1: boxes then touch 1 and the image's far side, and never 0."""
    objects = [(image, o) for image in images for o in image.objects]
    at_one = [(image, o) for image, o in objects if 1.0 in (o.xmin, o.ymin)]
    if not at_one or any(0.0 in (o.xmin, o.ymin) for _, o in objects):
        return images
    if not any(o.xmax == image.width or o.ymax == image.height for image, o in objects):
        return images
    image, o = at_one[0]
    policy = findings.note(
        Problem(
            "one_based_corners",
            image.annotation_path,
            "corners seem to count pixels from 1",
            line=o.line,
            expected="from 0: a box over the whole image begins at 0, 0",
            found=f"{counted(len(at_one), 'box')} beginning at 1, none at 0, in {root}",
            fix="set data.on_one_based_corners to fix, if the labelling tool counts so",
        )
    )
    return [_lowered(image) for image in images] if policy == "fix" else images


def _lowered(image: AnnotatedImage) -> AnnotatedImage:
    objects = (dataclasses.replace(o, xmin=max(o.xmin - 1, 0), ymin=max(o.ymin - 1, 0)) for o in image.objects)
    return dataclasses.replace(image, objects=tuple(objects))


def _without_copies(images: list[AnnotatedImage], findings: Findings) -> list[AnnotatedImage]:
    """Looks for the same image under several names and in both splits."""
    first_of: dict[bytes, AnnotatedImage] = {}
    for image in images:
        first = first_of.setdefault(image.sha256, image)
        if image.name < first.name:
            first_of[image.sha256] = image
    if len(first_of) == len(images):
        return images
    kept = []
    for image in images:
        first = first_of[image.sha256]
        settled: AnnotatedImage | None = image
        if image is not first:
            settled = _settled_copy(image, first, findings)
        if settled is not None:
            kept.append(settled)
    return kept


def _settled_copy(copy: AnnotatedImage, first: AnnotatedImage, findings: Findings) -> AnnotatedImage | None:
    same = _corners(copy) == _corners(first)
    path = copy.place.path
    policy = findings.note(
        Problem(
            "duplicate_image",
            path,
            "the same image appears under another name" + ("" if same else ", with other boxes"),
            found=first.name,
            fix="remove one of the two",
            image=copy.name,
        )
    )
    if policy == "drop":
        return None
    if copy.split == first.split:
        return copy
    policy = findings.note(
        Problem(
            "leaked_image",
            path,
            f"the same image is in {copy.split} and, under another name, in {first.split}",
            found=first.name,
            fix="remove one of the two, or list both in the same split",
            image=copy.name,
        )
    )
    return dataclasses.replace(copy, split=first.split) if policy == "fix" else None


def _corners(image: AnnotatedImage) -> list[tuple[float, float, float, float]]:
    return [(o.xmin, o.ymin, o.xmax, o.ymax) for o in image.objects]


def _look_for_missing_classes(
    root: str, images: Sequence[AnnotatedImage], label_map: LabelMap, findings: Findings
) -> None:
    for side in split.in_use(image.split for image in images):
        objects = [o for image in images if image.split == side for o in image.objects]
        there = {o.class_name for o in objects}
        counting = {o.class_name for o in objects if side == "train" or not o.difficult}
        for name in label_map.names:
            if name not in counting:
                only = " that isn't marked difficult" if name in there else ""
                findings.note(
                    Problem(
                        "class_missing_in_split",
                        root,
                        f"no box of class {name}{only} is in the {side} split",
                        fix="annotate more of them" if side == "train" else "add images of it, or change the split",
                    )
                )


def _look_for_what_can_be_scored(root: str, images: Sequence[AnnotatedImage], findings: Findings) -> None:
    """Difficult boxes are neither hits nor misses: where there are no others, there are no figures."""
    for side in split.SPLITS[1:]:
        boxes = [o for image in images if image.split == side for o in image.objects]
        if boxes and all(o.difficult for o in boxes):
            findings.note(
                Problem(
                    "nothing_to_score",
                    root,
                    f"every box of the {side} split is marked difficult, so no model can be scored on it",
                    expected="at least one box that isn't",
                    found=counted(len(boxes), "box"),
                    fix="take the mark off what should be found, or put other images into this split",
                )
            )


def _look_at_losses(
    root: str,
    images: Sequence[AnnotatedImage],
    problems: Sequence[Problem],
    options: DataSettings,
    findings: Findings,
) -> None:
    """A fault that is everywhere has to be fixed, not left out."""
    dropped = collections.Counter(problem.kind for problem in problems if problem.policy == "drop")
    kept = {"image": len(images), "box": sum(len(image.objects) for image in images)}
    for what, right in kept.items():
        kinds = {kind: count for kind, count in dropped.items() if FAULTS[kind].costs == what}
        lost = sum(kinds.values())
        if lost > _FEW and lost > options.max_left_out * (lost + right):
            findings.note(
                Problem(
                    "too_much_left_out",
                    root,
                    f"{counted(lost, what)} of {lost + right} would be left out",
                    expected=f"at most {options.max_left_out:.0%} (data.max_left_out)",
                    found=", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items())),
                    fix="look for one cause that they share, or raise data.max_left_out",
                )
            )


def _no_box(root: str) -> Problem:
    return Problem(
        "no_box",
        root,
        "the data set has no box",
        expected="at least one object in an annotation",
        found="background images only",
        fix="annotate the objects that the detector should find",
    )
