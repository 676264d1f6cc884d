"""Annotations that aren't read, by what gives them away: named for what they are, with what to export instead.

They are looked for only where nothing else is found.
"""

from __future__ import annotations

import dataclasses
import fnmatch
import itertools
import math
import re
from collections.abc import Callable, Iterator

from coralline.data.reading.folder import Folder
from coralline.foundation import storage, text_file
from coralline.foundation.progress import counted

_HEAD_BYTES = 4096
_PEEKED = 20
"""Files of an ending that are looked into; those of one data set are alike."""


@dataclasses.dataclass(frozen=True)
class OtherAnnotations:
    """What is there.

    Attributes:
      words: its name, with a count.
      fix: what to do about it.
      example: one of its files.
    """

    words: str
    fix: str
    example: str


_EXPORT = "export the annotations from {} as {} instead"
_CONVERT = "convert them to COCO JSON or Pascal VOC, which Datumaro (`datum convert`) does, for one"
_JSON = {
    "supervisely": ("Supervisely JSON", _EXPORT.format("Supervisely", "COCO or Pascal VOC")),
    "datumaro": ("Datumaro JSON", "convert it with `datum convert`, or export the task as COCO or Pascal VOC instead"),
    "cityscapes": ("polygons of Cityscapes", _CONVERT),
    "vott asset": ("a VoTT project", "export the project from VoTT as Pascal VOC or CSV"),
    "vott": ("VoTT JSON", "export the project from VoTT as Pascal VOC or CSV"),
    "labelbox": ("Labelbox JSON", "convert it to COCO JSON, which Labelbox describes for its exports"),
    "labelbox list": ("Labelbox JSON", "convert it to COCO JSON, which Labelbox describes for its exports"),
    "labelbox old": ("Labelbox JSON", "convert it to COCO JSON, which Labelbox describes for its exports"),
    "sagemaker": ("a manifest of SageMaker Ground Truth", _CONVERT),
    "bdd100k": ("BDD100K JSON", "convert it to COCO JSON with the data set's own tool (bdd100k.label.to_coco)"),
    "darwin": ("V7 Darwin JSON", _EXPORT.format("V7", "COCO or Pascal VOC")),
    "coco results": (
        "COCO results, which are a model's detections",
        "give COCO annotations, with images and categories",
    ),
    "label studio storage": (
        "annotations from a storage of Label Studio",
        _EXPORT.format("Label Studio", "JSON or COCO"),
    ),
}
"""By the kind of JSON file (`json_kinds.KINDS`)."""


def _first_line(head: str) -> str:
    return next((line.strip() for line in text_file.lines(head) if line.strip()), "")


def _has_columns(*names: str) -> Callable[[str], bool]:
    return lambda head: {name.lower() for name in names} <= set(re.split(r"[,;\t]", _first_line(head).lower()))


def _has_cells(is_row: Callable[[list[str]], bool], separator: str | None = None) -> Callable[[str], bool]:
    def has(head: str) -> bool:
        return is_row([cell.strip() for cell in _first_line(head).split(separator)])

    return has


def _are_numbers(cells: list[str]) -> bool:
    return bool(cells) and all(_is_number(cell) for cell in cells)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _is_kitti(cells: list[str]) -> bool:
    return len(cells) in (15, 16) and not _is_number(cells[0]) and _are_numbers(cells[1:])


def _is_dota(cells: list[str]) -> bool:
    is_row = len(cells) in (9, 10) and _are_numbers(cells[:8]) and not _is_number(cells[8])
    return is_row or cells[0].startswith(("imagesource:", "gsd:"))


def _is_row_without_header(cells: list[str]) -> bool:
    """`path,x1,y1,x2,y2,class`, as keras-retinanet reads it."""
    return len(cells) == 6 and "." in cells[0] and _are_numbers(cells[1:5]) and not _is_number(cells[5])


def _is_mot(cells: list[str]) -> bool:
    return len(cells) in (9, 10) and _are_numbers(cells)


_VIDEO = "give a COCO JSON, Pascal VOC or CSV file that names the image of each box"
_HEADER = "write `filename,xmin,ymin,xmax,ymax,class` as the file's first line"
_TEXT: tuple[tuple[str, Callable[[str], bool], str, str], ...] = (
    (".csv", _has_columns("ImageID", "LabelName", "XMin"), "Open Images CSV", _CONVERT),
    (
        *(".csv", lambda head: "VGG Image Annotator" in head, "CSV of VIA 3"),
        "save the project in VIA as JSON instead",
    ),
    (".csv", _has_cells(_is_row_without_header, ","), "a CSV file without a header", _HEADER),
    (
        *(".csv", _has_columns("annotation_id", "annotator"), "Label Studio CSV"),
        _EXPORT.format("Label Studio", "JSON or COCO"),
    ),
    (".txt", _has_cells(_is_kitti), "KITTI text", _CONVERT),
    (
        ".txt",
        _has_cells(_is_dota),
        "DOTA text of turned boxes",
        "convert it to YOLO OBB, whose outlines are read, or to COCO",
    ),
    (".txt", _has_cells(_is_mot, ","), "MOT text of tracks in a video", _VIDEO),
    (".jsonl", lambda head: '"file_name"' in head, "metadata of a Hugging Face image folder", _CONVERT),
    (".jsonl", lambda head: True, "JSON Lines", _CONVERT),
)
"""By the ending of a file, and by its beginning."""
_NAMES = (
    ("*.vott", "a VoTT project", "export the project from VoTT as Pascal VOC or CSV"),
    ("*.ndjson", "Labelbox NDJSON", "convert it to COCO JSON, which Labelbox describes for its exports"),
    ("*.manifest", "a manifest of SageMaker Ground Truth", _CONVERT),
    ("*.parquet", "Parquet files", _CONVERT),
    ("*.mat", "a MATLAB file", "save its boxes as a CSV file: filename,xmin,ymin,xmax,ymax,class"),
    (
        "*SegmentationClass/*.png",
        "Pascal VOC segmentation masks",
        "add the data set's `Annotations`, which has its boxes",
    ),
    (
        "*SegmentationObject/*.png",
        "Pascal VOC segmentation masks",
        "add the data set's `Annotations`, which has its boxes",
    ),
    ("*_labelIds.png", "masks of Cityscapes", _CONVERT),
    ("*.zip", "a zip archive", "unpack it"),
    ("*.tar", "a tar archive", "unpack it"),
    ("*.tar.gz", "a tar archive", "unpack it"),
    ("*classes.txt", "class names without annotations, as LabelImg leaves them", "annotate the images, and save each"),
)
"""By the name of a file, with its folders."""


def what_is_there(folder: Folder) -> list[OtherAnnotations]:
    """Annotations of other kinds, the likeliest first; none if nothing looks like any."""
    files: dict[tuple[str, str], list[str]] = {}
    for name, fix, file in itertools.chain(_of_json(folder), _of_text(folder), _of_names(folder)):
        files.setdefault((name, fix), []).append(file)
    return [OtherAnnotations(f"{name} ({counted(len(of), 'file')})", fix, of[0]) for (name, fix), of in files.items()]


def _of_json(folder: Folder) -> Iterator[tuple[str, str, str]]:
    for file, kind in folder.json_kinds.items():
        if kind in _JSON:
            yield *_JSON[kind], file


def _of_text(folder: Folder) -> Iterator[tuple[str, str, str]]:
    for ending in sorted({ending for ending, *_ in _TEXT}):
        for file in folder.with_ending(ending)[:_PEEKED]:
            head = _head(folder.path(file))
            kinds = ((name, fix) for of, has, name, fix in _TEXT if of == ending and head.strip() and has(head))
            if found := next(kinds, None):
                yield *found, file


def _of_names(folder: Folder) -> Iterator[tuple[str, str, str]]:
    for pattern, name, fix in _NAMES:
        for file in fnmatch.filter(folder.files, pattern):
            yield name, fix, file


def _head(path: str) -> str:
    try:
        return text_file.decoded(storage.read_head(path, _HEAD_BYTES))
    except OSError:
        return ""
