"""Reading one Pascal VOC annotation, as LabelImg, CVAT and the VOC devkit write it.

Expat is driven directly: it's the fastest parser at hand, knows the line of every element, and never resolves anything
by itself. Entity declarations are refused, which rules out entity bombs and files read through external entities.
"""

from __future__ import annotations

import math
from typing import NoReturn
from xml.parsers import expat

from components.dataset.problems import DataProblem, Problem
from components.dataset.source import RawAnnotation, RawObject

_SIDES = ("xmin", "ymin", "xmax", "ymax")
_CLASS = "object/name"
"""Its text is kept as it stands: stray spaces are a fault that is told."""
_LONGEST_TEXT = 4096
_TEXT_OF = frozenset(
    ["filename", "path", "size/width", "size/height", _CLASS, "object/difficult", "object/truncated"]
    + [f"object/bndbox/{side}" for side in _SIDES]
)


def parse(content: bytes, file: str) -> RawAnnotation:
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
                found=expat.errors.messages.get(e.code, str(e)),
                mend="save the annotation again from the labelling tool, or remove the file",
            )
        ) from e
    except (LookupError, ValueError) as e:  # The declared encoding is unknown to expat and to Python.
        raise DataProblem(
            Problem(
                "unparsable_xml", file, "the annotation can't be decoded", line=1, found=str(e), mend="save it as UTF-8"
            )
        ) from e
    return parser.annotation()


class _Parser:
    """Collects the few texts that a detector needs, by their path below the root element."""

    def __init__(self, file: str):
        self.file = file
        self.expat = expat.ParserCreate()
        self.expat.buffer_text = True
        self.expat.StartElementHandler = self._start
        self.expat.EndElementHandler = self._end
        self.expat.CharacterDataHandler = self._characters
        self.expat.EntityDeclHandler = self._refuse_entity
        self._path: list[str] = []
        self._here = ""
        self._text = ""
        self._texts: dict[str, str] = {}
        self._lines: dict[str, int] = {}
        self._objects: list[RawObject] = []
        self._problems: list[Problem] = []

    def annotation(self) -> RawAnnotation:
        name = self._texts.get("filename", "").replace("\\", "/").rsplit("/", 1)[-1]
        return RawAnnotation(
            objects=tuple(self._objects),
            problems=tuple(self._problems),
            width=_size(self._texts.get("size/width", "")),
            height=_size(self._texts.get("size/height", "")),
            size_line=self._lines.get("size/width", 1),
            filename=name,
            filename_line=self._lines.get("filename", 1),
            path=self._texts.get("path", ""),
            path_line=self._lines.get("path", 1),
        )

    def _start(self, tag: str, _attributes: dict[str, str]) -> None:
        if not self._path and tag != "annotation":
            self._fail(
                "not_voc", "this XML file isn't a Pascal VOC annotation", "<annotation> ... </annotation>", f"<{tag}>"
            )
        self._path.append(tag)
        self._here = "/".join(self._path[1:4])
        self._text = ""
        if len(self._path) <= 4:
            self._lines[self._here] = self.expat.CurrentLineNumber
        if self._here == "object" and len(self._path) == 2:
            self._forget_object()

    def _characters(self, text: str) -> None:
        if self._here in _TEXT_OF and len(self._text) < _LONGEST_TEXT:
            self._text += text

    def _end(self, _tag: str) -> None:
        if self._here in _TEXT_OF and len(self._path) <= 4:
            self._texts[self._here] = self._text if self._here == _CLASS else self._text.strip()
        if self._here == "object" and len(self._path) == 2:
            self._finish_object()
        self._path.pop()
        self._here = "/".join(self._path[1:4])
        self._text = ""

    def _forget_object(self) -> None:
        for texts in (self._texts, self._lines):
            for key in [key for key in texts if key.startswith("object/")]:
                del texts[key]  # type: ignore[attr-defined]

    def _finish_object(self) -> None:
        name = self._texts.get(_CLASS, "")
        if not name.strip():
            self._note("no_class_name", "an object has no class name", "object", "<name>the class</name>", None)
            return
        corners = {side: self._corner(name, side) for side in _SIDES}
        if None in corners.values():
            return
        self._objects.append(
            RawObject(
                class_name=name,
                difficult=_flag(self._texts.get("object/difficult", "")),
                truncated=_flag(self._texts.get("object/truncated", "")),
                line=self._lines.get("object/bndbox", self._lines["object"]),
                name_line=self._lines[_CLASS],
                **{side: corner for side, corner in corners.items() if corner is not None},
            )
        )

    def _corner(self, class_name: str, side: str) -> float | None:
        name = class_name.strip()
        key = f"object/bndbox/{side}"
        if key not in self._texts:
            self._note(
                "incomplete_box",
                f"an object ({name}) has no <{side}> in its <bndbox>",
                "object",
                f"<{side}>...</{side}>",
                None,
            )
            return None
        try:
            value = float(self._texts[key])
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            self._note(
                "bad_number", f"a corner of a box ({name}) isn't a number", key, f"<{side}> in pixels", self._texts[key]
            )
            return None
        return value

    def _note(self, kind: str, message: str, at: str, expected: str, found: str | None) -> None:
        mend = "correct it in the labelling tool, or remove the object"
        line = self._lines.get(at)
        self._problems.append(Problem(kind, self.file, message, line=line, expected=expected, found=found, mend=mend))

    def _refuse_entity(self, name: str, *_: object) -> NoReturn:
        self._fail(
            "entity", "the annotation declares an entity, which is refused", "plain XML", f"<!ENTITY {name} ...>"
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
                mend="remove the file from the data set, or save the annotation again from the labelling tool",
            )
        )


def _size(text: str) -> int:
    """A side of `<size>`; 0 for anything that isn't one (some tools leave it empty or write 0)."""
    try:
        value = float(text)
    except ValueError:
        return 0
    return int(value) if 0 < value < 1e9 else 0


def _flag(text: str) -> bool:
    return text.lower() in ("1", "true", "yes")
