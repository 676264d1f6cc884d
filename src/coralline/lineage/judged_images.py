"""What a judged model finds and misses in each image: what tells two models apart where they have the same AP.

`docs/lineage-records.md` describes the file.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from coralline.foundation.errors import UserError
from coralline.lineage.recorded_lines import KEY, RecordedRows, open_rows, paired_rows, write_rows

JUDGED_IMAGES, SCHEMA = "judged_images.jsonl.gz", "coralline.judged-images/1"
"""Name in the folder of an EvaluationReport, and what its first line says."""

Corners = tuple[float, float, float, float]
"""ymin, xmin, ymax, xmax, normalized to the upright image."""
_DIGITS = 4
# More than thresholds have, which have three; the scores of an int8 file are 1/256 apart.
_SCORE_DIGITS = 6


@dataclasses.dataclass(frozen=True)
class JudgedBox:
    """An annotated box.

    Attributes:
      label: its class.
      ymin_xmin_ymax_xmax: where it is.
      score: with which it was found at IoU .5; None: it wasn't.
      difficult: whether it is marked so: then it's no miss.
    """

    label: str
    ymin_xmin_ymax_xmax: Corners
    score: float | None
    difficult: bool


@dataclasses.dataclass(frozen=True)
class FalseAlarm:
    """A detection that is no box: the class that it says, where, and its score."""

    label: str
    ymin_xmin_ymax_xmax: Corners
    score: float


@dataclasses.dataclass(frozen=True)
class JudgedImage:
    """An image, by its path within the data set: its boxes, and what was found where nothing is."""

    image: str
    boxes: tuple[JudgedBox, ...]
    false_alarms: tuple[FalseAlarm, ...]

    def found(self, threshold: float | None) -> tuple[JudgedBox, ...]:
        """The boxes that are found at a score threshold."""
        return tuple(box for box in self.boxes if _is_found(box, threshold))

    def missed(self, threshold: float | None) -> tuple[JudgedBox, ...]:
        """Those that aren't, difficult ones aside."""
        return tuple(box for box in self.boxes if not box.difficult and not _is_found(box, threshold))


@dataclasses.dataclass(frozen=True)
class JudgedSide:
    """The images that judged a model.

    Attributes:
      split: which they are.
      model_sha256: of the model's file.
      threshold: the operating threshold; None: nothing is found at any.
      class_names: in the order of their ids.
      images: how many.
    """

    split: str
    model_sha256: str
    threshold: float | None
    class_names: tuple[str, ...]
    images: int


@dataclasses.dataclass(frozen=True)
class FoundByOne:
    """A box that one of two models finds and the other misses, each at its own threshold.

    Attributes:
      image, label, ymin_xmin_ymax_xmax: the box.
      by_first: whether it is the first that finds it.
      score: with which it does.
    """

    image: str
    label: str
    ymin_xmin_ymax_xmax: Corners
    by_first: bool
    score: float


def write_judged_images(folder: str, side: JudgedSide, images: Iterable[JudgedImage]) -> None:
    """Writes `JUDGED_IMAGES` into the folder of an EvaluationReport.

    Raises:
      OSError: it can't be written.
    """
    ids = {name: number for number, name in enumerate(side.class_names)}
    about = {
        "split": side.split,
        "model_sha256": side.model_sha256,
        "score_threshold": side.threshold,
        "classes": list(side.class_names),
    }
    rows = ((of.image, {"boxes": _boxes(of, ids), "false": _false_alarms(of, ids)}) for of in images)
    write_rows(f"{folder}/{JUDGED_IMAGES}", SCHEMA, about, rows)


def judged_side(folder: str) -> JudgedSide:
    """Which images judged, and at which threshold.

    Raises:
      FileNotFoundError: the report's folder has no such file: it was made by an older release.
      UserError: it can't be read.
    """
    with open_rows(f"{folder}/{JUDGED_IMAGES}", SCHEMA) as rows:
        return _side(rows)


def read_judged_images(folder: str) -> Iterator[JudgedImage]:
    """The images, by name, one after the other; raises as `judged_side` does."""
    with open_rows(f"{folder}/{JUDGED_IMAGES}", SCHEMA) as rows:
        side = _side(rows)
        for row in rows.rows():
            yield _image(rows, row, side.class_names)


def found_by_one(first: str, second: str) -> Iterator[FoundByOne]:
    """The boxes that one model finds and the other misses, by image; of images and boxes that judged both.

    Args:
      first, second: the folders of their EvaluationReports.

    Raises:
      FileNotFoundError: one has no such file.
      UserError: one can't be read.
    """
    with (
        open_rows(f"{first}/{JUDGED_IMAGES}", SCHEMA) as one,
        open_rows(f"{second}/{JUDGED_IMAGES}", SCHEMA) as other,
    ):
        sides = _side(one), _side(other)
        alike = (sides[0].threshold, sides[0].class_names) == (sides[1].threshold, sides[1].class_names)
        for row, of_other in paired_rows(one, other, same_lines_are_same=alike):
            if row is not None and of_other is not None:
                images = _image(one, row, sides[0].class_names), _image(other, of_other, sides[1].class_names)
                yield from _found_by_one(*images, sides[0].threshold, sides[1].threshold)


def _found_by_one(
    first: JudgedImage, second: JudgedImage, threshold: float | None, of_second: float | None
) -> Iterator[FoundByOne]:
    waiting: dict[tuple[str, Corners], list[JudgedBox]] = {}
    for box in second.boxes:
        waiting.setdefault((box.label, box.ymin_xmin_ymax_xmax), []).append(box)
    for box in first.boxes:
        same = waiting.get((box.label, box.ymin_xmin_ymax_xmax))
        if not same or box.difficult:
            continue
        twin = same.pop(0)
        here, there = _is_found(box, threshold), _is_found(twin, of_second)
        if here != there:
            score = box.score if here else twin.score
            yield FoundByOne(first.image, box.label, box.ymin_xmin_ymax_xmax, here, score or 0.0)


def _is_found(box: JudgedBox, threshold: float | None) -> bool:
    return box.score is not None and threshold is not None and box.score >= threshold


def _side(rows: RecordedRows) -> JudgedSide:
    about = rows.about
    threshold, names = about.get("score_threshold"), about.get("classes")
    return JudgedSide(
        str(about.get("split", "")),
        str(about.get("model_sha256", "")),
        float(threshold) if isinstance(threshold, int | float) else None,
        tuple(map(str, names)) if isinstance(names, list) else (),
        int(about.get("images", 0)),
    )


def _image(rows: RecordedRows, row: Mapping[str, Any], names: Sequence[str]) -> JudgedImage:
    try:
        boxes = tuple(
            JudgedBox(names[number], _corners(corners), None if score is None else float(score), bool(difficult))
            for number, *corners, score, difficult in row["boxes"]
        )
        false = tuple(
            FalseAlarm(names[number], _corners(corners), float(score)) for number, *corners, score in row["false"]
        )
    except (KeyError, IndexError, TypeError, ValueError) as e:
        raise UserError(
            "a record of lineage can't be read",
            file=rows.path,
            expected="lines as docs/lineage-records.md describes them",
            found=f"{type(e).__name__}: {e}",
        ) from e
    return JudgedImage(str(row[KEY]), boxes, false)


def _corners(stored: Sequence[Any]) -> Corners:
    ymin, xmin, ymax, xmax = map(float, stored)
    return ymin, xmin, ymax, xmax


def _boxes(of: JudgedImage, ids: Mapping[str, int]) -> list[list[Any]]:
    return [
        [ids[box.label], *_rounded(box.ymin_xmin_ymax_xmax), _score(box.score), int(box.difficult)] for box in of.boxes
    ]


def _false_alarms(of: JudgedImage, ids: Mapping[str, int]) -> list[list[Any]]:
    return [[ids[alarm.label], *_rounded(alarm.ymin_xmin_ymax_xmax), _score(alarm.score)] for alarm in of.false_alarms]


def _rounded(corners: Corners) -> list[float]:
    return [round(float(corner), _DIGITS) for corner in corners]


def _score(score: float | None) -> float | None:
    return None if score is None else round(float(score), _SCORE_DIGITS)
