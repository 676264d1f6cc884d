"""TFRecord files of the Object Detection API: images and boxes together, a tf.Example each.

`train.record` beside `test.record`, `train.tfrecord-00000-of-00010`, the `Split-train` and `Split-eval` of this
pipeline's own examples; compressed or not. Boxes are in shares of the image. Where records have class numbers and no
names, a label map names them: the given one, or the only one in the folder.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from coralline.data.judging.problems import Problem
from coralline.data.reading.folder import Folder, part_of_file
from coralline.data.reading.image_place import ImagePlace
from coralline.data.reading.raw_annotation import Entry, Layout, RawAnnotation, RawObject
from coralline.data.records import tfrecord
from coralline.data.records.label_map import LabelMap
from coralline.data.records.tf_example import GroundTruthExample, NotAnExampleError, decode_example
from coralline.foundation.errors import UserError, reason
from coralline.foundation.progress import counted

_LABEL_MAP_ENDING = ".pbtxt"
_FIX = "make the records again"


def what_is_there(folder: Folder) -> str:
    """The annotations of this kind, in words; empty when there are none."""
    count = len(_records(folder))
    return counted(count, "TFRecord file") if count else ""


def files(folder: Folder) -> tuple[str, ...]:
    """TFRecord files, and label maps."""
    return _records(folder) + folder.with_ending(_LABEL_MAP_ENDING)


def find(folder: Folder, given: LabelMap | None = None) -> Layout:
    """Every record with its boxes; images are left where they are.

    Args:
      folder: what is there.
      given: names the classes of records that have numbers only.

    Raises:
      UserError: a file is damaged, or nothing names the classes.
    """
    reader = _Reader(folder, given)
    for name in _records(folder):
        reader.read(name)
    return Layout("TFRecord", folder.root, tuple(reader.entries), problems=tuple(reader.problems))


def _records(folder: Folder) -> tuple[str, ...]:
    return tuple(name for name in folder.files if tfrecord.is_tfrecord_name(name))


class _Reader:
    """Goes through the records and gives every image a unique name."""

    def __init__(self, folder: Folder, given: LabelMap | None):
        self._folder = folder
        self._label_map = given
        self._names: set[str] = set()
        self.entries: list[Entry] = []
        self.problems: list[Problem] = []

    def read(self, file: str) -> None:
        path, part = self._folder.path(file), part_of_file(file)
        for number, (offset, data) in enumerate(tfrecord.read_with_offsets(path), start=1):
            try:
                example = decode_example(data)
            except NotAnExampleError as e:
                message = f"record {number} isn't an annotated image"
                self.problems.append(
                    Problem("unparsable_record", path, message, expected="a tf.Example", found=reason(e), fix=_FIX)
                )
                continue
            name = self._own_name(_said_name(example), file, number)
            boxes = self._annotation(example, path, name)
            self.entries.append(Entry(name, file, ImagePlace(path, record=offset), boxes, part=part))

    def _own_name(self, said: str, file: str, number: int) -> str:
        """The image's name in the record, made unique by its position."""
        name = said
        while not name or name in self._names:
            name = f"{file}/{number:06d}-{name.rpartition('/')[2]}"
        self._names.add(name)
        return name

    def _annotation(self, example: GroundTruthExample, path: str, name: str) -> RawAnnotation:
        class_name_of = self._class_names(example, path)
        results = [
            _object(example, i, class_name_of(i), path, name) for i in range(len(example.boxes_ymin_xmin_ymax_xmax))
        ]
        return RawAnnotation(
            objects=tuple(result for result in results if isinstance(result, RawObject)),
            problems=tuple(result for result in results if isinstance(result, Problem)),
            width=example.width,
            height=example.height,
            normalized=True,
        )

    def _class_names(self, example: GroundTruthExample, path: str) -> Callable[[int], str | None]:
        """The class names by number; None for a number without a name."""
        if example.class_names or not len(example.class_ids):
            return lambda i: example.class_names[i]
        if self._label_map is None:
            self._label_map = _label_map_in(self._folder, path)
        names, ids = self._label_map.names, example.class_ids.tolist()
        return lambda i: names[ids[i] - 1] if 1 <= ids[i] <= len(names) else None


def _said_name(example: GroundTruthExample) -> str:
    """The file name with its folders, if the record has them, but without any that lead outside."""
    said = example.source_id if example.source_id.endswith(example.filename) else example.filename
    parts = said.replace("\\", "/").split("/")
    return "/".join(part for part in parts if part not in ("", ".", ".."))


def _object(example: GroundTruthExample, i: int, class_name: str | None, path: str, image: str) -> RawObject | Problem:
    def problem(kind: str, message: str, expected: str, found: str | None) -> Problem:
        return Problem(kind, path, f"{message} ({image})", expected=expected, found=found, fix=_FIX)

    if class_name is None:
        found = str(example.class_ids[i])
        return problem(
            "unknown_class", f"box {i + 1} has a class number that isn't in the label map", "an id in it", found
        )
    if not class_name.strip():
        return problem("no_class_name", f"box {i + 1} has no class", "the name of a class", None)
    ymin, xmin, ymax, xmax = corners = example.boxes_ymin_xmin_ymax_xmax[i].tolist()
    if not all(map(math.isfinite, corners)):
        found = ", ".join(f"{corner:g}" for corner in corners)
        return problem("bad_number", f"a corner of box {i + 1} isn't a number", "shares of the image", found)
    difficult, truncated = bool(example.difficult[i]), bool(example.truncated[i])
    return RawObject(class_name, xmin, ymin, xmax, ymax, difficult=difficult, truncated=truncated)


def _label_map_in(folder: Folder, path: str) -> LabelMap:
    """Raises UserError if there is none or it can't be used."""
    there = folder.with_ending(_LABEL_MAP_ENDING)
    maps = {LabelMap.read(folder.path(name)) for name in there}
    if len(maps) == 1:
        return maps.pop()
    raise UserError(
        "records of this file have class numbers, and nothing says what they stand for",
        file=path,
        expected="image/object/class/text in each record, or one label map (.pbtxt) in the folder",
        found=f"label maps that differ: {', '.join(there)}" if there else "no label map",
        fix="give the label map that the records were made with (data.label_map)",
    )
