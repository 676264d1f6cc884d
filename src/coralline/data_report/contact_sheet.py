"""Images of a data set with their boxes, small, beside each other: about half of them with problems."""

from __future__ import annotations

import base64
import collections
import dataclasses
import io
from collections.abc import Mapping, Sequence

import numpy as np

from coralline.data.annotated_image import AnnotatedImage
from coralline.data.dataset import Dataset
from coralline.data.images.image_file import UnreadableImageError, thumbnail
from coralline.data.judging.misread_boxes import Misreading, SuspectBox
from coralline.data.judging.policies import IN_WORDS
from coralline.data.judging.problems import Problem
from coralline.data.reading.image_place import ImagePlace

WANTED = 24
_LONG_SIDE = 400  # pixels; about 20 kB a picture
_MOST_BOXES = 100
_MOST_NOTES = 4
_UNKNOWN_SIZE = (4, 3)


@dataclasses.dataclass(frozen=True)
class Mark:
    """A box on a picture, in percent of its width and height.

    Attributes:
      outcome: "" for a box that is used, "difficult" for one that is so marked, "missed" for one as it was before it
        was fixed, "wrong" for one that isn't used; the classes of the style sheet.
    """

    left: float
    top: float
    width: float
    height: float
    label: str
    outcome: str


@dataclasses.dataclass(frozen=True)
class SheetPicture:
    """One image of the sheet.

    Attributes:
      name: its path in the data set.
      split: its split; empty if it's left out.
      data_uri: the picture as a JPEG; None if it can't be shown.
      width, height: of the upright image, pixels.
      marks: boxes on it.
      notes: what was wrong with it, in a few words each, the first ones of them.
      more_notes: how many others there are.
    """

    name: str
    split: str
    data_uri: str | None
    width: int
    height: int
    marks: tuple[Mark, ...]
    notes: tuple[str, ...]
    more_notes: int


def make(root: str, dataset: Dataset, wanted: int = WANTED) -> list[SheetPicture]:
    """The sheet; one image is in memory at a time.

    Args:
      root: the data set's folder.
      dataset: as it was read.
      wanted: how many pictures.
    """
    problems: dict[str, list[Problem]] = collections.defaultdict(list)
    for problem in dataset.problems:
        if problem.image is not None and problem.policy != "keep":
            problems[problem.image].append(problem)
    images = {image.name: image for image in dataset.images}
    chosen = _choose(list(images), problems, wanted)
    return [_picture(root, name, images.get(name), problems.get(name, [])) for name in chosen]


def of_misread_boxes(root: str, dataset: Dataset) -> list[SheetPicture]:
    """The first boxes that are most likely misread, each on its image: as they were read, and as they are meant."""
    images = {image.name: image for image in dataset.images}
    return [
        _misread(root, misreading, box, images.get(box.image))
        for misreading in dataset.misreadings
        for box in misreading.boxes
    ]


def _misread(root: str, misreading: Misreading, box: SuspectBox, image: AnnotatedImage | None) -> SheetPicture:
    data_uri, (width, height), failure = _shown(image.place if image else ImagePlace(f"{root}/{box.image}"))
    numbers = ", ".join(f"{value:g}" for value in box.values)
    meant = misreading.meant(box)
    marks = [_mark(box.xmin_ymin_xmax_ymax, width, height, "as read", "wrong")]
    marks += [_mark(meant, *box.size, "as meant", "")] if meant else []
    notes = (f"{numbers}, read as corners {box.corners}", *failure)
    return SheetPicture(box.image, "", data_uri, width, height, tuple(marks), notes, 0)


def _choose(right: Sequence[str], problems: Mapping[str, Sequence[Problem]], wanted: int) -> list[str]:
    """Names of images: first those with problems, each kind in turn and the gravest first, then an even sample."""
    gravity = list(IN_WORDS)
    queues: dict[tuple[int, str], list[str]] = collections.defaultdict(list)
    for name, of in problems.items():
        for key in {(gravity.index(problem.policy), problem.kind) for problem in of}:
            queues[key].append(name)
    in_turn = [name for _, names in sorted(queues.items()) for name in names[:wanted]]
    rank = {name: min(q.index(name) for q in queues.values() if name in q[:wanted]) for name in set(in_turn)}
    wrong = sorted(dict.fromkeys(in_turn), key=rank.__getitem__)
    others = [name for name in right if name not in problems]
    number_wrong = min(len(wrong), max(-(-wanted // 2), wanted - len(others)))
    number_right = min(len(others), wanted - number_wrong)
    steps = np.linspace(0, len(others) - 1, number_right)
    return wrong[:number_wrong] + [others[round(step)] for step in steps]


def _picture(root: str, name: str, image: AnnotatedImage | None, problems: Sequence[Problem]) -> SheetPicture:
    place = image.place if image else ImagePlace(f"{root}/{name}")
    notes = list(dict.fromkeys(f"{problem.message} ({IN_WORDS[problem.policy]})" for problem in problems))
    data_uri, (width, height), failure = _shown(place, (image.width, image.height) if image else _UNKNOWN_SIZE)
    notes += failure
    wrong = [
        _mark(problem.xmin_ymin_xmax_ymax, width, height, "", "missed" if problem.policy == "fix" else "wrong")
        for problem in problems
        if problem.xmin_ymin_xmax_ymax
    ]
    used = [
        _mark(o.xmin_ymin_xmax_ymax, width, height, o.class_name, "difficult" if o.difficult else "")
        for o in (image.objects if image else ())
    ]
    return SheetPicture(
        name=name,
        split=image.split if image else "",
        data_uri=data_uri,
        width=width,
        height=height,
        marks=(*used[:_MOST_BOXES], *wrong[:_MOST_BOXES]),
        notes=tuple(notes[:_MOST_NOTES]),
        more_notes=max(0, len(notes) - _MOST_NOTES),
    )


def _shown(
    place: ImagePlace, size: tuple[int, int] = _UNKNOWN_SIZE
) -> tuple[str | None, tuple[int, int], tuple[str, ...]]:
    """The picture as an address, its image's size in pixels (`size`, if it can't be read), and why it isn't shown."""
    try:
        small, size = thumbnail(place.read(), _LONG_SIDE)
    except (OSError, UnreadableImageError) as e:
        return None, size, (f"it can't be shown: {e}",)
    jpeg = io.BytesIO()
    small.save(jpeg, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(jpeg.getvalue()).decode(), size, ()


def _mark(corners: Sequence[float], image_width: int, image_height: int, label: str, outcome: str) -> Mark:
    """Of a box in pixels, with its corners in order, and not further away than shows."""
    shares = np.clip(np.array(corners) / (image_width, image_height, image_width, image_height), -1, 2) * 100
    (left, right), (top, bottom) = sorted(shares[[0, 2]]), sorted(shares[[1, 3]])
    left, top, width, height = (round(float(side), 2) for side in (left, top, right - left, bottom - top))
    return Mark(left, top, width, height, label, outcome)
