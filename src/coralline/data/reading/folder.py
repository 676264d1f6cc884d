"""What is in a data set's folder, by names alone: the images, and every other file that a reader may want."""

from __future__ import annotations

import collections
import dataclasses
import functools
import itertools
import os
import re

from coralline.data.images import other_formats
from coralline.data.images.image_file import EXTENSIONS
from coralline.data.judging.problems import Problem
from coralline.data.reading import json_kinds, xml_elements
from coralline.data.reading.image_names import ImageNames
from coralline.data.reading.image_place import ImagePlace
from coralline.foundation import storage
from coralline.foundation.errors import UserError, reason
from coralline.foundation.progress import counted

_FIX = "give the folder that holds the images and the annotations (`--data` or `data.path`)"


class UnreadableFolderError(UserError):
    """The folder isn't there or can't be listed, so that it could not be checked."""


@dataclasses.dataclass(frozen=True)
class Folder:
    """A listed folder.

    Attributes:
      root: where it is.
      files: every file, relative to it, sorted.
      problems: links that lead out of it, or to nothing.
    """

    root: str
    files: tuple[str, ...]
    problems: tuple[Problem, ...] = ()

    @functools.cached_property
    def images(self) -> tuple[str, ...]:
        """Those of `files` that are images by their ending."""
        return self.with_ending(*EXTENSIONS)

    @functools.cached_property
    def image_names(self) -> ImageNames:
        """The images, to be found by what an annotation says."""
        return ImageNames(self.images, self.other_images)

    @functools.cached_property
    def other_images(self) -> tuple[str, ...]:
        """Images in formats that aren't read, by their ending; without those that are there as a JPEG or so, too."""
        read = {os.path.splitext(name)[0].lower() for name in self.images}
        others = (name for name in self.files if other_formats.by_ending(name))
        return tuple(name for name in others if os.path.splitext(name)[0].lower() not in read)

    def other_image_problems(self) -> tuple[Problem, ...]:
        """One for each such format."""
        by_format = collections.defaultdict(list)
        for name in self.other_images:
            by_format[other_formats.by_ending(name)].append(name)
        return tuple(
            Problem(
                "other_image_format",
                self.path(names[0]),
                f"{of.what}, which isn't read",
                expected="JPEG, PNG, BMP, GIF, WebP or TIFF images",
                found=counted(len(names), "such file"),
                fix=of.fix,
            )
            for of, names in by_format.items()
            if of
        )

    def with_ending(self, *endings: str) -> tuple[str, ...]:
        """Those of `files` with one of these endings (`.xml`), whatever their case."""
        return tuple(sorted(itertools.chain.from_iterable(self._by_ending.get(ending, ()) for ending in endings)))

    @functools.cached_property
    def _by_ending(self) -> dict[str, list[str]]:
        """Indexed once for all readers."""
        by_ending = collections.defaultdict(list)
        for name in self.files:
            by_ending[os.path.splitext(name)[1].lower()].append(name)
        return dict(by_ending)

    @functools.cached_property
    def json_kinds(self) -> dict[str, str | None]:
        """What each JSON file is by its beginning (`json_kinds.KINDS`), looked at once for all readers."""
        return {name: json_kinds.kind_of(self.path(name)) for name in self.with_ending(".json")}

    def json_of_kind(self, kind: str) -> tuple[str, ...]:
        """JSON files of a kind."""
        return tuple(name for name, found in self.json_kinds.items() if found == kind)

    @functools.cached_property
    def xml_roots(self) -> dict[str, str]:
        """The outermost element of XML files that aren't named like an image.

        A file for each image is Pascal VOC, of which there are thousands: of those only the first is looked at, unless
        it turns out to be something else.
        """
        pairs = collections.defaultdict(list)
        for name in self.with_ending(".xml"):
            pairs[bool(self.image_names.of_stem(os.path.splitext(name.rpartition("/")[2])[0], name))].append(name)
        roots = {name: xml_elements.root_of(self.path(name)) for name in [*pairs[False], *pairs[True][:1]]}
        if any(roots[name] not in ("", "annotation") for name in pairs[True][:1]):
            roots |= {name: xml_elements.root_of(self.path(name)) for name in pairs[True][1:]}
        return roots

    def path(self, name: str) -> str:
        """Where a file is."""
        return os.path.join(self.root, name)

    def place(self, image: str) -> ImagePlace:
        """Where an image's bytes are."""
        return ImagePlace(self.path(image))


def open_folder(root: str) -> Folder:
    """Looks at a folder.

    Raises:
      UnreadableFolderError: it isn't there or can't be read.
    """
    if not root:
        raise UnreadableFolderError("no data set was given", expected="a folder", fix=_FIX)
    if not storage.is_remote(root) and not os.path.isdir(root):
        found = "a file" if os.path.exists(root) else "nothing"
        raise UnreadableFolderError(
            "there is no such folder", file=root, expected="a folder of images and annotations", found=found, fix=_FIX
        )
    try:
        tree = storage.list_tree(root)
    except OSError as e:
        raise UnreadableFolderError(
            "can't read the folder",
            file=e.filename or root,
            found=reason(e),
            fix="check its permissions, or give another folder (`--data` or `data.path`)",
        ) from e
    return Folder(root, tuple(tree.files), tuple(_link_outside(os.path.join(root, name)) for name in tree.links))


def _link_outside(path: str) -> Problem:
    return Problem(
        "link_outside",
        path,
        "a link out of the data set, or to nothing, which isn't followed",
        expected="a file, or a link to one inside of the folder",
        found=os.readlink(path),
        fix="put the file itself there",
    )


_PARTS = {
    "train": ("train", "training", "trainval", "trainset"),
    "val": ("val", "valid", "validation", "eval", "evaluation", "dev", "minival", "valset"),
    "test": ("test", "testing", "testset"),
}
_PART_OF_WORD = {word: part for part, words in _PARTS.items() for word in words}


def part_of_word(word: str) -> str | None:
    """ "train", "val" or "test" for a word that people use for it."""
    return _PART_OF_WORD.get(word.lower())


def part_of_file(name: str) -> str | None:
    """The part that a file of many images is for, by a word in its name or else in its folders' names.

    So `train_labels.csv`, `instances_val2017.json`, `Split-train/data_tfrecord-00000-of-00001.gz`.
    """
    return next((part for piece in reversed(name.split("/")) if (part := _part_by_words(piece))), None)


def part_of_folder(name: str) -> str | None:
    """The part that a file belongs to by the name of a folder that it's in.

    A folder called as the part is decides (`train/images/a.jpg`), else one with such a word (`obj_train_data`, which
    CVAT writes, or `val2017`).
    """
    folders = name.split("/")[:-1]
    parts = itertools.chain(map(part_of_word, folders), map(_part_by_words, folders))
    return next((part for part in parts if part), None)


def _part_by_words(name: str) -> str | None:
    parts = (part_of_word(word) for word in re.findall("[A-Za-z]+", name))
    return next((part for part in parts if part), None)
