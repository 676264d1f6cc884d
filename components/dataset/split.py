"""Which image trains and which one judges.

The data set's own lists decide where it has them (`ImageSets/Main`, VOC devkit); otherwise a hash of the file name, so
that an image stays on its side when others are added, when the folder moves, and on every machine.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from components.dataset import storage
from components.dataset.annotation import Split
from components.dataset.layout import Entry, Layout
from components.dataset.problems import Problem
from components.errors import UserError
from components.progress import counted

SPLITS: tuple[Split, ...] = ("train", "eval")

_LIST_PAIRS = (("train", "val"), ("trainval", "test"), ("train", "test"))
"""Which two lists of `ImageSets/Main` are used: the first pair of which both are there."""


@dataclasses.dataclass(frozen=True)
class Assignment:
    """The side of each image.

    Attributes:
      split_of: by the image's name.
      rule: one sentence on how it was decided.
      unlisted: annotated images that no list names; they're left out.
      problems: lines of the lists that name no image, or an image of the other list.
    """

    split_of: dict[str, Split]
    rule: str
    unlisted: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def assign(layout: Layout, eval_fraction: float) -> Assignment:
    """Decides for every image of a data set.

    Args:
      layout: what is in the folder.
      eval_fraction: share of images for evaluation where there are no lists.

    Raises:
      UserError: a side would be empty, or a list can't be read.
    """
    pair = _list_pair(layout.lists)
    assignment = _by_lists(layout, pair) if pair else _by_hash(layout.entries, eval_fraction)
    for split in SPLITS:
        if split not in assignment.split_of.values():
            raise UserError(
                f"no image is left for {'training' if split == 'train' else 'evaluation'}",
                file=layout.root,
                expected="at least one annotated image on either side",
                found=f"{counted(len(layout.entries), 'annotated image')}; {assignment.rule}",
                mend="annotate more images" if not pair else "correct the lists in ImageSets/Main, or remove them",
            )
    return assignment


def hash_fraction(name: str) -> float:
    """Where an image stands between 0 and 1, by the SHA-256 of its file name without folders."""
    digest = hashlib.sha256(PurePosixPath(name).name.encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _by_hash(entries: Sequence[Entry], eval_fraction: float) -> Assignment:
    places = {entry.image: hash_fraction(entry.image) for entry in entries}
    split_of: dict[str, Split] = {name: "eval" if place < eval_fraction else "train" for name, place in places.items()}
    if len(places) > 1:  # In a handful of images a side can come out empty: it gets the image nearest to it.
        if "eval" not in split_of.values():
            split_of[min(places, key=places.__getitem__)] = "eval"
        if "train" not in split_of.values():
            split_of[max(places, key=places.__getitem__)] = "train"
    return Assignment(split_of, f"{eval_fraction:.0%} for evaluation, by a hash of the file name")


def _list_pair(lists: Iterable[str]) -> tuple[str, str] | None:
    there = {PurePosixPath(name).stem for name in lists}
    return next((pair for pair in _LIST_PAIRS if there.issuperset(pair)), None)


def _by_lists(layout: Layout, pair: tuple[str, str]) -> Assignment:
    split_of: dict[str, Split] = {}
    problems: list[Problem] = []
    image_of = {(_year_of_image(entry.image), PurePosixPath(entry.image).stem): entry.image for entry in layout.entries}
    any_year: dict[str, str] = {stem: image for (_, stem), image in image_of.items()}
    for name in layout.lists:
        stem = PurePosixPath(name).stem
        if stem not in pair:
            continue
        split = SPLITS[pair.index(stem)]
        year = str(PurePosixPath(name).parent.parent.parent)
        for line, listed in _lines(layout.root, name):
            image = image_of.get((year, listed)) or any_year.get(listed)
            problem = _listing_problem(os.path.join(layout.root, name), line, listed, image, split, split_of)
            if problem:
                problems.append(problem)
            elif image:
                split_of[image] = split
    return Assignment(
        split_of,
        f"by ImageSets/Main: {pair[0]}.txt trains, {pair[1]}.txt evaluates",
        tuple(entry.image for entry in layout.entries if entry.image not in split_of),
        tuple(problems),
    )


def _listing_problem(
    path: str, line: int, listed: str, image: str | None, split: Split, split_of: dict[str, Split]
) -> Problem | None:
    if image is None:
        return Problem(
            "listed_image_missing",
            path,
            f"the list names an image that isn't there or has no annotation: {listed}",
            line=line,
            expected=f"{listed}.jpg and {listed}.xml",
            found="not both",
            mend="add the files, or remove the line",
        )
    if split_of.get(image, split) != split:
        return Problem(
            "listed_twice",
            path,
            f"an image is listed for training and for evaluation: {listed}",
            line=line,
            expected="one of the two",
            found="both",
            mend="remove the line from one of the lists",
        )
    return None


def _year_of_image(image: str) -> str:
    return str(PurePosixPath(image).parent.parent)


def _lines(root: str, name: str) -> list[tuple[int, str]]:
    """Line numbers and image names. Lists of one class have a second column (1, 0 or -1), which isn't of interest."""
    path = os.path.join(root, name)
    try:
        text = storage.read_bytes(path).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as e:
        raise UserError(
            "can't read the list of images", file=path, found=str(e), mend="save it as text, one image name a line"
        ) from e
    stripped = ((number, line.strip()) for number, line in enumerate(text.splitlines(), start=1))
    return [(number, _without_flag(line)) for number, line in stripped if line]


def _without_flag(line: str) -> str:
    name, _, flag = line.rpartition(" ")
    return name.strip() if flag in ("1", "0", "-1") and name.strip() else line
