"""Finding out how a folder is laid out, by looking."""

from __future__ import annotations

import dataclasses
from typing import Protocol

from coralline.data.data_settings import ReaderName
from coralline.data.images.image_file import EXTENSIONS
from coralline.data.reading import (
    coco_json,
    createml_json,
    csv_boxes,
    cvat_xml,
    declared_sides,
    label_studio_json,
    labelme_folder,
    labelme_json,
    other_annotations,
    record_files,
    via_files,
    voc_folder,
    yolo_folder,
    yolo_text,
)
from coralline.data.reading.folder import Folder, open_folder
from coralline.data.reading.raw_annotation import Entry, Layout, RawAnnotation
from coralline.data.records.label_map import LabelMap
from coralline.foundation.errors import UserError


class Reader(Protocol):
    """What each reader's module has."""

    def what_is_there(self, folder: Folder, /) -> str:
        """The annotations of this kind, in words; empty when there are none."""

    def files(self, folder: Folder, /) -> tuple[str, ...]:
        """Every file that may be read, but for the images."""

    def find(self, folder: Folder, given: LabelMap | None, /) -> Layout:
        """Which annotation belongs to which image; `given` names classes that annotations have by number."""


_READERS: dict[ReaderName, Reader] = {
    "voc": voc_folder,
    "cvat": cvat_xml,
    "coco": coco_json,
    "labelme": labelme_folder,
    "labelstudio": label_studio_json,
    "via": via_files,
    "createml": createml_json,
    "yolo": yolo_folder,
    "csv": csv_boxes,
    "tfrecord": record_files,
}
"""In the order in which they are tried: the most informative first."""
_HOLDS_IMAGES: ReaderName = "tfrecord"

_FIX = (
    "give the folder above the images and the annotations (links to other folders aren't followed), or annotate the "
    "images with LabelImg"
)
_KNOWN = (
    "images with annotations: Pascal VOC or CVAT XML; JSON of COCO, labelme, Label Studio, VIA or Create ML; YOLO "
    "text; a CSV file of boxes (filename,width,height,class,xmin,ymin,xmax,ymax); or TFRecord files of the Object "
    "Detection API"
)


def find_layout(root: str, reader: ReaderName = "auto", given: LabelMap | None = None) -> Layout:
    """Looks at a folder, and chooses the reader unless one is named.

    Args:
      root: the folder.
      reader: which kind of annotations is read.
      given: the label map, if one is.

    Raises:
      UnreadableFolderError: it isn't there or can't be read.
      UserError: it holds no annotations or no images, or a file of annotations can't be used at all.
    """
    folder = open_folder(root)
    there = _there(folder)
    chosen = _chosen(folder, reader, there)
    if not folder.images and chosen != _HOLDS_IMAGES:
        raise _no_images(folder, there[chosen])
    layout = _READERS[chosen].find(folder, given)
    others = [f"{words} (data.reader: {name})" for name, words in there.items() if name != chosen]
    not_read = ", ".join([layout.not_read, *others] if layout.not_read else others)
    return dataclasses.replace(
        layout,
        declared=() if chosen == _HOLDS_IMAGES else declared_sides.declared(folder),
        problems=(*folder.problems, *folder.other_image_problems(), *layout.problems),
        not_read=not_read,
    )


def files_read(root: str, reader: ReaderName) -> list[str]:
    """Every file that reading a data set may open, relative to its folder, sorted.

    Raises:
      UserError: as `find_layout`.
    """
    folder = open_folder(root)
    chosen = _chosen(folder, reader, _there(folder))
    beside = () if chosen == _HOLDS_IMAGES else (*folder.images, *declared_sides.files(folder))
    return sorted({*_READERS[chosen].files(folder), *beside})


def read_annotation(entry: Entry, path: str) -> RawAnnotation:
    """What annotates an image.

    Args:
      entry: the image.
      path: where its annotation is.

    Raises:
      DataProblem: it can't be read, or isn't an annotation.
    """
    if entry.boxes is not None:
        return entry.boxes
    if entry.class_names:
        return yolo_text.read_yolo_text(path, entry.class_names)
    is_json = path.lower().endswith(".json")
    return labelme_json.read_labelme_annotation(path) if is_json else voc_folder.read_voc_annotation(path)


def _there(folder: Folder) -> dict[ReaderName, str]:
    return {name: words for name, of in _READERS.items() if (words := of.what_is_there(folder))}


def _chosen(folder: Folder, reader: ReaderName, there: dict[ReaderName, str]) -> ReaderName:
    if reader != "auto" and reader not in there:
        raise _no_annotations(folder, f"annotations for data.reader: {reader}", there)
    chosen = reader if reader != "auto" else next(iter(there), None)
    if chosen is None:
        raise _no_annotations(folder, _KNOWN, there)
    return chosen


def _no_annotations(folder: Folder, expected: str, there: dict[ReaderName, str]) -> UserError:
    found = [f"{len(folder.images)} images", *_others(folder), *there.values(), f"{len(folder.files)} files altogether"]
    what, fix = "there are no annotations in this folder", _FIX
    if not there and (others := other_annotations.what_is_there(folder)):
        what = f"the annotations in this folder are of a kind that isn't read: {', '.join(o.words for o in others)}"
        fix = others[0].fix
        found += [f"such as {others[0].example}"]
    return UserError(what, file=folder.root, expected=expected, found=", ".join(found), fix=fix)


def _others(folder: Folder) -> list[str]:
    """What there is of images in formats that aren't read, in words."""
    return [f"{problem.message} ({problem.found})" for problem in folder.other_image_problems()]


def _no_images(folder: Folder, annotations: str) -> UserError:
    fixes = [problem.fix for problem in folder.other_image_problems() if problem.fix]
    return UserError(
        "there are no images in this folder",
        file=folder.root,
        expected="the images that the annotations describe",
        found="; ".join([annotations, *_others(folder), "no " + ", ".join(sorted(EXTENSIONS))]),
        fix="; ".join(fixes)
        or "give the folder above the images and the annotations (links to other folders aren't followed)",
    )
