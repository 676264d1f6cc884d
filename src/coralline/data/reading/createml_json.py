"""Create ML's JSON: a list of images with their boxes, as LabelImg, Roboflow (`_annotations.createml.json`) and others
write it.

`[{"image": "a.jpg", "annotations": [{"label": "cat", "coordinates": {"x": 10, "y": 20, "width": 5, "height": 5}}]}]`;
Apple's own page has `imagefilename` and `annotation` (developer.apple.com/documentation/createml/mlobjectdetector/
annotationtype). x and y are the box's centre, in pixels from the upper left corner: the defaults of `boundingBox(units:
origin:anchor:)`. The file itself doesn't say which were meant. Units of a file in which every number is at most 1 can't
be pixels: they are shares of the image.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from coralline.data.judging.problems import Problem
from coralline.data.reading import json_file
from coralline.data.reading.folder import Folder
from coralline.data.reading.json_file import Unread, WrongItemError, said_class_name, shown
from coralline.data.reading.named_images import NamedAnnotation, layout_of_files
from coralline.data.reading.raw_annotation import Layout, RawAnnotation, RawObject
from coralline.data.records.label_map import LabelMap
from coralline.foundation.errors import UserError
from coralline.foundation.progress import counted

_IMAGE = ("image", "imagefilename", "imageFilename", "filename")
_BOXES = ("annotations", "annotation")
_SIDES = ("x", "y", "width", "height")
KNOWN_KEYS = {
    "images": {*_IMAGE, *_BOXES, "verified"},
    "annotations": {"label", "coordinates"},
    "coordinates": {*_SIDES},
}
"""Those that are read, and those that say nothing a detector needs."""
_FIX = "correct the file, or export it again"
_BEYOND = 0.02
"""Share of the image by which a box may reach beyond it by rounding."""


def what_is_there(folder: Folder) -> str:
    """The annotations of this kind, in words; empty when there are none."""
    count = len(files(folder))
    return f"{counted(count, 'JSON file')} of Create ML" if count else ""


def files(folder: Folder) -> tuple[str, ...]:
    """JSON files that are Create ML's by their beginning."""
    return folder.json_of_kind("createml")


def find(folder: Folder, _given: LabelMap | None = None) -> Layout:
    """Every image that the files list, with its boxes.

    Raises:
      UserError: a file can't be used at all.
    """
    return layout_of_files(folder, "Create ML", {name: _File(folder.path(name)) for name in files(folder)})


class _File:
    """One file: its images with their boxes, and the problems."""

    def __init__(self, path: str):
        self._path, self._unread = path, Unread(path)
        self.images: list[NamedAnnotation] = []
        self.problems: list[Problem] = []
        content = json_file.parsed_json(path, "a whole Create ML file", fix=_FIX)
        if not isinstance(content, list):
            raise UserError("this file isn't of Create ML", file=path, expected="[...]", found=shown(content), fix=_FIX)
        for number, item in enumerate(content, start=1):
            try:
                self.images.append(self._image(item, f"image {number}"))
            except WrongItemError as e:
                self.problems.append(e.problem(path, fix=_FIX))
        self._take_shares()
        self.problems += self._unread.problems()

    def _image(self, item: Any, named: str) -> NamedAnnotation:
        said = next((item[key] for key in _IMAGE if key in item), None) if isinstance(item, dict) else None
        if not isinstance(said, str) or not said.strip():
            raise WrongItemError("unparsable_line", f"{named} has no file name", '"image": "a.jpg"', item)
        self._unread.keys("images", item, KNOWN_KEYS["images"])
        boxes = next((item[key] for key in _BOXES if key in item), None)
        if not isinstance(boxes, list):
            raise WrongItemError("unparsable_line", f"{said} has no list of boxes", '"annotations": [...]', boxes)
        objects, problems = [], []
        for number, box in enumerate(boxes, start=1):
            try:
                objects.append(self._object(box, f"box {number}"))
            except WrongItemError as e:
                problems.append(e.problem(self._path, fix=_FIX))
        boxes = RawAnnotation(tuple(objects), tuple(problems), box_format="cxcywh", subpixel=True, path=said)
        return NamedAnnotation(said, boxes)

    def _object(self, box: Any, named: str) -> RawObject:
        if not isinstance(box, dict):
            raise WrongItemError(
                "unparsable_line", f"{named} isn't an object", '{"label": ..., "coordinates": ...}', box
            )
        self._unread.keys("annotations", box, KNOWN_KEYS["annotations"])
        name = said_class_name(box.get("label"), named)
        x, y, width, height = json_file.numbers(box.get("coordinates"), _SIDES, f"{named} ({name})")
        self._unread.keys("coordinates", box["coordinates"], KNOWN_KEYS["coordinates"])
        return RawObject(name, x - width / 2, y - height / 2, x + width / 2, y + height / 2)

    def _take_shares(self) -> None:
        """Marks boxes in shares of the image as such.

        Raises:
          UserError: they are, and aren't given by their centres from the upper left corner.
        """
        objects = [o for image in self.images for o in image.boxes.objects]
        if not objects or max(_largest(o) for o in objects) > 1:
            return
        for o in objects:
            if min(o.xmin, o.ymin) < -_BEYOND or max(o.xmax, o.ymax) > 1 + _BEYOND:
                raise UserError(
                    "boxes of this file are in shares of the image, and reach beyond it",
                    file=self._path,
                    expected="x and y of the centre of each box, from the upper left corner",
                    found=f"a box ({o.class_name}) {o.corners}, if x and y are its centre",
                    fix="export it with the centre as the boxes' anchor and the upper left corner as the origin",
                )
        self.images = [
            dataclasses.replace(image, boxes=dataclasses.replace(image.boxes, normalized=True, subpixel=False))
            for image in self.images
        ]


def _largest(o: RawObject) -> float:
    """Of the four numbers as the file has them."""
    return max(abs(o.xmin + o.xmax) / 2, abs(o.ymin + o.ymax) / 2, abs(o.xmax - o.xmin), abs(o.ymax - o.ymin))
