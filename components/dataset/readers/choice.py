"""Finding out how a folder is laid out, by looking."""

from __future__ import annotations

import dataclasses
from types import ModuleType

from components.dataset.folder import Folder, list_folder
from components.dataset.image_file import EXTENSIONS
from components.dataset.options import ReaderName
from components.dataset.readers import voc_folder
from components.dataset.source import Layout
from components.errors import UserError

_READERS: dict[ReaderName, ModuleType] = {"voc": voc_folder}
"""In the order in which they are tried: what says most of an image comes first."""

_KNOWN = (
    "images with Pascal VOC annotations (.xml), COCO JSON, YOLO text, a CSV file of boxes, or TFRecord files of the "
    "Object Detection API"
)


def find_layout(root: str, reader: ReaderName = "auto") -> Layout:
    """Looks at a folder, and chooses the reader where none is named.

    Raises:
      UnreadableFolderError: it isn't there or can't be read.
      UserError: it holds no annotations or no images.
    """
    folder = list_folder(root)
    there = {name: words for name, of in _READERS.items() if (words := of.what_is_there(folder))}
    if reader != "auto" and reader not in there:
        raise _no_annotations(folder, f"annotations for data.reader: {reader}", there)
    chosen = reader if reader != "auto" else next(iter(there), None)
    if chosen is None:
        raise _no_annotations(folder, _KNOWN, there)
    if not folder.images and chosen != "tfrecord":
        raise _no_images(folder, there[chosen])
    layout = _READERS[chosen].find(folder)
    others = [f"{words} (data.reader: {name})" for name, words in there.items() if name != chosen]
    return dataclasses.replace(layout, problems=folder.problems + layout.problems, not_read=", ".join(others))


def _no_annotations(folder: Folder, expected: str, there: dict[ReaderName, str]) -> UserError:
    found = [f"{len(folder.images)} images", *there.values(), f"{len(folder.files)} files altogether"]
    return UserError(
        "there are no annotations in this folder",
        file=folder.root,
        expected=expected,
        found=", ".join(found),
        mend="give the folder above the images and the annotations (links to other folders aren't followed), or "
        "annotate the images with LabelImg",
    )


def _no_images(folder: Folder, annotations: str) -> UserError:
    return UserError(
        "there are no images in this folder",
        file=folder.root,
        expected="the images that the annotations describe",
        found=f"{annotations}; no " + ", ".join(sorted(EXTENSIONS)),
        mend="give the folder above the images and the annotations (links to other folders aren't followed)",
    )
