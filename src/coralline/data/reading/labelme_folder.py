"""labelme: a JSON file an image, beside it or in a folder of its own (`labelme --output`).

Which image a file is of is what its name says, as in Pascal VOC; else what `imagePath` in it says.
"""

from __future__ import annotations

import os

from coralline.data.reading.folder import Folder
from coralline.data.reading.labelme_json import read_labelme_annotation
from coralline.data.reading.pairing import Pairing
from coralline.data.reading.raw_annotation import Layout
from coralline.data.records.label_map import LabelMap
from coralline.foundation.progress import counted


def what_is_there(folder: Folder) -> str:
    """The annotations of this kind, in words; empty when there are none."""
    count = len(folder.json_of_kind("labelme"))
    if not count:
        return ""
    words = f"{counted(count, 'JSON file')} of labelme"
    # Without images they may be embedded, which is why people leave the files away.
    return (
        words
        if folder.images
        else f"{words} (an image embedded in one has to be written to a file: labelme_export_json)"
    )


def files(folder: Folder) -> tuple[str, ...]:
    """Annotations, and files without a known kind that are named like an image: they are damaged, or something else."""
    return tuple(
        name
        for name, kind in folder.json_kinds.items()
        if kind == "labelme" or (kind is None and folder.image_names.of_stem(_stem(name), name))
    )


def find(folder: Folder, _given: LabelMap | None = None) -> Layout:
    """Which image belongs to which annotation."""
    pairing = Pairing(folder, read_labelme_annotation)
    for name in files(folder):
        pairing.add(name)
    return pairing.layout("labelme", folder)


def _stem(name: str) -> str:
    return os.path.splitext(name.rpartition("/")[2])[0]
