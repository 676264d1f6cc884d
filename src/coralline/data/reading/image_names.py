"""Finding the image that an annotation means among those that are in the folder.

What an annotation says is only ever compared with names that were listed: nothing outside of the folder can be reached.
"""

from __future__ import annotations

import collections
import dataclasses
import itertools
import os
import unicodedata
import urllib.parse
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from coralline.data.images import other_formats
from coralline.data.images.image_file import EXTENSIONS
from coralline.data.images.other_formats import OtherFormat
from coralline.data.judging.problems import Problem

_LONGEST_NAME = 255
"""Of a file, in bytes, on common file systems; what is longer isn't one, and is shown in part."""


class ImageNames:
    """The images of a folder, by their path in it, by their name, and by their name without its ending."""

    def __init__(self, images: Iterable[str], others: Iterable[str] = ()):
        """`others` are images in formats that aren't read: an annotation of one is told what it is."""
        self._others = tuple(others)
        self._by_name: dict[str, list[str]] = collections.defaultdict(list)
        self._by_stem: dict[str, dict[str, list[str]]] = collections.defaultdict(dict)
        self._by_likeness: dict[str, list[str]] | None = None
        self._folders: dict[str, None] = {}
        self._by_distance: dict[str, list[list[str]]] = {}
        for image in images:
            folder, _, name = image.rpartition("/")
            self._by_name[name].append(image)
            self._by_stem[name.rpartition(".")[0]].setdefault(folder, []).append(image)
            self._folders[folder] = None

    def of_stem(self, stem: str, annotation: str) -> list[str]:
        """Images `stem.*` in the folder nearest to that of the annotation."""
        by_folder = self._by_stem.get(stem, {})
        folder = annotation.rpartition("/")[0]
        if folder in by_folder:
            return by_folder[folder]
        if len(by_folder) == 1:
            return next(iter(by_folder.values()))
        if not by_folder:
            return []
        equally_near = ([image for f in folders for image in by_folder.get(f, ())] for folders in self._nearest(folder))
        return next(filter(None, equally_near))

    def _nearest(self, folder: str) -> list[list[str]]:
        """Folders of images by their distance from a folder: frames of many videos have the same names."""
        if folder not in self._by_distance:
            here = PurePosixPath(folder)
            distances = {other: _distance(here, PurePosixPath(other)) for other in self._folders}
            ordered = sorted(distances, key=distances.__getitem__)
            self._by_distance[folder] = [list(equal) for _, equal in itertools.groupby(ordered, distances.__getitem__)]
        return self._by_distance[folder]

    def of_name(self, said: str, annotation: str) -> list[str]:
        """Images that a name in an annotation may mean: those whose path ends with most of it, nearest first.

        Backslashes are read as slashes; folders that aren't there (those of another machine) are skipped.
        """
        parts = said.replace("\\", "/").split("/")
        images = self._by_name.get(parts[-1], [])
        if len(images) > 1 and len(parts) > 1:
            agreeing = {image: _common_end(image.split("/"), parts) for image in images}
            most = max(agreeing.values())
            images = [image for image in images if agreeing[image] == most]
        return nearest(annotation, images)

    def of_listed(self, said: str, file: str) -> list[str]:
        """Images that a line of a list may mean: by path, by name, or by name without its ending."""
        if images := self.of_name(said, file):
            return images
        parts = said.replace("\\", "/").split("/")
        images = [image for there in self._by_stem.get(parts[-1], {}).values() for image in there]
        if len(images) > 1:
            agreeing = {image: _common_end(image.split("/")[:-1], parts[:-1]) for image in images}
            images = [image for image in images if agreeing[image] == max(agreeing.values())]
        return nearest(file, images) or self.alike(said, file)

    def alike(self, said: str, annotation: str) -> list[str]:
        """Images whose name is the same but for capitals, Unicode form and %20; else for the ending too."""
        if self._by_likeness is None:
            self._by_likeness = collections.defaultdict(list)
            for name, images in self._by_name.items():
                for key in {_folded(name), _folded(_without_ending(name))}:
                    self._by_likeness[key] += images
        name = said.replace("\\", "/").rpartition("/")[2]
        keys = (_folded(name), _folded(_without_ending(name)))
        images = next((self._by_likeness[key] for key in keys if key in self._by_likeness), [])
        return nearest(annotation, images)

    def other(self, said: str) -> str | None:
        """An image in a format that isn't read, which has the name that an annotation says, but for the ending."""
        stem = _folded(os.path.splitext(said.replace("\\", "/").rpartition("/")[2])[0])
        same = (name for name in self._others if _folded(os.path.splitext(name.rpartition("/")[2])[0]) == stem)
        return next(same, None)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", urllib.parse.unquote(name)).casefold().strip()


def _without_ending(name: str) -> str:
    stem, ending = os.path.splitext(name)
    return stem if ending.lower() in EXTENSIONS else name


@dataclasses.dataclass(frozen=True)
class Sought:
    """The image that an annotation means, and the problem with it, if there is one."""

    image: str | None
    problem: Problem | None = None


def one_of(
    images: list[str], said: str, file: str, line: int | None, alike: Sequence[str] = (), other: str | None = None
) -> Sought:
    """The image, if there is exactly one; else a problem of the annotation `file:line`, which named it `said`.

    Args:
      images: those of that name.
      said: the name in the annotation.
      file, line: where it says so.
      alike: if there is none of that name, those whose name differs in its spelling alone.
      other: if there is none, an image of that name in a format that isn't read.
    """
    said = said if len(said) <= _LONGEST_NAME else said[:_LONGEST_NAME] + " ..."
    if len(images) == 1:
        return Sought(images[0])
    if not images and len(alike) == 1:
        return Sought(
            alike[0],
            Problem(
                "image_spelling",
                file,
                f"the name of an image is spelled differently from the file's: {said}",
                line=line,
                expected=alike[0],
                found=said,
                fix="nothing has to be done: there is only one image that it can mean",
                image=alike[0],
            ),
        )
    images = images or list(alike)
    if images:
        return Sought(
            None,
            Problem(
                "ambiguous_image",
                file,
                f"this annotation fits several images: {said}",
                line=line,
                expected=said,
                found=", ".join(images[:3]),
                fix="give the images different names",
            ),
        )
    if of := other_formats.by_ending(other or said):
        return Sought(None, _in_another_format(of, other or said, file, line))
    return Sought(
        None,
        Problem(
            "missing_image",
            file,
            f"the image of this annotation is missing: {said}",
            line=line,
            expected=said,
            found="no image of that name in the folder",
            fix="put the image beside the others, or remove the annotation",
        ),
    )


def _in_another_format(of: OtherFormat, image: str, file: str, line: int | None) -> Problem:
    return Problem(
        "missing_image",
        file,
        f"the image of this annotation is {of.what}, which isn't read: {image}",
        line=line,
        expected="a JPEG, PNG, BMP, GIF, WebP or TIFF image",
        found=image,
        fix=of.fix,
    )


def nearest(annotation: str, images: list[str]) -> list[str]:
    """Of images with the right name, those in the nearest folder: the same one, else the most alike."""
    if len(images) < 2:
        return images
    folder = PurePosixPath(annotation).parent
    distances = {image: _distance(folder, PurePosixPath(image).parent) for image in images}
    least = min(distances.values())
    return [image for image in images if distances[image] == least]


def _distance(a: PurePosixPath, b: PurePosixPath) -> int:
    """How many parts of two folders differ, counting from the front and from the back."""
    if a == b:
        return -1
    rest_a, rest_b = list(a.parts), list(b.parts)
    for end in (0, -1):
        while rest_a and rest_b and rest_a[end] == rest_b[end]:
            rest_a.pop(end)
            rest_b.pop(end)
    return len(rest_a) + len(rest_b)


def _common_end(a: list[str], b: list[str]) -> int:
    """How many of the last parts two paths share."""
    count = 0
    while count < min(len(a), len(b)) and a[-1 - count] == b[-1 - count]:
        count += 1
    return count
