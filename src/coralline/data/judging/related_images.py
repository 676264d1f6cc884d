"""Images that a model shouldn't be trained on one of and judged on another: copies, frames of a video, near-duplicates.

Where the sides are ours to choose, they are kept on one; where a person or the data set chose them, it is told. Either
way each image has the key of its group, so that training can divide its side further. Where it is told,
the picture decides: names alone can mislead (`google_0002.rf.*` may be as many photographs as a search found).
"""

from __future__ import annotations

import collections
import dataclasses
import itertools
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pycocotools.mask

from coralline.data.annotated_image import AnnotatedImage, Split
from coralline.data.judging.alike import Thumbnails, components
from coralline.data.judging.findings import Findings
from coralline.data.judging.problems import Problem
from coralline.data.judging.source_names import Source, by_source
from coralline.data.judging.split import REQUIRED_SPLITS, named_groups
from coralline.foundation.progress import counted

_MOST_OF_ALL = 0.5
"""Of all images: a larger group can't be kept on one side, and leave enough for the other."""
_COPIES_BY_NAME_ALONE = 10
"""As many images may be called copies of one source without a likeness: turned by some degrees, cropped or sheared,
copies aren't recognised. More without any likeness are pictures that happen to have one name."""
_COMPARED_IN_A_GROUP = 40
"""Images of a source that are compared with each other: the number of pairs grows with the square."""


_SAME_BOX_IOU = 0.5
_SAME_BOXES = 0.8
_ALIKE = "pictures that are nearly the same"


@dataclasses.dataclass(frozen=True)
class _Group:
    """Indices of images, and what they are in words."""

    members: tuple[int, ...]
    what: str


class _Likeness:
    """Which pictures are alike.

    Attributes:
      thumbnails: those that were made.
      number: the place among them of each image that has one, by the image's index.
      pairs: indices of images that are alike, with the same objects in the same places.
    """

    def __init__(self, images: Sequence[AnnotatedImage]):
        there = [(i, image.thumbnail) for i, image in enumerate(images) if image.thumbnail is not None]
        self.thumbnails = Thumbnails([thumbnail for _, thumbnail in there])
        self.number = {i: at for at, (i, _) in enumerate(there)}
        pairs = ((there[a][0], there[b][0]) for a, b in self.thumbnails.pairs())
        self.pairs = [(i, j) for i, j in pairs if _have_the_same_objects(images[i], images[j])]

    def is_plausible(self, members: Sequence[int]) -> bool:
        """Whether images that are called copies of one picture may be."""
        seen = [self.number[i] for i in members if i in self.number][:_COMPARED_IN_A_GROUP]
        if len(members) <= _COPIES_BY_NAME_ALONE or len(seen) < 2:
            return True
        return any(self.thumbnails.are_copies(a, b) for a, b in itertools.combinations(seen, 2))


def settle_sides(
    images: list[AnnotatedImage], by_hash: bool, group_pattern: str | None, findings: Findings
) -> list[AnnotatedImage]:
    """The images with their final sides and groups.

    Args:
      images: with the sides that they have so far.
      by_hash: whether the sides are ours to choose.
      group_pattern: a person's word on what belongs together, `data.group_pattern`.
      findings: takes the problems.
    """
    likeness = _Likeness(images)
    groups = [] if group_pattern is not None else list(_groups(images, likeness))
    if by_hash and group_pattern is None:
        images = _kept_together(images, groups, findings)
    else:
        for group in _alike_across_sides(images, likeness):
            findings.note(_told(images, group))
    return _with_groups(images, groups, group_pattern)


def _with_groups(
    images: list[AnnotatedImage], groups: Sequence[_Group], group_pattern: str | None
) -> list[AnnotatedImage]:
    """The images with the keys of their groups; whoever divides a side further keeps these together."""
    if group_pattern is not None:
        named = named_groups([image.name for image in images], group_pattern)
        counts = collections.Counter(named.values())
        shared = {i: named[image.name] for i, image in enumerate(images) if counts[named[image.name]] > 1}
    else:
        shared = {i: min(images[j].name for j in members) for members in _connected(images, groups) for i in members}
    return [dataclasses.replace(image, group=shared[i]) if i in shared else image for i, image in enumerate(images)]


def _connected(images: Sequence[AnnotatedImage], groups: Sequence[_Group]) -> list[list[int]]:
    """Members of groups, and images that are the same to the last byte."""
    first_of: dict[bytes, int] = {}
    same = [(first_of.setdefault(image.sha256, i), i) for i, image in enumerate(images)]
    pairs = [(group.members[0], member) for group in groups for member in group.members[1:]]
    return components(len(images), [*pairs, *((i, j) for i, j in same if i != j)])


def _kept_together(images: list[AnnotatedImage], groups: Sequence[_Group], findings: Findings) -> list[AnnotatedImage]:
    new_sides: dict[int, Split] = {}
    for group in groups:
        if len({images[i].split for i in group.members}) == 1:
            continue
        if len(group.members) > _MOST_OF_ALL * len(images):
            findings.note(_told(images, group))
        else:
            first = min(group.members, key=lambda i: images[i].name)
            side = images[first].split
            if findings.note(_moved(images, group, side)) == "fix":
                new_sides.update(dict.fromkeys(group.members, side))
    return _none_empty(images, new_sides)


def _none_empty(images: list[AnnotatedImage], new_sides: Mapping[int, Split]) -> list[AnnotatedImage]:
    """The images on their new sides; as they were, if a side would be left without an image."""
    moved = [
        dataclasses.replace(image, split=new_sides[i]) if i in new_sides else image for i, image in enumerate(images)
    ]
    return moved if {image.split for image in moved} >= set(REQUIRED_SPLITS) else images


def _groups(images: Sequence[AnnotatedImage], likeness: _Likeness) -> Iterator[_Group]:
    """By all evidence together."""
    index = {image.name: i for i, image in enumerate(images)}
    pairs: dict[tuple[int, int], str] = {}
    for source, names in by_source(index).items():
        members = [index[name] for name in names]
        if source.kind == "frames" or likeness.is_plausible(members):
            pairs |= {(members[0], member): _in_words(source) for member in members[1:]}
    for pair in likeness.pairs:
        pairs.setdefault(pair, _ALIKE)
    for members in components(len(images), list(pairs)):
        inside = set(members)
        what = collections.Counter(words for (i, _), words in pairs.items() if i in inside)
        yield _Group(tuple(members), what.most_common(1)[0][0])


def _alike_across_sides(images: Sequence[AnnotatedImage], likeness: _Likeness) -> Iterator[_Group]:
    """Groups of pictures that are alike, with members on several sides."""
    thumbnails, number = likeness.thumbnails, likeness.number
    pairs = dict.fromkeys(likeness.pairs, _ALIKE)
    index = {image.name: i for i, image in enumerate(images)}
    for source, names in by_source(index).items():
        members = [i for i in map(index.__getitem__, names) if i in number]
        if len({images[i].split for i in members}) > 1:
            for i, j in itertools.combinations(members[:_COMPARED_IN_A_GROUP], 2):
                if images[i].split != images[j].split and thumbnails.are_copies(number[i], number[j]):
                    pairs[i, j] = _in_words(source)
    across = {pair: words for pair, words in pairs.items() if images[pair[0]].split != images[pair[1]].split}
    for members in components(len(images), list(across)):
        inside = set(members)
        what = collections.Counter(words for (i, _), words in across.items() if i in inside)
        yield _Group(tuple(members), what.most_common(1)[0][0])


def _have_the_same_objects(a: AnnotatedImage, b: AnnotatedImage) -> bool:
    """Two people draw a box differently, and one of them may miss one of many."""
    if not a.objects or not b.objects:
        return not a.objects and not b.objects
    ious = pycocotools.mask.iou(_xywh(a), _xywh(b), [0] * len(b.objects))
    same = ious * (np.array(a.class_names, object)[:, None] == np.array(b.class_names, object)[None])
    found = min(int((same.max(axis) >= _SAME_BOX_IOU).sum()) for axis in (0, 1))
    return found >= _SAME_BOXES * max(len(a.objects), len(b.objects))


def _xywh(image: AnnotatedImage) -> np.ndarray:
    """[n, 4] float64, shares of the image."""
    ymin, xmin, ymax, xmax = image.boxes_ymin_xmin_ymax_xmax.astype(np.float64).T
    return np.stack([xmin, ymin, xmax - xmin, ymax - ymin], axis=1)


def _in_words(source: Source) -> str:
    return f"copies of {source.name}" if source.kind == "copies" else f"frames of the video {source.name or 'here'}"


def _moved(images: Sequence[AnnotatedImage], group: _Group, side: Split) -> Problem:
    message = f"{group.what} would be on several sides; all go to {side}"
    fix = "nothing has to be done; data.group_pattern can say what belongs together"
    return _problem("related_images", images, group, message, fix)


def _told(images: Sequence[AnnotatedImage], group: _Group) -> Problem:
    message = f"{group.what} are on several sides, so that the evaluation looks better than the model is"
    fix = "list them for one side (data.train_list, data.eval_list), or leave some out"
    return _problem("related_across_sides", images, group, message, fix)


def _problem(kind: str, images: Sequence[AnnotatedImage], group: _Group, message: str, fix: str) -> Problem:
    first, found = images[group.members[0]], _sides(images, group)
    return Problem(kind, first.place.path, message, expected="one side", found=found, fix=fix, image=first.name)


def _sides(images: Sequence[AnnotatedImage], group: _Group) -> str:
    by_side: dict[str, list[str]] = {}
    for i in group.members:
        by_side.setdefault(images[i].split, []).append(images[i].name)
    return "; ".join(f"{side}: {counted(len(names), 'image')}, {names[0]}" for side, names in sorted(by_side.items()))
