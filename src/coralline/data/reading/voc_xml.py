"""Reading one Pascal VOC annotation, as LabelImg, CVAT and the VOC devkit write it."""

from __future__ import annotations

from lxml import etree

from coralline.data.judging.problems import DataProblem, Problem
from coralline.data.reading.raw_annotation import RawAnnotation
from coralline.data.reading.voc_object import VocObjects
from coralline.data.reading.xml_elements import EMPTY, by_name, name_of, number, parsed_xml, text_of, unread_elements

KNOWN_ELEMENTS = {
    "annotation": {"filename", "path", "size", "object", "folder", "source", "owner", "segmented"},
    "size": {"width", "height", "depth"},
}
"""Those that are read, and those that say nothing a detector needs."""

_OTHER_FORMATS = {
    "annotations": "it looks like CVAT's own format: set data.reader to cvat",
}
"""By the first element of other XML formats."""


def parse_voc_xml(content: bytes, file: str) -> RawAnnotation:
    """Reads an annotation.

    Args:
      content: the file's bytes.
      file: its name, for messages.

    Raises:
      DataProblem: it isn't XML, isn't a VOC annotation, or declares entities.
    """
    root = parsed_xml(content, file, "annotation")
    if name_of(root) != "annotation":
        raise _refused(
            "not_voc",
            "this XML file isn't a Pascal VOC annotation",
            "<annotation> ... </annotation>",
            f"<{name_of(root)}>",
            file,
            root.sourceline,
            _OTHER_FORMATS.get(name_of(root)),
        )
    children = by_name(root)
    filename, path, size = (children.get(name, EMPTY)[0] for name in ("filename", "path", "size"))
    sides = {} if size is None else by_name(size)
    objects = VocObjects(file)
    for element in children.get("object", ()):
        objects.read(element)
    unread = unread_elements(file, root, KNOWN_ELEMENTS["annotation"], children)
    if size is not None:
        unread += unread_elements(file, size, KNOWN_ELEMENTS["size"], sides)
    return RawAnnotation(
        objects=tuple(objects.found),
        problems=(*objects.problems, *unread),
        width=_size(sides.get("width", EMPTY)[0]),
        height=_size(sides.get("height", EMPTY)[0]),
        size_line=_line(sides.get("width", EMPTY)[0]),
        filename=text_of(filename).replace("\\", "/").rsplit("/", 1)[-1],
        filename_line=_line(filename),
        path=text_of(path),
        path_line=_line(path),
    )


def _refused(
    kind: str, message: str, expected: str, found: str, file: str, line: int | None, fix: str | None = None
) -> DataProblem:
    fix = fix or "remove the file from the data set, or save the annotation again from the labelling tool"
    return DataProblem(Problem(kind, file, message, line=line, expected=expected, found=found, fix=fix))


def _line(element: etree._Element | None) -> int:
    return 1 if element is None else element.sourceline or 1


def _size(element: etree._Element | None) -> int:
    """A side of `<size>`; 0 if it isn't a valid one (some tools leave it empty or write 0)."""
    value = number(text_of(element)) or 0
    return int(value) if 0 < value < 1e9 else 0
