"""Which images come of one source, by their names: copies that Roboflow made, frames of a video."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from typing import Literal

from coralline.data.reading.folder import part_of_folder

_ROBOFLOW = re.compile(r"^(.+)\.rf\.[0-9A-Za-z_-]{8,}$")
"""`yard_jpg.rf.0326324dfb695ffb3a1890c78092b4d4.jpg`: the source, then a hash of the version."""
_FRAME = re.compile(
    r"^(?:(?P<video>.*(?:mp4|avi|mov|mkv|webm|m4v|mpe?g|wmv|3gp))|(?P<before>.*?)(?:frames?|frm))"
    r"[ ._-]*\d+(?:_jpe?g|_png)?$",
    re.IGNORECASE,
)
"""`walk_mp4-12_jpg`, as Roboflow calls the frames of a video that it took apart; `walk_frame_0012`, as people do."""
_PLAIN_FOLDERS = frozenset(("images", "imgs", "jpegimages", "data", ""))


@dataclasses.dataclass(frozen=True)
class Source:
    """What an image's name says that it comes of."""

    kind: Literal["copies", "frames"]
    name: str


def source_of(image: str) -> Source | None:
    """The source that a name (with its folders) tells; None if it tells none.

    Frames with nothing but a number belong to the video of their folder.
    """
    folder, _, name = image.rpartition("/")
    stem = name.rpartition(".")[0]
    roboflow = _ROBOFLOW.match(stem)
    frame = _FRAME.match(roboflow[1] if roboflow else stem)
    if frame:
        said = (frame["video"] or frame["before"] or "").strip(" ._-")
        return Source("frames", said or _own_folder(folder))
    return Source("copies", roboflow[1]) if roboflow else None


def by_source(images: Iterable[str]) -> dict[Source, list[str]]:
    """Images whose names tell a source that they share with another."""
    found: dict[Source, list[str]] = {}
    for image in images:
        source = source_of(image)
        if source is not None:
            found.setdefault(source, []).append(image)
    return {source: names for source, names in found.items() if len(names) > 1}


def _own_folder(folder: str) -> str:
    """The path without folders that are the same in every data set, and without those that name a side."""
    parts = (part for part in folder.split("/") if part.lower() not in _PLAIN_FOLDERS)
    return "/".join(part for part in parts if not part_of_folder(f"{part}/"))
