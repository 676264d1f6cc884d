"""Pascal VOC: one XML file an image.

Two layouts, which are recognised:

* VOCdevkit: `JPEGImages/` and `Annotations/` side by side, at any depth and as often as there are years
  (host.robots.ox.ac.uk/pascal/VOC/voc2012/devkit_doc.pdf, section 4); other folders, which hold masks, are left alone.
* LabelImg: images and XML files together, in two folders, nested or not.

Only names are looked at, but for an annotation whose image isn't found by its name.
"""

from __future__ import annotations

import os
from pathlib import PurePosixPath

from coralline.data.judging.problems import DataProblem, Problem
from coralline.data.reading import annotation_file, voc_xml
from coralline.data.reading.folder import Folder, part_of_folder
from coralline.data.reading.image_names import one_of
from coralline.data.reading.raw_annotation import Entry, Layout, RawAnnotation
from coralline.data.records.label_map import LabelMap
from coralline.foundation import storage

_MOST_BYTES = 1 << 26
"""An annotation of 100,000 objects is half as large."""
_IMAGES, _ANNOTATIONS, _LISTS = "JPEGImages", "Annotations", "ImageSets/Main"


def what_is_there(folder: Folder) -> str:
    """The annotations of this kind, in words; empty when there are none."""
    count = len(folder.with_ending(".xml"))
    return f"{count} .xml" if count else ""


def files(folder: Folder) -> tuple[str, ...]:
    """Annotations, and lists of images."""
    return folder.with_ending(".xml") + _lists(folder)


def find(folder: Folder, _given: LabelMap | None = None) -> Layout:
    """Which image belongs to which annotation."""
    annotations, images = folder.with_ending(".xml"), folder.images
    reader = "LabelImg"
    if any(_is_devkit(year, images) for year in _years(annotations)):
        reader = "VOCdevkit"
        annotations = tuple(name for name in annotations if PurePosixPath(name).parent.name == _ANNOTATIONS)
        images = tuple(name for name in images if PurePosixPath(name).parent.name == _IMAGES)
    pairing = _Pairing(Folder(folder.root, images))
    for annotation in annotations:
        pairing.add(annotation)
    part_of = part_of_folder if reader == "LabelImg" else lambda _: None
    return Layout(
        reader=reader,
        root=folder.root,
        entries=tuple(
            Entry(image, annotation, folder.place(image), part=part_of(image))
            for image, annotation in sorted(pairing.annotation_of.items())
        ),
        unannotated=tuple(
            Entry(image, "", folder.place(image), RawAnnotation(), part=part_of(image))
            for image in images
            if image not in pairing.annotation_of
        ),
        lists=_lists(folder),
        problems=tuple(pairing.problems),
    )


def read_voc_annotation(path: str) -> RawAnnotation:
    """One annotation.

    Raises:
      DataProblem: it can't be read, or isn't one.
    """
    with annotation_file.opened(path):
        return voc_xml.parse_voc_xml(storage.read_bytes(path, _MOST_BYTES), path)


def _lists(folder: Folder) -> tuple[str, ...]:
    texts = (name for name in folder.files if name.endswith(".txt"))
    return tuple(name for name in texts if f"/{name}".rpartition("/")[0].endswith(f"/{_LISTS}"))


def _years(annotations: tuple[str, ...]) -> set[str]:
    """Folders that hold an `Annotations` folder."""
    folders = {name.rpartition("/")[0] for name in annotations}
    return {str(PurePosixPath(folder).parent) for folder in folders if PurePosixPath(folder).name == _ANNOTATIONS}


def _is_devkit(year: str, images: tuple[str, ...]) -> bool:
    beside = str(PurePosixPath(year, _IMAGES)) + "/"
    return any(name.startswith(beside) for name in images)


class _Pairing:
    """Finds the image of each annotation: by the file's name, nearest folder first, else by its `<filename>`."""

    def __init__(self, images: Folder):
        self._images = images
        self.annotation_of: dict[str, str] = {}
        self.problems: list[Problem] = []

    def add(self, annotation: str) -> None:
        stem = os.path.splitext(annotation.rpartition("/")[2])[0]
        candidates = self._images.image_names.of_stem(stem, annotation)
        image = candidates[0] if len(candidates) == 1 else self._by_filename_inside(annotation, stem, candidates)
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

    def _by_filename_inside(self, annotation: str, stem: str, same_stem: list[str]) -> str | None:
        """The image, or None with the problem noted."""
        path = self._images.path(annotation)
        try:
            voc = read_voc_annotation(path)
        except DataProblem as e:
            self.problems.append(e.problem)
            return None
        named = self._images.image_names.of_name(voc.filename, annotation)
        both = [image for image in named if image in same_stem] or named or same_stem
        sought = one_of(both, voc.filename or f"{stem}.jpg (.png ...)", path, voc.filename_line)
        if sought.problem:
            self.problems.append(sought.problem)
        return sought.image
