"""What an XML annotation says, element by element.

lxml parses it: with all that is looked at, 33 microseconds for a file of LabelImg's, where expat with handlers in
Python took 42. It knows the line of every element, and resolves nothing by itself. Declarations are refused, which
rules out entity bombs and files read through external entities; so are entities that are declared elsewhere, without
which a text would end before them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence

from lxml import etree

from coralline.data.judging.problems import DataProblem, Problem, unread
from coralline.foundation import storage, text_file

EMPTY: tuple[None] = (None,)
"""In place of the elements of a name that isn't there."""
_LONGEST_TEXT = 4096
"""What is beyond is cut off: no path, class or number is as long."""

_HEAD_BYTES = 4096
_ROOT = re.compile(r"<([A-Za-z_][\w.:-]*)")
_BEFORE_ROOT = re.compile(r"<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\])?\s*>", re.DOTALL)
_PLACE = re.compile(r"\s*, line \d+, column \d+.*$", re.DOTALL)
_CUT_OFF = ("Premature end", "Document is empty", "Couldn't find end of Start Tag")
_LIMITS = {
    "Excessive depth": "elements within elements, too deep to be read",
    "XML_PARSE_HUGE": "a text of more than 10 MB",
}
"""What libxml2 takes at most, by words of its messages."""
_DECLARATIONS = re.compile(r"""<!DOCTYPE(?:[^>\["']|"[^"]*"|'[^']*')*\[""")


def root_of(path: str) -> str:
    """The name of a file's outermost element, by its beginning; empty if it isn't there or can't be read."""
    try:
        head = text_file.decoded(storage.read_head(path, _HEAD_BYTES))
    except OSError:
        return ""
    root = _ROOT.match(_BEFORE_ROOT.sub("", head).lstrip())
    return root[1].rpartition(":")[2] if root else ""


def parsed_xml(content: bytes, file: str, name: str) -> etree._Element:
    """The outermost element of an XML file.

    Args:
      content: the file's bytes.
      file: its name, for messages.
      name: of the element that it should be, for messages.

    Raises:
      DataProblem: it isn't XML, or declares or uses entities.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as e:
        raise DataProblem(
            Problem(
                "unparsable_xml",
                file,
                "the annotation isn't well-formed XML",
                line=e.lineno or 1,
                expected=f"a complete <{name}> ... </{name}>",
                found=_what_is_wrong(e, content),
                fix="save the annotation again from the labelling tool, or remove the file",
            )
        ) from e
    if _has_declarations(root, content):
        raise DataProblem(
            Problem(
                "entity",
                file,
                "the annotation relies on declarations (entities and the like), which are refused",
                line=1,
                expected="plain XML",
                found="<!DOCTYPE ...> with such declarations, or for them",
                fix="remove the file from the data set, or save the annotation again from the labelling tool",
            )
        )
    return root


def _what_is_wrong(error: etree.XMLSyntaxError, content: bytes) -> str:
    if not content.strip():
        return "an empty file"
    message = _PLACE.sub("", error.msg or "")
    if message.startswith(_CUT_OFF):
        return "it ends too early"
    for words, limit in _LIMITS.items():
        if words in message:
            return limit
    return message or "it can't be parsed"


def _has_declarations(root: etree._Element, content: bytes) -> bool:
    """Declared entities and default values make a small file large, or bring in other files.

    They are looked for in the file's own text: lxml writes a document type out only if it has the root's name. In an
    encoding that hides the text, entities show, declared or used.
    """
    types = root.getroottree().docinfo.internalDTD
    if types is None:
        return False
    if _DECLARATIONS.search(text_file.decoded(content)) or any(True for _ in types.iterentities()):
        return True
    return any(True for _ in root.iter(etree.Entity))


def name_of(element: etree._Element) -> str:
    """The element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def by_name(element: etree._Element) -> dict[str, list[etree._Element]]:
    """Its child elements by name, in their order."""
    children: dict[str, list[etree._Element]] = {}
    for child in element:
        tag = child.tag
        if isinstance(tag, str):  # not an entity that wasn't resolved
            children.setdefault(tag.rpartition("}")[2], []).append(child)
    return children


def text_of(element: etree._Element | None) -> str:
    """Its text before any child, without spaces around it; empty without an element."""
    return "" if element is None or not element.text else element.text[:_LONGEST_TEXT].strip()


def number(text: str) -> float | None:
    """None if it isn't a finite number."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def is_set(text: str) -> bool:
    """Whether a flag says yes."""
    return text.lower() in ("1", "true", "yes")


def unread_elements(
    file: str, parent: etree._Element, known: Collection[str], children: Mapping[str, Sequence[etree._Element]]
) -> list[Problem]:
    """One problem for each name among the children that isn't known."""
    return [
        unread(file, f"<{name}> in <{name_of(parent)}>", line=elements[0].sourceline)
        for name, elements in children.items()
        if name not in known
    ]
