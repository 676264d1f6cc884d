"""YOLO: a text file an image, with a line `class x-center y-center width height` a box, in shares of the image.

The layouts of Ultralytics (docs.ultralytics.com/datasets/detect), Roboflow, Darknet and LabelImg: `images/train` beside
`labels/train`, `train/images` beside `train/labels`, or text files beside the images. An empty one makes a background
image. Classes are numbers, from 0; their names are in `data.yaml`, or a line each in `classes.txt` or `obj.names`.
"""

from __future__ import annotations

import functools
import itertools
import os
import re
from pathlib import PurePosixPath
from typing import Any

import yaml

from coralline.data.reading import yolo_text
from coralline.data.reading.folder import Folder, part_of_folder
from coralline.data.reading.named_images import NamedImages
from coralline.data.reading.raw_annotation import Layout
from coralline.data.records.label_map import LabelMap
from coralline.foundation import storage, text_file, yaml_text
from coralline.foundation.errors import UserError
from coralline.foundation.printable import shortened

_LABELS_FOLDER = "labels"
_USUAL_YAML = "data.yaml"
_SAYS_NAMES = re.compile(r"""\bnames["']?\s*:""")
_NAME_LISTS = ("classes.txt", "_darknet.labels")
_NAMES_ENDING = ".names"
_PEEKED = 50
"""The number of non-empty text files that are read to recognise YOLO."""
_PEEKED_BYTES = 4096
_FIX = "put a data.yaml with `names: [...]` there, or a classes.txt with one name a line"


def what_is_there(folder: Folder) -> str:
    """The annotations of this kind, in words; empty when there are none."""
    labels = _labels(folder)
    heads = (head for name in labels if (head := _head(folder.path(name))).strip())
    looks_right = any(yolo_text.looks_right(text_file.lines(head)) for head in itertools.islice(heads, _PEEKED))
    return f"{len(labels)} .txt of YOLO" if looks_right else ""


def files(folder: Folder) -> tuple[str, ...]:
    """Text files of boxes, and those that name the classes."""
    return _labels(folder) + _names_files(folder)


def find(folder: Folder, given: LabelMap | None = None) -> Layout:
    """Which image belongs to which text file, and what the numbers in it stand for.

    Args:
      folder: what is there.
      given: names the classes if no file does; its first class is number 0.

    Raises:
      UserError: nothing names the classes, or two files name them differently.
    """
    class_names = _ClassNames(folder, given)
    images = NamedImages(folder)
    for name in _labels(folder):
        path = PurePosixPath(name)
        images.add(path.stem, name, class_names=class_names.of(str(path.parent)), part=part_of_folder(name))
    return images.layout("YOLO")


def _labels(folder: Folder) -> tuple[str, ...]:
    """Text files that are named like an image, or in a folder `labels`."""
    return tuple(
        name
        for name in folder.with_ending(".txt")
        if name.rpartition("/")[2].lower() not in _NAME_LISTS
        and (
            _LABELS_FOLDER in PurePosixPath(name).parent.parts
            or folder.image_names.of_stem(PurePosixPath(name).stem, name)
        )
    )


def _head(path: str) -> str:
    """The beginning of a text file; empty if it can't be read."""
    try:
        return text_file.decoded(storage.read_head(path, _PEEKED_BYTES))
    except OSError:
        return ""


def _names_files(folder: Folder) -> tuple[str, ...]:
    lists = (name for name in folder.files if name.rpartition("/")[2].lower() in _NAME_LISTS)
    return (*folder.with_ending(*yaml_text.ENDINGS), *lists, *folder.with_ending(_NAMES_ENDING))


class _ClassNames:
    """The names of the classes, by the folder of the text file that has their numbers."""

    def __init__(self, folder: Folder, given: LabelMap | None):
        self._root = folder.root
        self._given = given.names if given else ()
        named = {name: _names_in(folder.path(name)) for name in _names_files(folder)}
        self._named = {name: names for name, names in named.items() if names}
        self.of = functools.cache(self._of)

    def _of(self, folder: str) -> tuple[str, ...]:
        """From the files in that folder and those above it; else from wherever they are.

        Raises:
          UserError: there are none, or they differ.
        """
        above = {str(parent) for parent in (PurePosixPath(folder), *PurePosixPath(folder).parents)}
        near = {name: names for name, names in self._named.items() if str(PurePosixPath(name).parent) in above}
        (first, names), *others = (near or self._named or {"": self._given}).items()
        other = next((name for name, other_names in others if other_names != names), None)
        if other is not None:
            raise UserError(
                "two files name the classes differently",
                file=os.path.join(self._root, other),
                expected=f"{', '.join(names)}, as in {first}",
                found=", ".join(self._named[other]),
                fix="remove the one that is out of date",
            )
        if not names:
            raise UserError(
                "nothing says what the class numbers of these YOLO files stand for",
                file=self._root,
                expected="data.yaml, classes.txt or obj.names",
                found="none of them with a name",
                fix=f"{_FIX}, or give a label map (data.label_map) whose first class is number 0",
            )
        return names


def _names_in(path: str) -> tuple[str, ...]:
    """The names for the numbers from 0; none in a YAML file about other things."""
    try:
        text = text_file.read_text(path, yaml_text.MOST_BYTES)
    except OSError as e:
        raise UserError("can't read the names of the classes", file=path, found=e, fix=_FIX) from e
    if os.path.splitext(path)[1].lower() in yaml_text.ENDINGS:
        names = _names_in_yaml(path, text)
    else:
        names = tuple(line.strip() for line in text_file.lines(text.rstrip()))
    if not all(map(text_file.is_text, names)):
        raise UserError("a class name isn't UTF-8 text", file=path, fix="save the file as UTF-8")
    return names if any(names) else ()


def _names_in_yaml(path: str, text: str) -> tuple[str, ...]:
    if not _SAYS_NAMES.search(text):
        return ()
    try:
        content = yaml_text.parse_yaml(text, yaml.BaseLoader)  # `no` is a name.
    except yaml.YAMLError as e:
        if path.rpartition("/")[2] != _USUAL_YAML:
            return ()
        found = shortened(" ".join(str(getattr(e, "problem", None) or e).split()))
        raise UserError("this file isn't well-formed YAML", file=path, line=_line(e), found=found, fix=_FIX) from e
    if not isinstance(content, dict) or "names" not in content:
        return ()
    if "kpt_shape" in content:
        raise UserError(
            "this is a data set of key points",
            file=path,
            expected="boxes",
            found="kpt_shape",
            fix="export it with boxes",
        )
    names = content["names"]
    if isinstance(names, dict):
        in_order = [names.get(str(i)) for i in range(len(names))]
        names = in_order if None not in in_order else names
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise UserError(
            "the names of the classes can't be read",
            file=path,
            expected="names: [cat, dog], or {0: cat, 1: dog} without gaps",
            found=f"names: {names!r}"[:200],
            fix=_FIX,
        )
    return tuple(name.strip() for name in names)


def _line(error: Any) -> int | None:
    mark = getattr(error, "problem_mark", None)
    return mark.line + 1 if mark else None
