"""COCO JSON: files that list images, categories, and annotations which name both by id (cocodataset.org/#format-data).

`instances_train2017.json` beside `instances_val2017.json`, Roboflow's `train/_annotations.coco.json`, CVAT's
`instances_default.json`. Ids may be anything: names decide. `iscrowd` marks a crowd in one box, which COCO's own
scoring counts neither as a hit nor as a miss; that is what a difficult box is here. Annotations may share an id, as
they do in files that were merged. The format has fractions of pixels by its nature.
"""

from __future__ import annotations

import collections
import itertools
import math
from collections.abc import Sequence
from typing import Any

from coralline.data.judging.problems import Problem, unread
from coralline.data.reading import json_file, outlines
from coralline.data.reading.coco_outline import around_segmentation, is_number
from coralline.data.reading.folder import Folder
from coralline.data.reading.json_file import shown, side
from coralline.data.reading.named_images import NamedAnnotation, layout_of_files
from coralline.data.reading.raw_annotation import Layout, RawAnnotation, RawObject
from coralline.data.records.label_map import LabelMap
from coralline.foundation import text_file
from coralline.foundation.errors import UserError
from coralline.foundation.progress import counted

_LISTS = ("images", "annotations", "categories")
_OFFICIAL_PREFIX = "instances_"
"""COCO's own folder of annotations has files of captions, key points and masks of the same images beside these."""
KNOWN_KEYS = {
    "images": {
        *("id", "file_name", "width", "height"),
        *("license", "flickr_url", "coco_url", "date_captured", "extra"),
    },
    "annotations": {
        *("id", "image_id", "category_id", "bbox", "iscrowd", "segmentation", "attributes"),
        *("area", "num_keypoints"),
    },
    "categories": {"id", "name", "supercategory"},
}
"""Those that are read, and those that say nothing a detector needs."""
_SHOWN = 10


def what_is_there(folder: Folder) -> str:
    """The annotations of this kind, in words; empty when there are none."""
    count = len(files(folder))
    return f"{counted(count, 'COCO JSON file')}" if count else ""


def files(folder: Folder) -> tuple[str, ...]:
    """JSON files that are COCO by their beginning."""
    coco = folder.json_of_kind("coco")
    official = tuple(name for name in coco if name.rpartition("/")[2].startswith(_OFFICIAL_PREFIX))
    return official or coco


def find(folder: Folder, _given: LabelMap | None = None) -> Layout:
    """Every image that the files list, with its boxes.

    Raises:
      UserError: a file can't be used at all.
    """
    return layout_of_files(folder, "COCO", {name: _File(folder.path(name)) for name in files(folder)})


class _File:
    """One file: its images, their boxes, and the problems."""

    def __init__(self, path: str):
        self._path = path
        self.problems: list[Problem] = []
        content = _parsed(path)
        images, annotations, categories = (_list(content, key, path) for key in _LISTS)
        self._class_names = self._names_by_id(categories)
        self._images = self._images_by_id(images)
        self._objects: dict[Any, list[RawObject]] = collections.defaultdict(list)
        self._problems_of: dict[Any, list[Problem]] = collections.defaultdict(list)
        for annotation in annotations:
            self._add(annotation)
        for key, items in zip(_LISTS, (images, annotations, categories), strict=True):
            self.problems += self._unread(key, items)

    @property
    def images(self) -> list[NamedAnnotation]:
        """Those that are listed; without a box, one is a background image."""
        return [NamedAnnotation(of["file_name"], self._annotation(key, of)) for key, of in self._images.items()]

    def _annotation(self, key: Any, image: dict[str, Any]) -> RawAnnotation:
        return RawAnnotation(
            objects=tuple(self._objects.get(key, ())),
            problems=tuple(self._problems_of.get(key, ())),
            width=side(image.get("width")),
            height=side(image.get("height")),
            box_format="xywh",
            subpixel=True,
            path=image["file_name"],
        )

    def _names_by_id(self, categories: Sequence[Any]) -> dict[Any, str]:
        """Raises UserError if a number could mean several classes."""
        names: dict[Any, str] = {}
        for category in categories:
            key, name = _key(category, "id"), category.get("name") if isinstance(category, dict) else None
            if key is None or not isinstance(name, str) or not text_file.is_text(name):
                raise self._unusable("a category lacks its id or its name", '{"id": 1, "name": "cat"}', shown(category))
            if names.setdefault(key, name) != name:
                raise self._unusable(f"two categories have the id {key}", "one name", f"{names[key]}, {name}")
        return names

    def _images_by_id(self, images: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        by_id: dict[Any, dict[str, Any]] = {}
        double = set()
        for image in images:
            key, name = _key(image, "id"), image.get("file_name") if isinstance(image, dict) else None
            if key is None or not isinstance(name, str) or not name:
                self.problems.append(
                    self._problem(
                        "unparsable_line",
                        "an image lacks its id or its file name",
                        '{"id": 1, "file_name": "a.jpg", ...}',
                        shown(image),
                    )
                )
            elif by_id.setdefault(key, image)["file_name"] != name:
                double.add(key)
                found = f"{by_id[key]['file_name']}, {name}"
                self.problems.append(
                    self._problem("ambiguous_image", f"two images have the id {key}", "an id for each", found)
                )
        return {key: image for key, image in by_id.items() if key not in double}

    def _add(self, annotation: Any) -> None:
        key = _key(annotation, "image_id")
        if key is None:
            self.problems.append(
                self._problem(
                    "unparsable_line",
                    "an annotation doesn't say which image it is of",
                    '{"id": 1, "image_id": 1, "category_id": 1, "bbox": [x, y, width, height], ...}',
                    shown(annotation),
                )
            )
        elif key not in self._images:
            name = f"annotation {shown(annotation.get('id'))}"
            self.problems.append(
                self._problem(
                    "unknown_image", f"{name} is of an image that isn't listed", "an id in `images`", shown(key)
                )
            )
        else:
            result = self._object(annotation)
            if isinstance(result, Problem):
                self._problems_of[key].append(result)
            else:
                self._objects[key].append(result)

    def _object(self, annotation: dict[str, Any]) -> RawObject | Problem:
        named = f"annotation {shown(annotation.get('id'))}"
        category = _key(annotation, "category_id")
        if category not in self._class_names:
            ids = ", ".join(f"{key} ({name})" for key, name in list(self._class_names.items())[:_SHOWN])
            found = shown(annotation.get("category_id"))
            return self._problem("unknown_class", f"{named} has a category that isn't listed", f"one of {ids}", found)
        if not self._class_names[category].strip():
            return self._problem("no_class_name", f"{named} has a category without a name", "a name", None)
        box, around = annotation.get("bbox"), annotation.get("segmentation")
        difficult = annotation.get("iscrowd") in (1, "1")
        odd: tuple[tuple[str, str], ...] = ()
        if not box and around:
            xmin, ymin, xmax, ymax = around
            odd = (outlines.OUTLINED,)
            return RawObject(self._class_names[category], xmin, ymin, xmax, ymax, difficult=difficult, oddities=odd)
        if not isinstance(box, list) or len(box) != 4:
            message = (
                f"{named} has a box of {len(box)} numbers" if isinstance(box, list) and box else f"{named} has no box"
            )
            return self._problem("incomplete_box", message, '"bbox": [x, y, width, height]', shown(box))
        if not all(map(is_number, box)):
            return self._problem("bad_number", f"{named} has a box of other than numbers", "pixels", shown(box))
        x, y, width, height = map(float, box)
        corners, degrees = (x, y, x + width, y + height), _rotation(annotation)
        if degrees is None:
            return self._problem("bad_number", f"the rotation of {named} isn't a number", "degrees", None)
        if degrees:
            corners = outlines.around_turned(corners, math.radians(degrees))
            odd = (outlines.turned(degrees),)
        if around and not outlines.agree(corners, around):
            odd += (outlines.differs(around),)
        return RawObject(self._class_names[category], *corners, difficult=difficult, oddities=odd)

    def _unread(self, where: str, items: Sequence[Any]) -> list[Problem]:
        """One problem for each key that isn't known, with a count."""
        keys = collections.Counter(
            itertools.chain.from_iterable(item.keys() - KNOWN_KEYS[where] for item in items if isinstance(item, dict))
        )
        return [
            unread(self._path, f"`{key}` of {where}", found=counted(count, "time"))
            for key, count in sorted(keys.items())
        ]

    def _problem(self, kind: str, message: str, expected: str | None, found: str | None) -> Problem:
        fix = "correct the file, or export it again"
        return Problem(kind, self._path, message, expected=expected, found=found, fix=fix)

    def _unusable(self, message: str, expected: str, found: str) -> UserError:
        return UserError(
            message, file=self._path, expected=expected, found=found, fix="correct the file, or export it again"
        )


def _parsed(path: str) -> dict[str, Any]:
    """Raises UserError if the file isn't usable JSON."""
    content = json_file.parsed_json(path, "a whole COCO file", _with_boxes_for_outlines)
    if not isinstance(content, dict):
        raise UserError(
            "this file isn't COCO", file=path, expected="{...}", found=shown(content), fix="export it again as COCO"
        )
    return content


def _with_boxes_for_outlines(item: dict[str, Any]) -> dict[str, Any]:
    """Outlines and key points make up most of such a file; they are let go of while the rest is read."""
    if "segmentation" in item:
        item["segmentation"] = around_segmentation(item["segmentation"])
    if "keypoints" in item:
        points = item.pop("keypoints")
        if isinstance(points, list) and any(points):
            item["keypoints"] = True
    return item


def _list(content: dict[str, Any], key: str, path: str) -> list[Any]:
    value = content.get(key)
    if not isinstance(value, list):
        raise UserError(
            f"this COCO file has no list of {key}",
            file=path,
            expected=f'"{key}": [...]',
            found="nothing" if value is None else shown(value),
            fix="export it again from the labelling tool, with boxes",
        )
    return value


def _rotation(annotation: dict[str, Any]) -> float | None:
    """CVAT's, in degrees, of a box that it writes before it is turned; None if it isn't a number."""
    attributes = annotation.get("attributes")
    value = attributes.get("rotation", 0) if isinstance(attributes, dict) else 0
    return float(value) % 360 if is_number(value) else None


def _key(item: Any, name: str) -> Any:
    """An item's id; None if it has no valid one."""
    value = item.get(name) if isinstance(item, dict) else None
    return value if isinstance(value, (int, float, str)) and not isinstance(value, bool) else None
