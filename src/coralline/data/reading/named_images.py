"""What readers share whose annotations say which image they are of: each image is found, and counts once."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Protocol

from coralline.data.images.image_file import EXTENSIONS
from coralline.data.judging.problems import Problem
from coralline.data.reading.folder import Folder, part_of_file, part_of_folder
from coralline.data.reading.image_names import one_of
from coralline.data.reading.raw_annotation import Entry, Layout, RawAnnotation


class NamedImages:
    """Collects the annotated images of a folder."""

    def __init__(self, folder: Folder):
        self._folder = folder
        self._entry_of: dict[str, Entry] = {}
        self.problems: list[Problem] = []

    def add(
        self,
        said: str,
        annotation: str,
        line: int | None = None,
        *,
        boxes: RawAnnotation | None = None,
        class_names: tuple[str, ...] = (),
        part: str | None = None,
    ) -> None:
        """Puts an annotation to its image, or notes why it can't be.

        Args:
          said: the image as the annotation names it; without an ending it means an image of any kind.
          annotation: the file, relative to the folder.
          line: where in it.
          boxes, class_names: as in `Entry`.
          part: as in `Entry`; None: what the image's folder says.
        """
        names, path = self._folder.image_names, self._folder.path(annotation)
        name = said.replace("\\", "/").rpartition("/")[2]
        has_ending = os.path.splitext(name)[1].lower() in EXTENSIONS
        images = names.of_name(said, annotation) if has_ending else names.of_stem(name, annotation)
        alike = [] if images else names.alike(said, annotation)
        said_name = said if has_ending else f"{said}.jpg (.png ...)"
        other = None if images or alike else names.other(name if has_ending else f"{name}.")
        sought = one_of(images, said_name, path, line, alike, other)
        if sought.problem:
            self.problems.append(sought.problem)
        if sought.image is None:
            return
        if sought.image in self._entry_of:
            self.problems.append(
                Problem(
                    "annotated_twice",
                    path,
                    "another annotation describes the same image",
                    line=line,
                    expected=f"one annotation of {sought.image}",
                    found=self._entry_of[sought.image].annotation,
                    fix="remove one of the two",
                )
            )
        else:
            self._entry_of[sought.image] = Entry(
                sought.image,
                annotation,
                self._folder.place(sought.image),
                boxes,
                class_names,
                part or part_of_folder(sought.image),
            )

    def layout(self, reader: str, problems: Iterable[Problem] = (), not_read: str = "") -> Layout:
        """All of it; images that nothing was added for have no annotation."""
        return Layout(
            reader=reader,
            root=self._folder.root,
            entries=tuple(entry for _, entry in sorted(self._entry_of.items())),
            unannotated=tuple(
                Entry(image, "", self._folder.place(image), RawAnnotation(), part=part_of_folder(image))
                for image in self._folder.images
                if image not in self._entry_of
            ),
            problems=(*problems, *self.problems),
            not_read=not_read,
        )


@dataclasses.dataclass(frozen=True)
class NamedAnnotation:
    """An image as a file of annotations names it.

    Attributes:
      said: its name there.
      boxes: its annotation.
      line: where in the file.
      part: as in `Entry`; None: what the names of the file and of the image's folder say.
    """

    said: str
    boxes: RawAnnotation
    line: int | None = None
    part: str | None = None


class ManyImagesFile(Protocol):
    """What was read of a file that annotates many images."""

    @property
    def images(self) -> Sequence[NamedAnnotation]:
        """In the order of the file."""

    @property
    def problems(self) -> Sequence[Problem]:
        """Those that concern none of its images."""


def layout_of_files(
    folder: Folder, reader: str, files: Mapping[str, ManyImagesFile], copies: Iterable[str] = ()
) -> Layout:
    """The images of all files.

    Args:
      folder: what is there.
      reader: what the layout is called.
      files: by their names.
      copies: files that aren't read, since they hold what others hold.
    """
    named = {name: file.images for name, file in files.items()}
    in_use, repeating = without_copies({name: {image.said for image in of} for name, of in named.items()})
    images = NamedImages(folder)
    for name in in_use:
        for image in named[name]:
            images.add(image.said, name, image.line, boxes=image.boxes, part=image.part or part_of_file(name))
    problems = [problem for name in in_use for problem in files[name].problems]
    not_read = ", ".join(f"{name}, which repeats the others" for name in (*repeating, *copies))
    return images.layout(reader, problems, not_read=not_read)


def without_copies(names_in: Mapping[str, Set[str]]) -> tuple[list[str], list[str]]:
    """Files to read, those for training and evaluation first, and files that hold nothing but what is in these too.

    `raccoon_labels.csv` beside the `train_labels.csv` and `test_labels.csv` that were made of it is such a copy.

    Args:
      names_in: the images that each file names.
    """
    parts = {file: part for file in names_in if (part := part_of_file(file))}
    if len(set(parts.values())) < 2:
        return list(names_in), []
    in_parts = set().union(*(names_in[file] for file in parts))
    copies = [file for file, names in names_in.items() if file not in parts and names <= in_parts]
    return [*parts, *(file for file in names_in if file not in parts and file not in copies)], copies
