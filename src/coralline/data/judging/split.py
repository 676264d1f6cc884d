"""Which image trains, which one evaluates, and which one tests.

What a person lists decides first; then the data set's own lists and folders (`ImageSets/Main`, `data.yaml`,
`reading.declared_sides`), then its own names (`train/`, `valid/`, `instances_val.json`); otherwise a hash of the file
name, or of the group that it names, so that an image stays on its side when others are added, when the folder moves,
and on every machine.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from coralline.data.annotated_image import Split
from coralline.data.data_settings import DataSettings
from coralline.data.judging.problems import Problem, as_error, failing
from coralline.data.judging.split_lists import IN_WORDS, SplitLists
from coralline.data.reading.declared_sides import sides_by
from coralline.data.reading.raw_annotation import Declaration, Entry, Layout
from coralline.foundation.errors import UserError
from coralline.foundation.progress import counted

REQUIRED_SPLITS: tuple[Split, ...] = ("train", "eval")
SPLITS: tuple[Split, ...] = (*REQUIRED_SPLITS, "test")


@dataclasses.dataclass(frozen=True)
class Assignment:
    """The side of each image.

    Attributes:
      split_of: by the image's name.
      rule: one sentence on how it was decided.
      by_hash: whether the sides are ours to choose: neither a person nor the data set says otherwise.
      unlisted: annotated images that no list names; they're left out.
      problems: lines of the lists that name no image, or an image of another list; not decided on yet.
    """

    split_of: dict[str, Split]
    rule: str
    by_hash: bool = False
    unlisted: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def assign(layout: Layout, options: DataSettings, *, undivided_evaluates: bool = False) -> Assignment:
    """Decides for every image of a data set.

    Args:
      layout: what is in the folder.
      options: lists, the pattern of groups, and the shares of images for evaluation and testing without lists.
      undivided_evaluates: whether all images evaluate, where neither a person nor the data set divides them.

    Raises:
      UserError: no image would be left for training or evaluation, or a list can't be read. If annotations or lines of
        lists that can't be used are the reason, it says so.
    """
    assignment = _by_given_lists(layout, options)
    if undivided_evaluates and assignment.by_hash:
        return Assignment({entry.image: "eval" for entry in layout.entries}, "the data isn't divided")
    for split in REQUIRED_SPLITS:
        if split not in assignment.split_of.values():
            if wrong := failing(map(options.decide, (*layout.problems, *assignment.problems))):
                raise as_error(wrong)
            raise UserError(
                f"no image is left for {'training' if split == 'train' else 'evaluation'}",
                file=layout.root,
                expected="at least one annotated image in each split",
                found=f"{counted(len(layout.entries), 'annotated image')}; {assignment.rule}",
                fix="annotate more images, or change the lists or names that decide",
            )
    return assignment


def in_use(sides: Iterable[Split]) -> tuple[Split, ...]:
    """Those that a data set has: the required ones, and the third one if an image is on it."""
    return SPLITS if "test" in set(sides) else REQUIRED_SPLITS


def hash_fraction(name: str) -> float:
    """An image's position between 0 and 1, from the SHA-256 of its file name without folders."""
    return _fraction(name.rpartition("/")[2])


def _fraction(text: str) -> float:
    digest = hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _by_given_lists(layout: Layout, options: DataSettings) -> Assignment:
    """By a person's lists, if there are any.

    Without the one for training, or for evaluation, that split gets the rest. With the one for testing alone, the rest
    is split as it would be by itself.
    """
    given: dict[Split, str | None] = {
        "train": options.train_list,
        "eval": options.eval_list,
        "test": options.test_list,
    }
    lists = {split: path for split, path in given.items() if path}
    listed = SplitLists(layout)
    for split, path in lists.items():
        listed.add_list(path, split)
    rule = ", ".join(f"{os.path.basename(path)} {IN_WORDS[split]}" for split, path in lists.items())
    rests = [split for split in REQUIRED_SPLITS if split not in lists]
    if len(rests) == 2:
        return _with_the_rest(layout, listed, rule, options)
    if rests:
        for name in listed.unlisted():
            listed.split_of[name] = rests[0]
        rule += f", the rest {IN_WORDS[rests[0]]}"
    rule = f"by the lists given: {rule}"
    return Assignment(listed.split_of, rule, unlisted=listed.unlisted(), problems=tuple(listed.problems))


def _with_the_rest(layout: Layout, listed: SplitLists, rule: str, options: DataSettings) -> Assignment:
    rest = _by_the_data_set(layout, options)
    if not rule:
        return rest
    return dataclasses.replace(
        rest,
        split_of={**rest.split_of, **listed.split_of},
        rule=f"{rule}; the rest {rest.rule}",
        by_hash=False,
        unlisted=tuple(name for name in rest.unlisted if name not in listed.split_of),
        problems=(*listed.problems, *rest.problems),
    )


def _by_the_data_set(layout: Layout, options: DataSettings) -> Assignment:
    passed_over = []
    for declaration in layout.declared:
        assignment = _by_declaration(layout, declaration)
        if isinstance(assignment, Assignment):
            return assignment
        passed_over.append(assignment)
    assignment = _by_parts(layout) or _by_hash(layout.entries, options)
    reasons = [reason for reason in passed_over if reason]
    return dataclasses.replace(assignment, rule="; ".join([assignment.rule, *reasons]))


def _by_declaration(layout: Layout, declaration: Declaration) -> Assignment | str:
    """The sides, or why the declaration isn't used; empty if it is for other things."""
    absent = f"not there: {', '.join(declaration.missing)}" if declaration.missing else ""
    side_of = sides_by(declaration.words)
    if not side_of:
        return f"{declaration.source} isn't used ({absent or 'it names one side'})"
    listed = SplitLists(layout)
    listed.add_declared(declaration, side_of)
    if listed.named["train"] and listed.named["train"] == listed.named["eval"]:
        return f"{declaration.source} isn't used (it names the same images for training and for evaluation)"
    pairs = ", ".join(f"{_called(declaration, word)} {IN_WORDS[side]}" for word, side in side_of.items())
    rule = f"by {declaration.source}: {pairs}" + (f"; {absent}" if absent else "")
    return Assignment(listed.split_of, rule, unlisted=listed.unlisted(), problems=tuple(listed.problems))


def _called(declaration: Declaration, word: str) -> str:
    """What the declaration names for a word: a folder, a list, the lists of one name of several years; or the word."""
    lists = {path.rpartition("/")[2] for said, path in declaration.lists if said == word}
    named = lists | {path for said, path in declaration.folders if said == word}
    return named.pop() if len(named) == 1 else word


def _parts(layout: Layout) -> set[str]:
    return {entry.part for entry in layout.entries if entry.part}


def _by_parts(layout: Layout) -> Assignment | None:
    side_of = sides_by(_parts(layout))
    if side_of is None:
        return None
    pairs = ", ".join(f"{part} {IN_WORDS[side]}" for part, side in side_of.items())
    return Assignment(
        {entry.image: side_of[entry.part] for entry in layout.entries if entry.part in side_of},
        f"by the data set's own parts: {pairs}",
        unlisted=tuple(entry.image for entry in layout.entries if entry.part not in side_of),
    )


def _by_hash(entries: Sequence[Entry], options: DataSettings) -> Assignment:
    """Images below `eval_fraction` evaluate, the next ones test: a share for testing moves none that evaluate."""
    names = [entry.image for entry in entries]
    if options.group_pattern is None:
        group_of = {name: name.rpartition("/")[2] for name in names}
    else:
        group_of = named_groups(names, options.group_pattern)
    places = {group: _fraction(group) for group in group_of.values()}
    ends: dict[Split, float] = {"eval": options.eval_fraction}
    if options.test_fraction and len(places) > len(REQUIRED_SPLITS):
        ends["test"] = options.eval_fraction + options.test_fraction
    ends["train"] = 1.0
    if ends.get("test", 0.0) >= 1:
        raise UserError(
            "nothing would be left for training",
            expected="data.eval_fraction and data.test_fraction that are less than 1 together",
            found=f"{options.eval_fraction:g} and {options.test_fraction:g}",
            fix="lower one of them",
        )
    side_of = {group: next(side for side, end in ends.items() if place < end) for group, place in places.items()}
    _fill_empty_sides(side_of, places, list(ends))
    by = "a hash of the file name"
    if options.group_pattern:
        by = f"a hash of the group ({counted(len(places), 'group')} by {options.group_pattern})"
    shares = f"{options.eval_fraction:.0%} for evaluation"
    if options.test_fraction:
        shares += f", {options.test_fraction:.0%} for testing"
    return Assignment({name: side_of[group] for name, group in group_of.items()}, f"{shares}, by {by}", by_hash=True)


def _fill_empty_sides(side_of: dict[str, Split], places: dict[str, float], sides: Sequence[Split]) -> None:
    """In a handful of images a side can come out empty: it gets the nearest one of a side that can spare it."""
    if len(places) < len(sides):
        return
    for i, side in enumerate(sides):
        while side not in side_of.values():
            held = list(side_of.values())
            spare = [group for group, other in side_of.items() if held.count(other) > 1]
            before = [group for group in spare if sides.index(side_of[group]) < i]
            after = [group for group in spare if sides.index(side_of[group]) > i]
            nearest = max(before, key=places.__getitem__) if before else min(after, key=places.__getitem__)
            side_of[nearest] = side


def named_groups(images: Iterable[str], pattern: str) -> dict[str, str]:
    """The group of each image: what the pattern (`data.group_pattern`) finds in its path, else its file name.

    Raises:
      UserError: the pattern isn't one.
    """
    try:
        compiled = re.compile(pattern)
    except re.error as e:
        raise UserError(
            "data.group_pattern isn't a regular expression",
            expected="such as ^(.*)_frame\\d+, whose first group names what stays together",
            found=f"{pattern} ({e})",
            fix="correct it",
        ) from e
    found = {image: compiled.search(image) for image in images}
    return {
        image: PurePosixPath(image).name if match is None else match[1 if compiled.groups else 0] or ""
        for image, match in found.items()
    }
