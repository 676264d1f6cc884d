"""Which image trains and which one judges.

What a person lists decides first; then the data set's own lists (`ImageSets/Main`, VOC devkit), then its own names
(`train/`, `valid/`, `instances_val.json`); otherwise a hash of the file name, or of the group that it names, so that an
image stays on its side when others are added, when the folder moves, and on every machine.
"""

from __future__ import annotations

import collections
import dataclasses
import hashlib
import os
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePosixPath

from coralline.data.annotated_image import Split
from coralline.data.data_settings import DataSettings
from coralline.data.judging.problems import Problem
from coralline.data.reading.raw_annotation import Entry, Layout
from coralline.foundation import storage
from coralline.foundation.errors import UserError
from coralline.foundation.progress import counted

SPLITS: tuple[Split, ...] = ("train", "eval")

_LIST_PAIRS = (("train", "val"), ("trainval", "test"), ("train", "test"))
"""Which two lists of `ImageSets/Main` are used: the first pair of which both are there."""
_PART_PAIRS = (("train", "val"), ("train", "test"))
"""The same for a data set whose file or folder names divide it into parts."""


@dataclasses.dataclass(frozen=True)
class Assignment:
    """The side of each image.

    Attributes:
      split_of: by the image's name.
      rule: one sentence on how it was decided.
      unlisted: annotated images that no list names; they're left out.
      problems: lines of the lists that name no image, or an image of the other list; not decided on yet.
    """

    split_of: dict[str, Split]
    rule: str
    unlisted: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def assign(layout: Layout, options: DataSettings) -> Assignment:
    """Decides for every image of a data set.

    Args:
      layout: what is in the folder.
      options: lists, the pattern of groups, and the share of images for evaluation without lists.

    Raises:
      UserError: a side would be empty, or a list can't be read.
    """
    assignment = _assign(layout, options)
    for split in SPLITS:
        if split not in assignment.split_of.values():
            raise UserError(
                f"no image is left for {'training' if split == 'train' else 'evaluation'}",
                file=layout.root,
                expected="at least one annotated image in each split",
                found=f"{counted(len(layout.entries), 'annotated image')}; {assignment.rule}",
                fix="annotate more images, or change the lists or names that decide",
            )
    return assignment


def _assign(layout: Layout, options: DataSettings) -> Assignment:
    if options.train_list or options.eval_list:
        return _by_given_lists(layout, options.train_list, options.eval_list)
    lists = _first_pair({PurePosixPath(name).stem for name in layout.lists}, _LIST_PAIRS)
    if lists:
        return _by_image_sets(layout, lists)
    parts = _first_pair({entry.part for entry in layout.entries if entry.part}, _PART_PAIRS)
    if parts:
        return _by_parts(layout.entries, parts)
    return _by_hash(layout.entries, options.eval_fraction, options.group_pattern)


def _first_pair(there: set[str], pairs: Iterable[tuple[str, str]]) -> tuple[str, str] | None:
    return next((pair for pair in pairs if there.issuperset(pair)), None)


def hash_fraction(name: str) -> float:
    """An image's position between 0 and 1, from the SHA-256 of its file name without folders."""
    return _fraction(name.rpartition("/")[2])


def _fraction(text: str) -> float:
    digest = hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _by_hash(entries: Sequence[Entry], eval_fraction: float, group_pattern: str | None) -> Assignment:
    group_of = _groups(entries, group_pattern)
    places = {group: _fraction(group) for group in group_of.values()}
    side_of: dict[str, Split] = {group: "eval" if place < eval_fraction else "train" for group, place in places.items()}
    if len(places) > 1:  # In a handful of images a side can come out empty: it gets the one nearest to it.
        if "eval" not in side_of.values():
            side_of[min(places, key=places.__getitem__)] = "eval"
        if "train" not in side_of.values():
            side_of[max(places, key=places.__getitem__)] = "train"
    by = "a hash of the file name"
    if group_pattern:
        by = f"a hash of the group ({counted(len(places), 'group')} by {group_pattern})"
    return Assignment(
        {name: side_of[group] for name, group in group_of.items()}, f"{eval_fraction:.0%} for evaluation, by {by}"
    )


def _groups(entries: Sequence[Entry], pattern: str | None) -> dict[str, str]:
    """The group of each image: what the pattern finds in its path, else its file name.

    Raises:
      UserError: the pattern isn't one.
    """
    if pattern is None:
        return {entry.image: entry.image.rpartition("/")[2] for entry in entries}
    try:
        compiled = re.compile(pattern)
    except re.error as e:
        raise UserError(
            "data.group_pattern isn't a regular expression",
            expected="such as ^(.*)_frame\\d+, whose first group names what stays together",
            found=f"{pattern} ({e})",
            fix="correct it",
        ) from e
    found = {entry.image: compiled.search(entry.image) for entry in entries}
    return {
        image: PurePosixPath(image).name if match is None else match[1 if compiled.groups else 0] or ""
        for image, match in found.items()
    }


def _by_parts(entries: Sequence[Entry], pair: tuple[str, str]) -> Assignment:
    side_of_part: dict[str | None, Split] = dict(zip(pair, SPLITS, strict=True))
    return Assignment(
        {entry.image: side_of_part[entry.part] for entry in entries if entry.part in pair},
        f"by the data set's own parts: {pair[0]} trains, {pair[1]} evaluates",
        tuple(entry.image for entry in entries if entry.part not in pair),
    )


class _Listing:
    """Goes through lists of images and notes problems in their lines."""

    def __init__(self) -> None:
        self.split_of: dict[str, Split] = {}
        self.problems: list[Problem] = []

    def add(self, path: str, split: Split, find: Callable[[str], str | None]) -> None:
        """Puts every image that a list names into a split; `find` gives the image of a line."""
        for line, listed in _lines(path):
            image = find(listed)
            if image is None:
                self._note(
                    "listed_image_missing",
                    f"the list names an image that isn't there or has no annotation: {listed}",
                    (path, line),
                    ("an annotated image of that name", "none"),
                    "add the files, or remove the line",
                )
            elif self.split_of.get(image, split) != split:
                self._note(
                    "listed_twice",
                    f"an image is listed for training and for evaluation: {listed}",
                    (path, line),
                    ("one of the two", "both"),
                    "remove the line from one of the lists",
                )
            else:
                self.split_of[image] = split

    def _note(self, kind: str, message: str, at: tuple[str, int], texts: tuple[str, str], fix: str) -> None:
        (file, line), (expected, found) = at, texts
        self.problems.append(Problem(kind, file, message, line=line, expected=expected, found=found, fix=fix))

    def assignment(self, entries: Sequence[Entry], rule: str) -> Assignment:
        unlisted = tuple(entry.image for entry in entries if entry.image not in self.split_of)
        return Assignment(self.split_of, rule, unlisted, tuple(self.problems))


def _by_image_sets(layout: Layout, pair: tuple[str, str]) -> Assignment:
    image_of = {(_year_of_image(entry.image), PurePosixPath(entry.image).stem): entry.image for entry in layout.entries}
    any_year: dict[str, str] = {stem: image for (_, stem), image in image_of.items()}
    listing = _Listing()
    for name in layout.lists:
        stem, year = PurePosixPath(name).stem, str(PurePosixPath(name).parent.parent.parent)
        if stem in pair:
            listing.add(
                layout.path(name),
                SPLITS[pair.index(stem)],
                lambda listed, year=year: image_of.get((year, listed)) or any_year.get(listed),  # type: ignore[misc]
            )
    rule = f"by ImageSets/Main: {pair[0]}.txt trains, {pair[1]}.txt evaluates"
    return listing.assignment(layout.entries, rule)


def _by_given_lists(layout: Layout, train_list: str | None, eval_list: str | None) -> Assignment:
    """Lists name images by path, name, or name without its ending; with one list, the other split gets the rest."""
    find = _Finder(layout.entries)
    listing = _Listing()
    lists: dict[Split, str] = {
        split: path for split, path in zip(SPLITS, (train_list, eval_list), strict=True) if path is not None
    }
    for split, path in lists.items():
        listing.add(path, split, find)
    words = {"train": "trains", "eval": "evaluates"}
    rule = ", ".join(f"{os.path.basename(path)} {words[split]}" for split, path in lists.items())
    if len(lists) == 1:
        [rest] = set(SPLITS) - set(lists)
        for entry in layout.entries:
            listing.split_of.setdefault(entry.image, rest)
        rule += f", the rest {words[rest]}"
    return listing.assignment(layout.entries, f"by the lists given: {rule}")


class _Finder:
    """Finds the image that a line of a list names, if there is exactly one."""

    def __init__(self, entries: Sequence[Entry]):
        self._images: dict[str, set[str]] = collections.defaultdict(set)
        for entry in entries:
            path = PurePosixPath(entry.image)
            for said in (entry.image, path.name, path.stem, str(path.with_suffix(""))):
                self._images[said].add(entry.image)

    def __call__(self, listed: str) -> str | None:
        said = listed.replace("\\", "/").removeprefix("./")
        found = self._images.get(said, set())
        if said in found:
            return said
        return next(iter(found)) if len(found) == 1 else None


def _year_of_image(image: str) -> str:
    return str(PurePosixPath(image).parent.parent)


def _lines(path: str) -> list[tuple[int, str]]:
    """Line numbers and image names; the second column of class lists (1, 0 or -1) is ignored."""
    try:
        text = storage.read_bytes(path).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as e:
        raise UserError(
            "can't read the list of images", file=path, found=e, fix="save it as text, one image name a line"
        ) from e
    stripped = ((number, line.strip()) for number, line in enumerate(text.splitlines(), start=1))
    return [(number, _without_flag(line)) for number, line in stripped if line]


def _without_flag(line: str) -> str:
    name, _, flag = line.rpartition(" ")
    return name.strip() if flag in ("1", "0", "-1") and name.strip() else line
