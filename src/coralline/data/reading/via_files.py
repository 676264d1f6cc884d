"""VIA, the VGG Image Annotator (robots.ox.ac.uk/~vgg/software/via): a JSON or CSV file for all images.

Read are projects of version 2 (`_via_img_metadata`) and their export "Annotations (as json)", which is the same without
the settings around it; "Annotations (as csv)", a line a region with JSON in its cells (via-2.x.y/via.js,
`pack_via_metadata`); and projects of version 3 with regions in images (via-3.x.y/CodeDoc.md). VIA knows no sizes of
images. A file beside others that hold all it says is a copy.
"""

from __future__ import annotations

from coralline.data.reading import via_csv, via_json
from coralline.data.reading.folder import Folder
from coralline.data.reading.named_images import layout_of_files
from coralline.data.reading.raw_annotation import Layout
from coralline.data.reading.via_json import ViaFile
from coralline.data.records.label_map import LabelMap
from coralline.foundation.progress import counted


def what_is_there(folder: Folder) -> str:
    """The annotations of this kind, in words; empty when there are none."""
    count = len(files(folder))
    return f"{counted(count, 'file')} of VIA" if count else ""


def files(folder: Folder) -> tuple[str, ...]:
    """JSON files by their beginning, CSV files by their columns."""
    tables = (name for name in folder.with_ending(".csv") if via_csv.is_via(folder.path(name)))
    return (*folder.json_of_kind("via"), *tables)


def find(folder: Folder, _given: LabelMap | None = None) -> Layout:
    """Every image that the files list, with its regions.

    Raises:
      UserError: a file can't be used at all.
    """
    contents = {name: _read(folder, name) for name in files(folder)}
    in_use, saved_twice = _without_other_saves(list(contents), contents)
    return layout_of_files(folder, "VIA", {name: contents[name] for name in in_use}, copies=saved_twice)


def _read(folder: Folder, name: str) -> ViaFile:
    path = folder.path(name)
    return via_csv.read_via_csv(path) if name.lower().endswith(".csv") else via_json.read_via_json(path)


def _without_other_saves(names: list[str], contents: dict[str, ViaFile]) -> tuple[list[str], list[str]]:
    """The project, its export and its CSV often lie side by side: those with the same objects count once."""
    kept: list[str] = []
    for name in names:
        if not any(contents[name].objects == contents[other].objects for other in kept):
            kept.append(name)
    return kept, [name for name in names if name not in kept]
