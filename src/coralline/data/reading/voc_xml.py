"""Reading one Pascal VOC annotation, as LabelImg, CVAT and the VOC devkit write it.

Expat is used directly: it's the fastest parser available, knows the line of every element, and never resolves anything
by itself. Entity declarations are refused, which rules out entity bombs and files read through external entities.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import NamedTuple, NoReturn
from xml.parsers import expat

from coralline.data.judging.problems import DataProblem, Problem
from coralline.data.reading.raw_annotation import RawAnnotation, RawObject
from coralline.foundation.errors import reason

_SIDES = ("xmin", "ymin", "xmax", "ymax")
_CUT_OFF = frozenset(
    expat.errors.codes[message]
    for message in (expat.errors.XML_ERROR_NO_ELEMENTS, expat.errors.XML_ERROR_UNCLOSED_TOKEN)
)
_LONGEST_TEXT = 4096
"""What is beyond is cut off: no path, class or number is as long."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Element:
    """An element that is read; one without children is read for its text."""

    name: str
    children: Mapping[str, _Element] = dataclasses.field(default_factory=dict)


def _element(name: str, *children: _Element | str) -> _Element:
    elements = (_Element(child) if isinstance(child, str) else child for child in children)
    return _Element(name, {element.name: element for element in elements})


_OBJECT = _element("object", "name", "difficult", "truncated", _element("bndbox", *_SIDES))
_ANNOTATION = _element("annotation", "filename", "path", _element("size", "width", "height"), _OBJECT)
_DOCUMENT = _element("", _ANNOTATION)
_OTHER = _Element("")
"""Any element that isn't looked at, and all that is in it (such as the parts of a person, which have boxes too)."""


def parse_voc_xml(content: bytes, file: str) -> RawAnnotation:
    """Reads an annotation.

    Args:
      content: the file's bytes.
      file: its name, for messages.

    Raises:
      DataProblem: it isn't XML, isn't a VOC annotation, or declares entities.
    """
    parser = _Parser(file)
    try:
        parser.expat.Parse(content, True)
    except expat.ExpatError as e:
        raise DataProblem(
            Problem(
                "unparsable_xml",
                file,
                "the annotation isn't well-formed XML",
                line=e.lineno,
                expected="a complete <annotation> ... </annotation>",
                found=_what_is_wrong(e, content),
                fix="save the annotation again from the labelling tool, or remove the file",
            )
        ) from e
    except (LookupError, ValueError) as e:  # The declared encoding is unknown to expat and to Python.
        raise DataProblem(
            Problem(
                "unparsable_xml",
                file,
                "the annotation can't be decoded",
                line=1,
                found=reason(e),
                fix="save it as UTF-8",
            )
        ) from e
    return parser.annotation()


def _what_is_wrong(error: expat.ExpatError, content: bytes) -> str:
    if not content.strip():
        return "an empty file"
    if error.code in _CUT_OFF:
        return "it ends too early"
    return expat.errors.messages.get(error.code, str(error))


class _Text(NamedTuple):
    """An element's text (empty if it has children), and its line."""

    text: str
    line: int


_NOTHING = _Text("", 1)


class _Parser:
    """Collects the few texts that a detector needs."""

    def __init__(self, file: str):
        self.file = file
        self.expat = expat.ParserCreate()
        self.expat.buffer_text = True
        self.expat.ordered_attributes = True  # A list, which costs less; nothing looks at it.
        self.expat.StartElementHandler = self._start
        self.expat.EndElementHandler = self._end
        self.expat.CharacterDataHandler = self._characters
        self.expat.StartDoctypeDeclHandler = self._refuse_declarations
        self._open = [_DOCUMENT]
        self._line = 1
        self._text = ""
        self._of_image: dict[str, _Text] = {}
        self._of_object: dict[str, _Text] = {}
        self._texts = self._of_image
        self._objects: list[RawObject] = []
        self._problems: list[Problem] = []

    def annotation(self) -> RawAnnotation:
        filename, path = (self._of_image.get(name, _NOTHING) for name in ("filename", "path"))
        width, height = (self._of_image.get(name, _NOTHING) for name in ("width", "height"))
        return RawAnnotation(
            objects=tuple(self._objects),
            problems=tuple(self._problems),
            width=_size(width.text),
            height=_size(height.text),
            size_line=width.line,
            filename=filename.text.strip().replace("\\", "/").rsplit("/", 1)[-1],
            filename_line=filename.line,
            path=path.text.strip(),
            path_line=path.line,
        )

    def _start(self, tag: str, _attributes: list[str]) -> None:
        element = self._open[-1].children.get(tag, _OTHER)
        if element is _OTHER and len(self._open) == 1:
            self._fail(
                "not_voc", "this XML file isn't a Pascal VOC annotation", "<annotation> ... </annotation>", f"<{tag}>"
            )
        self._open.append(element)
        self._text = ""
        if element is not _OTHER:
            self._line = self.expat.CurrentLineNumber
            if element is _OBJECT:
                self._texts = self._of_object = {}
            if element.children:
                self._texts[element.name] = _Text("", self._line)

    def _characters(self, text: str) -> None:
        element = self._open[-1]
        if element is not _OTHER and not element.children:
            self._text = (self._text + text)[:_LONGEST_TEXT]

    def _end(self, _tag: str) -> None:
        element = self._open.pop()
        if element is _OTHER:
            return
        if not element.children:
            self._texts[element.name] = _Text(self._text, self._line)
        elif element is _OBJECT:
            self._finish_object(self._of_object)
            self._texts = self._of_image

    def _finish_object(self, texts: Mapping[str, _Text]) -> None:
        name, line = texts.get("name", _NOTHING), texts["object"].line
        if not name.text.strip():
            self._note("no_class_name", "an object has no class name", line, "<name>the class</name>", None)
            return
        corners = self._corners(name.text.strip(), texts)
        if corners is None:
            return
        xmin, ymin, xmax, ymax = corners
        self._objects.append(
            RawObject(
                class_name=name.text,  # Unchanged: stray spaces are reported as a fault.
                xmin=xmin,
                ymin=ymin,
                xmax=xmax,
                ymax=ymax,
                difficult=_flag(texts.get("difficult", _NOTHING).text),
                truncated=_flag(texts.get("truncated", _NOTHING).text),
                line=texts["bndbox"].line,
                name_line=name.line,
            )
        )

    def _corners(self, class_name: str, texts: Mapping[str, _Text]) -> list[float] | None:
        """The corners of a box; None with one problem noted if they can't be read."""
        missing = ", ".join(f"<{side}>" for side in _SIDES if side not in texts)
        if missing:
            message = f"an object ({class_name}) has no {missing} in its <bndbox>"
            self._note("incomplete_box", message, texts["object"].line, "<xmin>, <ymin>, <xmax> and <ymax>", None)
            return None
        corners = []
        for side in _SIDES:
            said = texts[side]
            corner = _number(said.text)
            if corner is None:
                message = f"a corner of a box ({class_name}) isn't a number"
                self._note("bad_number", message, said.line, f"<{side}> in pixels", said.text.strip() or "nothing")
                return None
            corners.append(corner)
        return corners

    def _note(self, kind: str, message: str, line: int, expected: str, found: str | None) -> None:
        fix = "correct it in the labelling tool, or remove the object"
        self._problems.append(Problem(kind, self.file, message, line=line, expected=expected, found=found, fix=fix))

    def _refuse_declarations(self, name: str, _system: str | None, _public: str | None, has_declarations: bool) -> None:
        """Declared entities and default values make a small file large, or bring in other files."""
        if has_declarations:
            self._fail(
                "entity",
                "the annotation makes declarations (entities and the like), which are refused",
                "plain XML",
                f"<!DOCTYPE {name} [ ... ]>",
            )

    def _fail(self, kind: str, message: str, expected: str, found: str) -> NoReturn:
        raise DataProblem(
            Problem(
                kind,
                self.file,
                message,
                line=self.expat.CurrentLineNumber,
                expected=expected,
                found=found,
                fix="remove the file from the data set, or save the annotation again from the labelling tool",
            )
        )


def _number(text: str) -> float | None:
    """None if it isn't a finite number."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _size(text: str) -> int:
    """A side of `<size>`; 0 if it isn't a valid one (some tools leave it empty or write 0)."""
    value = _number(text) or 0
    return int(value) if 0 < value < 1e9 else 0


def _flag(text: str) -> bool:
    return text.strip().lower() in ("1", "true", "yes")
