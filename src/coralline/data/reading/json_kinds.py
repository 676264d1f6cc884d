"""Which kind of annotation a JSON file is, by its beginning: exactly one, or none.

A file is told by the keys at each depth of its first objects, not by its name: `annotations.json` may be anything.
"""

from __future__ import annotations

import collections
import re
from collections.abc import Callable, Set

from coralline.foundation import storage, text_file

_HEAD_BYTES = (1 << 12, 1 << 16)
"""So much is looked at; the rest only if the first bytes don't say."""
_TOKEN = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"(\s*:\s*(\[)?)?|[\[\]{}]', re.DOTALL)
_DEEPEST = 6


class Outline:
    """What the beginning of a JSON file looks like.

    Attributes:
      top: "{" or "[", or another character if it's neither.
      depth: of the outermost object, or of the first of a list of them.
      lists: keys of that object that hold a list.
      is_cut: whether the file goes on, or ends too early.
    """

    def __init__(self, head: str, *, is_cut: bool):
        self.is_cut = is_cut or not head.rstrip().endswith(("}", "]"))
        self.top = head.lstrip()[:1]
        self.depth = 2 if self.top == "[" else 1
        self.lists: set[str] = set()
        self._keys: dict[int, set[str]] = collections.defaultdict(set)
        depth = 0
        for token in _TOKEN.finditer(head):
            text = token[0]
            if token[2] is not None:
                if depth <= _DEEPEST:
                    self._keys[depth].add(token[1])
                if token[3]:
                    if depth == self.depth:
                        self.lists.add(token[1])
                    depth += 1
            elif text in ("{", "["):
                depth += 1
            elif text in ("}", "]"):
                depth -= 1

    def keys(self, depth: int) -> Set[str]:
        """Those at that depth, from 1; a list is a depth too."""
        return self._keys.get(depth, set())


def kind_of(path: str) -> str | None:
    """A key of `KINDS`; None for another file, or one that can't be read."""
    for size in _HEAD_BYTES:
        try:
            head = storage.read_head(path, size)
        except OSError:
            return None
        kind = kind_by_head(text_file.decoded(head), is_cut=len(head) == size)
        if kind or len(head) < size:
            return kind
    return None


def kind_by_head(head: str, *, is_cut: bool) -> str | None:
    """As `kind_of`, of the beginning of a file that may go on."""
    outline = Outline(head, is_cut=is_cut)
    return next((kind for kind, is_of_kind in KINDS.items() if is_of_kind(outline)), None)


def _is_coco(o: Outline) -> bool:
    """By two of the three lists; by one list and its items' keys if the file goes on."""
    lists = o.lists & {"images", "annotations", "categories"}
    of_items = o.keys(o.depth + 2)
    items = ("images" in lists and "file_name" in of_items) or ("annotations" in lists and "image_id" in of_items)
    return len(lists) > 1 or (o.is_cut and items)


def _is_labelme(o: Outline) -> bool:
    """`shapes` beside the image, or with labels and points; `imagePath` beside `imageData`, if shapes come later."""
    if o.top != "{":
        return False
    beside = o.keys(1) & {"imagePath", "imageData", "imageHeight"}
    return ("shapes" in o.lists and (bool(beside) or {"label", "points"} <= o.keys(3))) or len(beside) > 1


def _is_via(o: Outline) -> bool:
    """A project of VIA 2, its export (an object of images), or a project of VIA 3."""
    if o.top != "{":
        return False
    is_project = bool(o.keys(1) & {"_via_img_metadata", "_via_settings"})
    is_export = {"filename", "regions"} <= o.keys(2) and bool(o.keys(2) & {"size", "file_attributes", "fileref"})
    return is_project or is_export or is_via_3(o)


def is_via_3(o: Outline) -> bool:
    """Whether it is a project of VIA 3."""
    return "project" in o.keys(1) and "vid_list" in o.keys(2)


def _is_createml(o: Outline) -> bool:
    names = o.keys(2) & {"image", "imagefilename", "imageFilename", "filename"}
    lists = o.keys(2) & {"annotations", "annotation"}
    is_box = {"label", "coordinates"} <= o.keys(4)
    return o.top == "[" and bool(names) and bool(lists) and (is_box or (not o.keys(4) and "data" not in o.keys(2)))


def _is_label_studio(o: Outline) -> bool:
    """Tasks, in a list or one alone; or JSON-MIN, whose results have the image's size or their tag's labels."""
    of_task = o.keys(o.depth)
    tasks = of_task & {"annotations", "completions", "predictions"}
    if tasks and ("result" in o.keys(o.depth + 2) or {"data", "project"} <= of_task):
        return True
    is_task = bool(tasks) and "data" in of_task and not o.keys(o.depth + 2)
    labels = {"original_width", "rectanglelabels", "polygonlabels", "brushlabels", "ellipselabels"}
    return is_task or (o.top == "[" and bool(o.keys(4) & labels) and "annotations" not in o.keys(2))


def _has(top: str, depth: int, *keys: str) -> Callable[[Outline], bool]:
    return lambda o: o.top == top and set(keys) <= o.keys(depth)


KINDS: dict[str, Callable[[Outline], bool]] = {
    "coco": _is_coco,
    "via": _is_via,
    "label_studio": _is_label_studio,
    "createml": _is_createml,
    "datumaro": _has("{", 1, "categories", "items"),
    "cityscapes": _has("{", 1, "imgHeight", "imgWidth", "objects"),
    "supervisely": _has("{", 1, "objects", "size"),
    "vott asset": _has("{", 1, "asset", "regions"),
    "vott": _has("{", 1, "assets", "sourceConnection"),
    "labelbox": _has("{", 1, "data_row", "projects"),
    "labelbox list": _has("[", 2, "data_row", "projects"),
    "labelbox old": _has("[", 2, "Labeled Data", "Label"),
    "sagemaker": _has("{", 1, "source-ref"),
    "bdd100k": lambda o: o.top == "[" and {"name", "labels"} <= o.keys(2) and "category" in o.keys(4),
    "darwin": lambda o: o.top == "{" and "annotations" in o.keys(1) and bool({"item", "schema_ref"} & o.keys(1)),
    "coco results": _has("[", 2, "image_id", "category_id", "bbox"),
    "label studio storage": _has("{", 1, "result", "task"),
    "labelme": _is_labelme,
}
"""What a file of each kind has, in the order in which they are tried: those that can be read, and those that are named
so that people know what to export instead (`other_annotations`)."""
