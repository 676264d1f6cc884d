"""CVAT for video: tracks of objects through the frames of a video, and the images of those frames.

An export with images names them `frame_000000.png`, counted from 0 as the tracks do
(docs.cvat.ai/docs/dataset_management/formats/format-cvat); of other images it isn't known which frame they are. Every
frame of a track is there; one with `outside="1"` says that the object has left (cvat/apps/dataset_manager/bindings.py).
"""

from __future__ import annotations

import collections
import itertools
import re
from collections.abc import Sequence

from lxml import etree

from coralline.data.judging.problems import Problem
from coralline.data.reading.cvat_shapes import WITHOUT_EXTENT, read_shape
from coralline.data.reading.json_file import Unread
from coralline.data.reading.raw_annotation import RawObject
from coralline.data.reading.xml_elements import by_name, name_of, text_of
from coralline.foundation.errors import UserError

KNOWN_ATTRIBUTES = {"id", "label", "source", "group_id", "subset", "task_id"}
"""Of a track: what is read, and what says nothing a detector needs."""
EXPORT_IMAGES = 'export the task as "CVAT for images 1.1", which names the image of each box'
_FRAME = re.compile(r"(?:.*_)?frame_(\d+)", re.IGNORECASE)


def frame_of(stem: str) -> int | None:
    """The number in the name of a frame's image, without its ending."""
    found = _FRAME.fullmatch(stem)
    return int(found[1]) if found and len(found[1]) < 10 else None


def read_tracks(
    root: etree._Element, path: str, unread: Unread
) -> tuple[dict[int, list[RawObject]], dict[int, list[Problem]]]:
    """The objects and problems of each frame.

    Args:
      root: `<annotations>`.
      path: the file, for messages.
      unread: counts what isn't read.

    Raises:
      UserError: boxes would be missing or in the wrong frame.
    """
    objects, problems = collections.defaultdict(list), collections.defaultdict(list)
    tracks = by_name(root).get("track", [])
    _require_one_task(root, tracks, path)
    _require_every_frame(tracks, path)
    for track in tracks:
        for key in set(track.attrib) - KNOWN_ATTRIBUTES:
            unread.add(f"`{key}` of <track>")
        for shape in track:
            frame = shape.get("frame", "")
            if name_of(shape) in WITHOUT_EXTENT:
                unread.add(f"<{name_of(shape)}>")
            elif not _is_frame(frame):
                raise _unusable("a box of a track doesn't say its frame", path, 'frame="0"', frame or None, shape)
            elif shape.get("outside") != "1":
                result = read_shape(shape, track.get("label", ""), path, unread)
                if isinstance(result, Problem):
                    problems[int(frame)].append(result)
                elif result:
                    objects[int(frame)].append(result)
    return objects, problems


def last_frame(root: etree._Element) -> int:
    """The last frame of the task, by what the file says of it; -1 if it doesn't."""
    texts = map(text_of, root.iter("{*}stop_frame", "{*}stop"))
    return max((int(text) for text in texts if _is_frame(text)), default=-1)


def _is_frame(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10


def _require_one_task(root: etree._Element, tracks: Sequence[etree._Element], path: str) -> None:
    """Each task of a project counts its frames from 0."""
    if len({track.get("task_id") for track in tracks}) > 1:
        raise _unusable("the tracks are of several tasks, each of which counts its own frames", path, "one task")


def _require_every_frame(tracks: Sequence[etree._Element], path: str) -> None:
    """A file of key frames only would leave the object out of the frames between them."""
    if any(shape.get("keyframe") == "0" for track in tracks for shape in track):
        return
    for track in tracks:
        for one, next_one in itertools.pairwise(track):
            numbers = [int(frame) for e in (one, next_one) if _is_frame(frame := e.get("frame", ""))]
            if one.get("outside") != "1" and len(numbers) == 2 and numbers[1] - numbers[0] > 1:
                found = f"frame {numbers[0]}, then frame {numbers[1]}"
                raise _unusable("a track has its key frames only", path, "the frames between them", found, one)


def _unusable(
    message: str, path: str, expected: str, found: str | None = None, element: etree._Element | None = None
) -> UserError:
    line = None if element is None else element.sourceline
    return UserError(
        f"this CVAT-for-video file can't be used: {message}",
        file=path,
        line=line,
        expected=expected,
        found=found,
        fix=EXPORT_IMAGES,
    )
