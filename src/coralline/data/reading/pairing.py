"""Finding the image of each annotation, where there is an annotation file an image."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable

from coralline.data.judging.problems import DataProblem, Problem
from coralline.data.reading.folder import Folder, part_of_folder
from coralline.data.reading.image_names import one_of
from coralline.data.reading.raw_annotation import Entry, Layout, RawAnnotation


class Pairing:
    """Finds the image of each annotation: by the file's name, nearest folder first, else by the name inside of it.

    Args:
      images: the folder with the images that count.
      read: reads an annotation for the name inside; raises DataProblem.

    Attributes:
      annotation_of: the annotation of each image.
      problems: of annotations without an image.
    """

    def __init__(self, images: Folder, read: Callable[[str], RawAnnotation]):
        self._images, self._read = images, read
        self.annotation_of: dict[str, str] = {}
        self.problems: list[Problem] = []

    def add(self, annotation: str) -> None:
        """Puts an annotation to its image, or notes why it can't be."""
        stem = os.path.splitext(annotation.rpartition("/")[2])[0]
        candidates = self._images.image_names.of_stem(stem, annotation)
        image = candidates[0] if len(candidates) == 1 else self._by_name_inside(annotation, stem, candidates)
        if image is None:
            return
        if image in self.annotation_of:
            self.problems.append(
                Problem(
                    "annotated_twice",
                    self._images.path(annotation),
                    "another annotation describes the same image",
                    expected=f"one annotation of {image}",
                    found=self.annotation_of[image],
                    fix="remove one of the two",
                )
            )
        else:
            self.annotation_of[image] = annotation

    def layout(self, reader: str, folder: Folder, part_of: Callable[[str], str | None] = part_of_folder) -> Layout:
        """What was paired, and the images of a folder that weren't; `part_of` tells the part of an image."""
        return Layout(
            reader=reader,
            root=folder.root,
            entries=tuple(
                Entry(image, annotation, folder.place(image), part=part_of(image))
                for image, annotation in sorted(self.annotation_of.items())
            ),
            unannotated=tuple(
                Entry(image, "", folder.place(image), RawAnnotation(), part=part_of(image))
                for image in folder.images
                if image not in self.annotation_of
            ),
            problems=tuple(self.problems),
        )

    def _by_name_inside(self, annotation: str, stem: str, same_stem: list[str]) -> str | None:
        """The image, or None with the problem noted."""
        path = self._images.path(annotation)
        try:
            said = self._read(path)
        except DataProblem as e:
            self.problems.append(e.problem)
            return None
        named = self._images.image_names.of_name(said.filename, annotation)
        both = [image for image in named if image in same_stem] or named or same_stem
        name = said.filename or f"{stem}.jpg (.png ...)"
        names = self._images.image_names
        alike = [] if both else names.alike(said.filename or stem, annotation)
        other = None if both or alike else names.other(said.filename or f"{stem}.") or names.other(f"{stem}.")
        sought = one_of(both, name, path, said.filename_line, alike, other)
        if sought.problem:
            missing = said.embedded_image and sought.problem.kind == "missing_image"
            self.problems.append(_embedded(sought.problem) if missing else sought.problem)
        return sought.image


def _embedded(problem: Problem) -> Problem:
    return dataclasses.replace(
        problem,
        found="no image of that name in the folder; the image is embedded in the annotation, where it isn't read",
        fix="write it to a file beside the annotation, as labelme's own `labelme_export_json` does",
    )
