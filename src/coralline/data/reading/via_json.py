"""The JSON of VIA: projects of version 2 and 3, and the export of version 1 and 2. See `via_files`."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from coralline.data.judging.problems import Problem
from coralline.data.reading import json_file
from coralline.data.reading.json_file import Unread, WrongItemError, shown
from coralline.data.reading.named_images import NamedAnnotation
from coralline.data.reading.raw_annotation import RawAnnotation, RawObject
from coralline.data.reading.via_regions import class_attribute, read_region, shape_of_version_3
from coralline.foundation.errors import UserError

KNOWN_KEYS = {
    "an image": {"filename", "size", "regions", "file_attributes", "fileref", "base64_img_data"},
    "a region": {"shape_attributes", "region_attributes"},
    "metadata": {"vid", "flg", "z", "xy", "av"},
}
"""Those that are read, and those that say nothing a detector needs."""
_FIX = "correct the file, or save the annotations again in VIA"
_IMAGE_TYPE = 2
"""Of files: `_VIA_FILE_TYPE` of via-3.x.y/src/js/_via_file.js."""


@dataclasses.dataclass
class ViaFile:
    """What is in a file: its images, and problems that concern none of them."""

    images: list[NamedAnnotation]
    problems: list[Problem]

    @property
    def objects(self) -> dict[str, set[tuple[Any, ...]]]:
        """The classes and corners in each image, to compare files."""
        return {of.said: {(o.class_name, *o.xmin_ymin_xmax_ymax) for o in of.boxes.objects} for of in self.images}


def read_via_json(path: str) -> ViaFile:
    """A JSON file.

    Raises:
      UserError: it can't be used at all.
    """
    content = json_file.parsed_json(path, "a whole VIA file", fix="save the annotations again in VIA")
    if not isinstance(content, dict):
        raise _unusable(path, "{...}", content)
    reader = _Reader(path)
    if "project" in content and "view" in content:
        reader.read_version_3(content)
    else:
        reader.read_version_2(content)
    return reader.result()


class _Reader:
    def __init__(self, path: str):
        self._path, self._unread = path, Unread(path)
        self._images: list[NamedAnnotation] = []
        self._problems: list[Problem] = []

    def result(self) -> ViaFile:
        return ViaFile(self._images, self._problems + self._unread.problems())

    def read_version_2(self, content: dict[str, Any]) -> None:
        is_project = "_via_img_metadata" in content or "_via_settings" in content
        images = content.get("_via_img_metadata") if is_project else content
        if not isinstance(images, dict):
            raise _unusable(self._path, '"_via_img_metadata": {...}', images)
        options = _options(content.get("_via_attributes"))
        regions_of = {key: self._regions(key, image) for key, image in images.items()}
        attributes = [_attributes(region) for regions in regions_of.values() for region in regions]
        name_of_class = class_attribute(attributes, self._path)
        names = options.get(name_of_class or "", {})
        for key, image in images.items():
            said = image.get("filename") if isinstance(image, dict) else None
            if not isinstance(said, str) or not said.strip():
                self._note(WrongItemError("unparsable_line", f"image {key[:100]} has no file name", "filename", image))
                continue
            self._unread.keys("an image", image, KNOWN_KEYS["an image"])
            pairs = [
                (region.get("shape_attributes"), region.get("region_attributes"))
                if isinstance(region, dict)
                else (region, None)
                for region in regions_of[key]
            ]
            for region in regions_of[key]:
                if isinstance(region, dict):
                    self._unread.keys("a region", region, KNOWN_KEYS["a region"])
            self._add(said, pairs, name_of_class, names)

    def read_version_3(self, content: dict[str, Any]) -> None:
        files, views, metadata = (content.get(key) for key in ("file", "view", "metadata"))
        if not (isinstance(files, dict) and isinstance(views, dict) and isinstance(metadata, dict)):
            raise _unusable(self._path, '"file", "view" and "metadata" with an object each', None)
        said_of = {view: self._file_of(of, files) for view, of in views.items()}
        regions_of: dict[str, list[tuple[Any, Any]]] = {view: [] for view, said in said_of.items() if said}
        for key, item in metadata.items():
            view = str(item.get("vid")) if isinstance(item, dict) else None
            if view not in regions_of:
                self._unread.add("what is said of anything but one image")
            elif not item.get("xy"):
                self._unread.add("what is said of a whole image")
            else:
                self._unread.keys("metadata", item, KNOWN_KEYS["metadata"])
                regions_of[view].append((self._shape(item["xy"], f"region {key[:100]}"), item.get("av")))
        attributes = (av for regions in regions_of.values() for shape, av in regions if shape is not None)
        name_of_class = self._class_of_version_3(content.get("attribute"), attributes)
        names = _options_3(content.get("attribute")).get(name_of_class or "", {})
        for view, regions in regions_of.items():
            self._add(said_of[view], [pair for pair in regions if pair[0] is not None], name_of_class, names)

    def _class_of_version_3(self, said: Any, attributes: Iterator[Any]) -> str | None:
        """The key of the attribute that is the class; keys are numbers, which have names."""
        titles = (
            {key: of.get("aname") for key, of in said.items() if isinstance(of, dict)} if isinstance(said, dict) else {}
        )
        key_of = {str(titles.get(key) or key): key for key in titles}
        named = [
            {str(titles.get(key) or key): value for key, value in av.items()}
            for av in attributes
            if isinstance(av, dict)
        ]
        title = class_attribute(named, self._path)
        return None if title is None else key_of.get(title, title)

    def _file_of(self, view: Any, files: Mapping[str, Any]) -> str:
        """The only image of a view; empty for others."""
        ids = view.get("fid_list") if isinstance(view, dict) else None
        file = files.get(str(ids[0])) if isinstance(ids, list) and len(ids) == 1 else None
        if not isinstance(file, dict) or file.get("type") != _IMAGE_TYPE:
            return ""
        said = file.get("fname") or file.get("src")
        return said if isinstance(said, str) else ""

    def _shape(self, xy: Any, named: str) -> dict[str, Any] | None:
        try:
            return shape_of_version_3(xy, named)
        except WrongItemError as e:
            self._note(e)
            return None

    def _add(
        self, said: str, regions: list[tuple[Any, Any]], name_of_class: str | None, options: Mapping[str, str]
    ) -> None:
        objects: list[RawObject] = []
        problems = []
        for number, (shape, attributes) in enumerate(regions, start=1):
            try:
                found = read_region(shape, attributes, name_of_class, f"region {number}", self._unread)
            except WrongItemError as e:
                problems.append(e.problem(self._path, fix=_FIX))
                continue
            if found:
                objects.append(dataclasses.replace(found, class_name=options.get(found.class_name, found.class_name)))
        annotation = RawAnnotation(tuple(objects), tuple(problems), box_format="xywh", subpixel=True, path=said)
        self._images.append(NamedAnnotation(said, annotation))

    def _regions(self, key: str, image: Any) -> list[Any]:
        """Version 1 has an object of them by number."""
        regions = image.get("regions", []) if isinstance(image, dict) else []
        if isinstance(regions, dict):
            return list(regions.values())
        if not isinstance(regions, list):
            message = f"the regions of image {key[:100]} can't be read"
            self._note(WrongItemError("unparsable_line", message, '"regions": [...]', regions))
            return []
        return regions

    def _note(self, error: WrongItemError) -> None:
        self._problems.append(error.problem(self._path, fix=_FIX))


def _attributes(region: Any) -> Any:
    return region.get("region_attributes") if isinstance(region, dict) else None


def _options(attributes: Any) -> dict[str, dict[str, str]]:
    """What the options of each attribute of version 2 are called, where their ids are mere numbers."""
    of_regions = attributes.get("region") if isinstance(attributes, dict) else None
    found = {}
    for name, attribute in of_regions.items() if isinstance(of_regions, dict) else ():
        options = attribute.get("options") if isinstance(attribute, dict) else None
        if isinstance(options, dict) and options and all(key.strip().isdecimal() for key in options):
            found[name] = {key: text for key, text in options.items() if isinstance(text, str) and text.strip()}
    return found


def _options_3(attributes: Any) -> dict[str, dict[str, str]]:
    """What the options of each attribute of version 3 are called."""
    found = {}
    for key, attribute in attributes.items() if isinstance(attributes, dict) else ():
        options = attribute.get("options") if isinstance(attribute, dict) else None
        if isinstance(options, dict):
            found[key] = {key: text for key, text in options.items() if isinstance(text, str) and text.strip()}
    return found


def _unusable(path: str, expected: str, found: Any) -> UserError:
    found = None if found is None else shown(found)
    return UserError("this file isn't of VIA", file=path, expected=expected, found=found, fix=_FIX)
