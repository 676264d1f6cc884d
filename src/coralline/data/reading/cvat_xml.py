"""CVAT's own XML (docs.cvat.ai/docs/dataset_management/formats/xml_format): one file for all images of a task.

"CVAT for images" lists images with their shapes; "CVAT for video" lists tracks (`cvat_tracks`). In the export of a
project an image also says its subset. Images are shown upright while they are annotated, and have that size.
"""

from __future__ import annotations

import collections
import os

from lxml import etree

from coralline.data.judging.problems import DataProblem, Problem
from coralline.data.reading import xml_elements
from coralline.data.reading.cvat_shapes import read_shape
from coralline.data.reading.cvat_tracks import EXPORT_IMAGES, frame_of, last_frame, read_tracks
from coralline.data.reading.folder import Folder, part_of_word
from coralline.data.reading.json_file import Unread
from coralline.data.reading.named_images import NamedAnnotation, layout_of_files
from coralline.data.reading.raw_annotation import Layout, RawAnnotation, RawObject
from coralline.data.reading.xml_elements import name_of
from coralline.data.records.label_map import LabelMap
from coralline.foundation import storage
from coralline.foundation.errors import UserError, reason
from coralline.foundation.progress import counted

ROOT = "annotations"
KNOWN = {
    "annotations": {"version", "meta", "image", "track"},
    "image": {"id", "name", "width", "height", "task_id", "subset"},
}
"""The elements of the first, and the attributes of the second, that are read or say nothing a detector needs."""
_MOST_BYTES = 1 << 30
_FIX = 'export the task again from CVAT, as "CVAT for images 1.1"'


def what_is_there(folder: Folder) -> str:
    """The annotations of this kind, in words; empty when there are none."""
    count = len(files(folder))
    return f"{counted(count, 'XML file')} of CVAT" if count else ""


def files(folder: Folder) -> tuple[str, ...]:
    """XML files that are CVAT's by their outermost element."""
    return tuple(name for name, root in folder.xml_roots.items() if root == ROOT)


def find(folder: Folder, _given: LabelMap | None = None) -> Layout:
    """Every image that the files list, with its boxes.

    Raises:
      UserError: a file can't be used at all.
    """
    return layout_of_files(folder, "CVAT", {name: _File(folder, name) for name in files(folder)})


class _File:
    """One file: its images with their boxes, and the problems."""

    def __init__(self, folder: Folder, name: str):
        self._folder, self._path = folder, folder.path(name)
        self.images: list[NamedAnnotation] = []
        self.problems: list[Problem] = []
        unread = Unread(self._path)
        root = _parsed(self._path)
        for element in root:
            if name_of(element) == "image":
                self._add_image(element, unread)
            elif name_of(element) not in KNOWN["annotations"]:
                unread.add(f"<{name_of(element)}>")
        if root.find("{*}track") is not None:
            self._add_frames(root, unread)
        self.problems += unread.problems()

    def _add_image(self, element: etree._Element, unread: Unread) -> None:
        for key in set(element.attrib) - KNOWN["image"]:
            unread.add(f"`{key}` of <image>")
        results = [read_shape(shape, None, self._path, unread) for shape in element]
        name, line = element.get("name", "").strip(), element.sourceline
        if not name:
            self.problems.append(
                Problem(
                    "unparsable_line",
                    self._path,
                    "an <image> has no name",
                    line=line,
                    expected='<image name="a.jpg" ...>',
                    fix=_FIX,
                )
            )
            return
        annotation = RawAnnotation(
            objects=tuple(result for result in results if isinstance(result, RawObject)),
            problems=tuple(result for result in results if isinstance(result, Problem)),
            width=_side(element.get("width", "")),
            height=_side(element.get("height", "")),
            size_line=line,
            subpixel=True,
            path=name,
            path_line=line,
        )
        self.images.append(NamedAnnotation(name, annotation, line, part_of_word(element.get("subset", ""))))

    def _add_frames(self, root: etree._Element, unread: Unread) -> None:
        """Images of frames without a box are background images, as far as the task goes."""
        stems = [os.path.splitext(image.rpartition("/")[2])[0] for image in self._folder.images]
        there = collections.defaultdict(list)
        for stem in stems:
            if (frame := frame_of(stem)) is not None:
                there[frame].append(stem)
        if not there:
            raise UserError(
                'this file is "CVAT for video", and no image is named like a frame of it',
                file=self._path,
                expected="frame_000000.png, frame_000001.png ...",
                found=", ".join(self._folder.images[:3]) or "no image",
                fix=f"{EXPORT_IMAGES}, or export it with its images",
            )
        objects, problems = read_tracks(root, self._path, unread)
        last = max([last_frame(root), *objects, *problems])
        for frame in sorted({*objects, *problems, *(frame for frame in there if frame <= last)}):
            name = next(iter(there.get(frame, ())), f"frame_{frame:06d}")
            annotation = RawAnnotation(
                tuple(objects.get(frame, ())), tuple(problems.get(frame, ())), *self._size(root), subpixel=True
            )
            self.images.append(NamedAnnotation(name, annotation))

    def _size(self, root: etree._Element) -> tuple[int, int]:
        """That of the video, if the file says it."""
        size = root.find("{*}meta//{*}original_size")
        sides = {} if size is None else xml_elements.by_name(size)
        width, height = (xml_elements.text_of(sides.get(s, [None])[0]) for s in ("width", "height"))
        return _side(width), _side(height)


def _parsed(path: str) -> etree._Element:
    """Raises UserError if the file can't be used."""
    try:
        return xml_elements.parsed_xml(storage.read_bytes(path, _MOST_BYTES), path, ROOT)
    except OSError as e:
        raise UserError("can't read this XML file", file=path, found=reason(e), fix="check its permissions") from e
    except DataProblem as e:
        problem = e.problem
        raise UserError(
            problem.message, file=path, line=problem.line, expected=problem.expected, found=problem.found, fix=_FIX
        ) from e


def _side(text: str) -> int:
    """A side of an image in pixels; 0 if it isn't a valid one."""
    value = xml_elements.number(text) or 0
    return int(value) if 0 < value < 1e9 else 0
