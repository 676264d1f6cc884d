"""COCO JSON: files that list images, categories, and annotations which name both by id (cocodataset.org/#format-data).

`instances_train2017.json` beside `instances_val2017.json`, Roboflow's `train/_annotations.coco.json`, CVAT's
`instances_default.json`. Ids may be anything: names decide. `iscrowd` marks a crowd in one box, which COCO's own
scoring counts neither as a hit nor as a miss; that is what a difficult box is here. Annotations may share an id, as
they do in files that were merged. The format has fractions of pixels by its nature.
"""

from __future__ import annotations

import collections
import json
import math
import re
from collections.abc import Sequence
from typing import Any

from coralline.data.judging.problems import Problem
from coralline.data.reading.folder import Folder, part_of_file
from coralline.data.reading.named_images import NamedImages, without_copies
from coralline.data.reading.raw_annotation import Layout, RawAnnotation, RawObject
from coralline.data.records.label_map import LabelMap
from coralline.foundation import storage, text_file
from coralline.foundation.errors import UserError, reason
from coralline.foundation.progress import counted

_LISTS = ("images", "annotations", "categories")
_OFFICIAL_PREFIX = "instances_"
"""COCO's own folder of annotations has files of captions, key points and masks of the same images beside these."""
_HEAD_BYTES = 1 << 16
"""So much is looked at to find out whether a JSON file is COCO."""
_LIST_STARTS = re.compile(r'"(images|annotations|categories)"\s*:\s*\[')
_ITEM_OF = {"images": '"file_name"', "annotations": '"image_id"'}
_UNUSED = ("segmentation", "keypoints")
"""What makes up most of such a file; it is let go of while the rest is read."""
_SHOWN = 10


def what_is_there(folder: Folder) -> str:
    """The annotations of this kind, in words; empty when there are none."""
    count = len(files(folder))
    return f"{counted(count, 'COCO JSON file')}" if count else ""


def files(folder: Folder) -> tuple[str, ...]:
    """JSON files that are COCO by their beginning."""
    coco = tuple(name for name in folder.with_ending(".json") if _looks_like_coco(folder.path(name)))
    official = tuple(name for name in coco if name.rpartition("/")[2].startswith(_OFFICIAL_PREFIX))
    return official or coco


def find(folder: Folder, _given: LabelMap | None = None) -> Layout:
    """Every image that the files list, with its boxes.

    Raises:
      UserError: a file can't be used at all.
    """
    contents = {name: _File(folder.path(name)) for name in files(folder)}
    in_use, copies = without_copies({name: set(file.image_names.values()) for name, file in contents.items()})
    images = NamedImages(folder)
    for name in in_use:
        for said, boxes in contents[name].annotations():
            images.add(said, name, boxes=boxes, part=part_of_file(name))
    problems = [problem for name in in_use for problem in contents[name].problems]
    return images.layout("COCO", problems, not_read=", ".join(f"{name}, which repeats the others" for name in copies))


class _File:
    """One file: its images, their boxes, and the problems."""

    def __init__(self, path: str):
        self._path = path
        self.problems: list[Problem] = []
        content = _parsed(path)
        images, annotations, categories = (_list(content, key, path) for key in _LISTS)
        self._class_names = self._names_by_id(categories)
        self._images = self._images_by_id(images)
        self.image_names = {key: image["file_name"] for key, image in self._images.items()}
        self._objects: dict[Any, list[RawObject]] = collections.defaultdict(list)
        self._problems_of: dict[Any, list[Problem]] = collections.defaultdict(list)
        for annotation in annotations:
            self._add(annotation)

    def annotations(self) -> list[tuple[str, RawAnnotation]]:
        """The name of each image with its annotation; none for a background image."""
        return [
            (
                image["file_name"],
                RawAnnotation(
                    objects=tuple(self._objects.get(key, ())),
                    problems=tuple(self._problems_of.get(key, ())),
                    width=_size(image.get("width")),
                    height=_size(image.get("height")),
                    subpixel=True,
                    path=image["file_name"],
                ),
            )
            for key, image in self._images.items()
        ]

    def _names_by_id(self, categories: Sequence[Any]) -> dict[Any, str]:
        """Raises UserError if a number could mean several classes."""
        names: dict[Any, str] = {}
        for category in categories:
            key, name = _key(category, "id"), category.get("name") if isinstance(category, dict) else None
            if key is None or not isinstance(name, str) or not text_file.is_text(name):
                raise self._unusable(
                    "a category lacks its id or its name", '{"id": 1, "name": "cat"}', _shown(category)
                )
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
                        _shown(image),
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
                    _shown(annotation),
                )
            )
        elif key not in self._images:
            name = f"annotation {_shown(annotation.get('id'))}"
            self.problems.append(
                self._problem(
                    "unknown_image", f"{name} is of an image that isn't listed", "an id in `images`", _shown(key)
                )
            )
        else:
            result = self._object(annotation)
            if isinstance(result, Problem):
                self._problems_of[key].append(result)
            else:
                self._objects[key].append(result)

    def _object(self, annotation: dict[str, Any]) -> RawObject | Problem:
        named = f"annotation {_shown(annotation.get('id'))}"
        category = _key(annotation, "category_id")
        if category not in self._class_names:
            ids = ", ".join(f"{key} ({name})" for key, name in list(self._class_names.items())[:_SHOWN])
            found = _shown(annotation.get("category_id"))
            return self._problem("unknown_class", f"{named} has a category that isn't listed", f"one of {ids}", found)
        if not self._class_names[category].strip():
            return self._problem("no_class_name", f"{named} has a category without a name", "a name", None)
        box = annotation.get("bbox")
        if not isinstance(box, list) or len(box) != 4:
            return self._problem("incomplete_box", f"{named} has no box", '"bbox": [x, y, width, height]', _shown(box))
        if not all(map(_is_number, box)):
            return self._problem("bad_number", f"{named} has a box of other than numbers", "pixels", _shown(box))
        x, y, width, height = map(float, box)
        return RawObject(
            self._class_names[category], x, y, x + width, y + height, difficult=annotation.get("iscrowd") in (1, "1")
        )

    def _problem(self, kind: str, message: str, expected: str | None, found: str | None) -> Problem:
        fix = "correct the file, or export it again"
        return Problem(kind, self._path, message, expected=expected, found=found, fix=fix)

    def _unusable(self, message: str, expected: str, found: str) -> UserError:
        return UserError(
            message, file=self._path, expected=expected, found=found, fix="correct the file, or export it again"
        )


def _looks_like_coco(path: str) -> bool:
    """By two of the three lists; by one list and its items' keys if the file's end wasn't read."""
    try:
        head = text_file.decoded(storage.read_head(path, _HEAD_BYTES))
    except OSError:
        return False
    starts = set(_LIST_STARTS.findall(head))
    if len(starts) > 1:
        return True
    is_whole = len(head) < _HEAD_BYTES // 2 and head.rstrip().endswith("}")
    return not is_whole and any(key in _ITEM_OF and _ITEM_OF[key] in head for key in starts)


def _parsed(path: str) -> dict[str, Any]:
    """Raises UserError if the file isn't usable JSON."""
    expected, fix = "a whole COCO file", "export it again from the labelling tool"
    try:
        content = json.loads(text_file.read_text(path), object_hook=_without_unused)
    except OSError as e:
        found = reason(e)
        raise UserError("can't read this JSON file", file=path, found=found, fix="check its permissions") from e
    except json.JSONDecodeError as e:
        raise UserError(
            "this file isn't well-formed JSON", file=path, line=e.lineno, expected=expected, found=e.msg, fix=fix
        ) from e
    except (RecursionError, ValueError) as e:  # ValueError: an integer of more digits than Python takes.
        found = "lists within lists, too deep to be read" if isinstance(e, RecursionError) else str(e)
        raise UserError("this JSON file can't be read", file=path, expected=expected, found=found, fix=fix) from e
    if not isinstance(content, dict):
        raise UserError("this file isn't COCO", file=path, expected="{...}", found=_shown(content), fix=fix)
    return content


def _without_unused(item: dict[str, Any]) -> dict[str, Any]:
    for key in _UNUSED:
        item.pop(key, None)
    return item


def _list(content: dict[str, Any], key: str, path: str) -> list[Any]:
    value = content.get(key)
    if not isinstance(value, list):
        raise UserError(
            f"this COCO file has no list of {key}",
            file=path,
            expected=f'"{key}": [...]',
            found="nothing" if value is None else _shown(value),
            fix="export it again from the labelling tool, with boxes",
        )
    return value


def _key(item: Any, name: str) -> Any:
    """An item's id; None if it has no valid one."""
    value = item.get(name) if isinstance(item, dict) else None
    return value if isinstance(value, (int, float, str)) and not isinstance(value, bool) else None


def _is_number(value: Any) -> bool:
    """Whether it can be a side of a box: Python's JSON allows NaN, and integers beyond floats."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e9 and math.isfinite(value)


def _size(value: Any) -> int:
    """A side of the image; 0 if it isn't a valid one."""
    return int(value) if _is_number(value) and value > 0 else 0


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 100 else text[:100] + " ..."
