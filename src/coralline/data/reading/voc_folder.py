"""Pascal VOC: one XML file an image.

Two layouts, which are recognised:

* VOCdevkit: `JPEGImages/` and `Annotations/` side by side, at any depth and as often as there are years
  (host.robots.ox.ac.uk/pascal/VOC/voc2012/devkit_doc.pdf, section 4); other folders, which hold masks, are left alone.
* LabelImg: images and XML files together, in two folders, nested or not.

Only names are looked at, but for an annotation whose image isn't found by its name.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from coralline.data.reading import annotation_file, voc_xml
from coralline.data.reading.cvat_xml import ROOT as CVAT_ROOT
from coralline.data.reading.folder import Folder, part_of_folder
from coralline.data.reading.pairing import Pairing
from coralline.data.reading.raw_annotation import Layout, RawAnnotation
from coralline.data.records.label_map import LabelMap
from coralline.foundation import storage

_MOST_BYTES = 1 << 26
"""An annotation of 100,000 objects is half as large."""
_IMAGES, _ANNOTATIONS = "JPEGImages", "Annotations"
_ROOT = "annotation"


def what_is_there(folder: Folder) -> str:
    """The annotations of this kind, in words; empty when there are none."""
    annotations = _annotations(folder)
    if all(folder.xml_roots.get(name, _ROOT) not in (_ROOT, "") for name in annotations):
        return ""
    return f"{len(annotations)} .xml"


def files(folder: Folder) -> tuple[str, ...]:
    """Annotations."""
    return _annotations(folder)


def find(folder: Folder, _given: LabelMap | None = None) -> Layout:
    """Which image belongs to which annotation."""
    annotations, images = _annotations(folder), folder.images
    reader = "LabelImg"
    if any(_is_devkit(year, images) for year in _years(annotations)):
        reader = "VOCdevkit"
        annotations = tuple(name for name in annotations if PurePosixPath(name).parent.name == _ANNOTATIONS)
        images = tuple(name for name in images if PurePosixPath(name).parent.name == _IMAGES)
    pairing = Pairing(Folder(folder.root, images + folder.other_images), read_voc_annotation)
    for annotation in annotations:
        pairing.add(annotation)
    part_of = part_of_folder if reader == "LabelImg" else lambda _: None
    return pairing.layout(reader, Folder(folder.root, images), part_of)


def read_voc_annotation(path: str) -> RawAnnotation:
    """One annotation.

    Raises:
      DataProblem: it can't be read, or isn't one.
    """
    with annotation_file.opened(path):
        return voc_xml.parse_voc_xml(storage.read_bytes(path, _MOST_BYTES), path)


def _annotations(folder: Folder) -> tuple[str, ...]:
    """XML files but for those that have a reader of their own; others that aren't VOC are told when they are read."""
    return tuple(name for name in folder.with_ending(".xml") if folder.xml_roots.get(name) != CVAT_ROOT)


def _years(annotations: tuple[str, ...]) -> set[str]:
    """Folders that hold an `Annotations` folder."""
    folders = {name.rpartition("/")[0] for name in annotations}
    return {str(PurePosixPath(folder).parent) for folder in folders if PurePosixPath(folder).name == _ANNOTATIONS}


def _is_devkit(year: str, images: tuple[str, ...]) -> bool:
    beside = str(PurePosixPath(year, _IMAGES)) + "/"
    return any(name.startswith(beside) for name in images)
