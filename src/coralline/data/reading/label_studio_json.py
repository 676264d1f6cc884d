"""Label Studio's JSON and JSON-MIN: one file for all tasks of a project.

A task names its image in `data`, and has annotations by one or several people, those that were skipped, and
predictions of a model (labelstud.io/guide/task_format). Skipped ones don't count, as in Label Studio's own exports
(label_studio_converter/converter.py, `annotation_result_from_task`); of several the one that is marked as ground truth
does, else the last one. JSON-MIN has an item an annotation, with the values under the names of their tags
(`convert_to_json_min`). Uploaded images have a prefix in front of their names, which files of people's own don't.
"""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Iterator, Sequence
from typing import Any

from coralline.data.images.image_file import EXTENSIONS
from coralline.data.judging.problems import Problem
from coralline.data.reading import json_file
from coralline.data.reading.folder import Folder
from coralline.data.reading.json_file import Unread, WrongItemError, shown
from coralline.data.reading.label_studio_result import read_results, shape_of, size_of
from coralline.data.reading.named_images import NamedAnnotation, layout_of_files
from coralline.data.reading.raw_annotation import Layout, RawAnnotation, RawObject
from coralline.data.records.label_map import LabelMap
from coralline.foundation.errors import UserError
from coralline.foundation.progress import counted

KNOWN_KEYS = {
    "a task": {
        *("id", "data", "annotations", "completions", "predictions", "drafts", "file_upload", "meta", "project"),
        *("created_at", "updated_at", "inner_id", "total_annotations", "cancelled_annotations", "total_predictions"),
        *("comment_count", "unresolved_comment_count", "last_comment_updated_at", "updated_by", "comment_authors"),
        *("agreement", "overlap", "is_labeled", "allow_skip", "precomputed_agreement"),
    },
    "an annotation": {
        *("id", "result", "was_cancelled", "skipped", "ground_truth", "completed_by", "created_at", "updated_at"),
        *("draft_created_at", "lead_time", "prediction", "import_id", "last_action", "bulk_created", "task", "project"),
        *("updated_by", "parent_prediction", "parent_annotation", "last_created_by", "result_count", "unique_id"),
    },
}
"""Those that are read, and those that say nothing a detector needs."""
_USUAL_KEY = "image"
_UPLOADED = re.compile(r"^[0-9a-f]{8}-(?=.)")
_FIX = "correct it in Label Studio, and export it again as JSON"
_OF_LABELS = re.compile(r"^(rectangle|polygon|ellipse|brush|keypoint)labels$")


def what_is_there(folder: Folder) -> str:
    """The annotations of this kind, in words; empty when there are none."""
    count = len(files(folder))
    return f"{counted(count, 'JSON file')} of Label Studio" if count else ""


def files(folder: Folder) -> tuple[str, ...]:
    """JSON files that are Label Studio's by their beginning."""
    return folder.json_of_kind("label_studio")


def find(folder: Folder, _given: LabelMap | None = None) -> Layout:
    """Every image that a task with an annotation names.

    Raises:
      UserError: a file can't be used at all.
    """
    return layout_of_files(folder, "Label Studio", {name: _File(folder, name) for name in files(folder)})


class _File:
    """One file: its images with their boxes, and the problems."""

    def __init__(self, folder: Folder, name: str):
        self._folder, self._name, self._path = folder, name, folder.path(name)
        self._unread = Unread(self._path)
        self.images: list[NamedAnnotation] = []
        self.problems: list[Problem] = []
        content = json_file.parsed_json(self._path, "a whole Label Studio file", fix="export it again as JSON")
        tasks = [content] if isinstance(content, dict) else content
        if not isinstance(tasks, list):
            raise UserError(
                "this file isn't of Label Studio", file=self._path, expected="[...]", found=shown(tasks), fix=_FIX
            )
        for number, task in enumerate(tasks, start=1):
            try:
                self._add(task, f"task {task.get('id', number) if isinstance(task, dict) else number}")
            except WrongItemError as e:
                self.problems.append(e.problem(self._path, fix=_FIX))
        self.problems += self._unread.problems()

    def _add(self, task: Any, named: str) -> None:
        if not isinstance(task, dict):
            raise WrongItemError("unparsable_line", f"{named} isn't an object", "{...}", task)
        if "data" not in task:
            self._take(self._image(task, named), list(_values(task)))
            return
        self._unread.keys("a task", task, KNOWN_KEYS["a task"])
        for ignored in ("predictions", "drafts"):
            if task.get(ignored):
                self._unread.add(f"`{ignored}` of a task")
        chosen = self._chosen(task, named)
        if chosen:
            self._unread.keys("an annotation", chosen, KNOWN_KEYS["an annotation"])
            self._take(self._image(task["data"], named), chosen.get("result"))

    def _chosen(self, task: dict[str, Any], named: str) -> dict[str, Any] | None:
        """The annotation of a task that counts; the others are told."""
        annotations = task.get("annotations", task.get("completions", []))
        if not isinstance(annotations, list) or not all(isinstance(a, dict) for a in annotations):
            message = f"the annotations of {named} can't be read"
            raise WrongItemError("unparsable_line", message, '"annotations": [{...}]', annotations)
        count = [a for a in annotations if not (a.get("was_cancelled") or a.get("skipped"))]
        if len(count) < len(annotations):
            self._unread.add("a skipped annotation")
        if len(count) < 2:
            return next(iter(count), None)
        if len(true := [a for a in count if a.get("ground_truth") is True]) == 1:
            self._unread.add("an annotation beside the one marked as ground truth")
            return true[0]
        last = max(count, key=lambda a: str(a.get("created_at", "")))
        ids = [annotation.get("id") for annotation in count]
        expected = "one, or one that is marked as ground truth; if this is dropped, the last one counts"
        several = WrongItemError("annotated_twice", f"{named} has {len(count)} annotations", expected, ids)
        fix = "mark the right one as ground truth in Label Studio, and export it again"
        self.problems.append(several.problem(self._path, fix=fix))
        return last

    def _take(self, said: str, results: Any) -> None:
        found = read_results(results, self._unread)
        width, height = size_of(results)
        annotation = RawAnnotation(
            objects=tuple(o for o in found if isinstance(o, RawObject)),
            problems=tuple(e.problem(self._path, fix=_FIX) for e in found if isinstance(e, WrongItemError)),
            width=width,
            height=height,
            normalized=True,
            box_format="xywh",
            path=said,
        )
        self.images.append(NamedAnnotation(said, annotation))

    def _image(self, data: Any, named: str) -> str:
        """The name of a task's image, as it is in the folder if that can be told."""
        texts = {key: text for key, text in data.items() if isinstance(text, str)} if isinstance(data, dict) else {}
        found = {key: name for key, text in texts.items() if (name := _file_name(text))}
        names = [found[_USUAL_KEY]] if _USUAL_KEY in found else list(found.values())
        if len(set(names)) != 1:
            message, expected = f"{named} doesn't name one image", '"data": {"image": "a.jpg"}'
            raise WrongItemError("unparsable_line", message, expected, data)
        name = names[0]
        own_name = _own_name(name)
        there = self._folder.image_names
        if own_name == name or there.of_name(name, self._name) or there.alike(name, self._name):
            return name
        return own_name


def _file_name(text: str) -> str:
    """The path of an image in an address, or "": `/data/local-files/?d=a/b.jpg`, `/data/upload/1/0a1b2c3d-b.jpg`."""
    address, _, query = text.partition("?")
    local = urllib.parse.parse_qs(query).get("d", [""])[0]
    name = urllib.parse.unquote(local or (address if "://" in text or text.startswith("/data/") else text))
    return name if name.lower().endswith(tuple(EXTENSIONS)) else ""


def _own_name(name: str) -> str:
    """Without the prefix that Label Studio gives to an uploaded file."""
    folder, slash, file = name.rpartition("/")
    return folder + slash + _UPLOADED.sub("", file)


def _values(item: dict[str, Any]) -> Iterator[Any]:
    """The values of JSON-MIN as results with a type."""
    for value in item.values():
        for region in value if isinstance(value, list) and all(isinstance(v, dict) for v in value) else ():
            kind = _kind(region)
            yield {
                **{key: region[key] for key in ("original_width", "original_height") if key in region},
                "type": kind,
                "value": {k: v for k, v in region.items() if k not in ("original_width", "original_height")},
            }


def _kind(region: dict[str, Any]) -> str | None:
    """The type of a value of JSON-MIN, by its labels; with plain labels, by what it has."""
    if found := next(filter(_OF_LABELS.match, region), None):
        return found
    shapes: Sequence[tuple[str, set[str]]] = (
        ("polygon", {"points"}),
        ("ellipse", {"radiusX", "radiusY"}),
        ("rectangle", {"x", "y", "width", "height"}),
    )
    return next((kind for kind, keys in shapes if keys <= region.keys() and shape_of(kind)), None)
