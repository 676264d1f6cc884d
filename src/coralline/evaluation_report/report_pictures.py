"""The pictures of a report: which images it shows, with what was found, missed and wrongly found in each, and why."""

from __future__ import annotations

import base64
import dataclasses
import io
from collections.abc import Iterable, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from coralline.evaluation_report.page_words import short
from coralline.scoring.coco import GroundTruth
from coralline.scoring.detection_matching import RIGHT, WRONG, Match
from coralline.scoring.error_kinds import MISSED, ImageErrors
from coralline.scoring.labelled_images import LabelledImage
from coralline.tflite.detections import Detections

LONG_SIDE = 640  # pixels; about 45 kB a picture
LEAST_SCORE = 0.05  # weaker detections aren't drawn, and the page's slider ends here
DIFFICULT = "difficult"
PAGE_BYTES = 3_600_000
"""What all pictures of a page may take in it, their boxes and sentences included: the page stays under 5 MB."""

_FOUND, _MISSED, _WRONG, _ASIDE = "#2fbf71", "#ffb000", "#ff4d4f", "#9aa5b1"
_SMALLER = ((LONG_SIDE, 80), (480, 75), (360, 70), (240, 65))  # (long side, JPEG quality), until the page has room
_MOST_DETECTIONS, _MOST_BOXES = 40, 120  # of a picture
_BYTES_A_BOX = 420  # a box and its sentence in HTML, at about 60 characters a name


@dataclasses.dataclass(frozen=True)
class Box:
    """One box of a picture, in percent of its width and height.

    Attributes:
      role: "truth" or "detection".
      kind: for a detection RIGHT, `IGNORED` or its kind of error; for ground truth "difficult" or why nothing found it
        (of `ERROR_KINDS`; "" if it was found).
      class_ids: its class, and that of what it was taken for: what a filter by class looks at.
      score: a detection's score; for ground truth that of the detection that found it, None if it was missed.
      reason: why it is a mistake, in words; empty if it can't be one.
    """

    role: str
    left: float
    top: float
    width: float
    height: float
    label: str
    kind: str
    class_ids: tuple[int, ...]
    score: float | None
    reason: str

    def is_mistake(self, threshold: float) -> bool:
        """Whether it counts as one when weaker scores don't count."""
        if not self.reason:
            return False
        reached = self.score is not None and self.score >= threshold
        return reached if self.role == "detection" else not reached


@dataclasses.dataclass(frozen=True)
class ReportPicture:
    """One image of the report.

    Attributes:
      name: the image's file name.
      file: its name in `eval/`.
      image: the upright image, scaled down.
      truth, detections: boxes on it; weakest detections first, so that the strongest are on top.
      left_out: boxes and detections that are not among them, for there are too many.
    """

    name: str
    file: str
    image: Image.Image
    truth: list[Box]
    detections: list[Box]
    left_out: int = 0

    def mistakes(self, threshold: float) -> list[Box]:
        """Missed boxes, then wrong detections, the strongest first."""
        return [box for box in (*self.truth, *reversed(self.detections)) if box.is_mistake(threshold)]

    def in_words(self, threshold: float) -> str:
        """What is to be seen, for people who don't see it."""
        boxes = [box for box in self.truth if box.kind != DIFFICULT]
        missed = [box.label for box in boxes if box.is_mistake(threshold)]
        wrong = [box.label for box in self.detections if box.is_mistake(threshold)]
        parts = [f"{len(boxes) - len(missed)} of {len(boxes)} found"]
        parts += [f"missed: {', '.join(missed[:5])}"] if missed else []
        parts += [f"false alarms: {', '.join(wrong[:5])}"] if wrong else []
        return f"{self.name}: {'; '.join(parts)}"

    def side_by_side(self, threshold: float) -> bytes:
        """JPEG: ground truth on the left, detections from that score on the right."""
        width, height = self.image.size
        canvas = Image.new("RGB", (2 * width + 6, height), "#ffffff")
        for offset, boxes in ((0, self.truth), (width + 6, self.detections)):
            half = self.image.copy()
            for box in boxes:
                if box.role == "truth" or (box.score or 0) >= threshold:
                    _draw(half, box, threshold)
            canvas.paste(half, (offset, 0))
        return _jpeg(canvas)


@dataclasses.dataclass(frozen=True)
class PagePicture:
    """A picture as a page shows it: `jpeg` is the image without boxes, `width` and `height` its pixels."""

    of: ReportPicture
    jpeg: bytes
    width: int
    height: int

    @property
    def data_uri(self) -> str:
        """The image, for a self-contained page."""
        return "data:image/jpeg;base64," + base64.b64encode(self.jpeg).decode()

    @property
    def page_bytes(self) -> int:
        """About what it takes in a page."""
        boxes = (*self.of.truth, *self.of.detections)
        texts = sum(2 * len(box.label) + len(box.reason) for box in boxes)
        return len(self.jpeg) * 4 // 3 + _BYTES_A_BOX * len(boxes) + texts


def fit_in_page(pictures: Sequence[ReportPicture], most_bytes: int = PAGE_BYTES) -> list[PagePicture]:
    """As many of the pictures as a page has room for, first smaller ones, then fewer."""
    shown: list[PagePicture] = []
    for long_side, quality in _SMALLER:
        shown = _within(pictures, long_side, quality, most_bytes)
        if len(shown) == len(pictures):
            break
    return shown


def _within(pictures: Sequence[ReportPicture], long_side: int, quality: int, most_bytes: int) -> list[PagePicture]:
    """Pictures of that size up to the first one for which there is no room."""
    shown: list[PagePicture] = []
    for picture in pictures:
        made = _on_page(picture, long_side, quality)
        most_bytes -= made.page_bytes
        if most_bytes < 0:
            break
        shown.append(made)
    return shown


def choose_pictures(mistakes: Sequence[int], wanted: int) -> list[int]:
    """Which images to show: one half with the most mistakes, worst first, then an even sample of the others."""
    worst_first = sorted(range(len(mistakes)), key=lambda index: (-mistakes[index], index))
    worst = [index for index in worst_first[: (wanted + 1) // 2] if mistakes[index]]
    others = sorted(set(range(len(mistakes))) - set(worst))
    number = min(wanted - len(worst), len(others))
    return worst + [others[round(step)] for step in np.linspace(0, len(others) - 1, number)]


def draw_pictures(
    chosen: Sequence[int],
    images: Iterable[LabelledImage],
    detections: Sequence[Detections],
    matches: Sequence[Match],
    errors: Sequence[ImageErrors],
    class_names: Sequence[str],
) -> list[ReportPicture]:
    """The chosen images with their boxes; only these are decoded.

    Args:
      chosen: places of images, in the order of the report.
      images: all images.
      detections, matches, errors: one an image.
      class_names: names of class ids 0, 1, ...
    """
    places = {index: place for place, index in enumerate(chosen, start=1)}
    shown = {}
    for index, labelled in enumerate(images):
        if index in places:
            truth, image = labelled.decode()
            of = (truth, detections[index], matches[index], errors[index])
            shown[places[index]] = picture(places[index], image, *of, class_names)
        if len(shown) == len(places):
            break
    return [shown[place] for place in sorted(shown)]


def picture(
    position: int,
    image: Image.Image,
    truth: GroundTruth,
    detections: Detections,
    matched: Match,
    errors: ImageErrors,
    class_names: Sequence[str],
) -> ReportPicture:
    """One image of the report, with its boxes.

    Args:
      position: its place in the report, from 1; part of the file's name, so that a folder lists them in order.
      image: upright, RGB, of any size.
      truth, detections, matched, errors: of this image.
      class_names: names of class ids 0, 1, ...
    """
    shown = image.copy()
    shown.thumbnail((LONG_SIDE, LONG_SIDE))
    truth_boxes = _truth_boxes(truth, detections, matched, errors, class_names)
    found_boxes = _found_boxes(truth, detections, matched, errors, class_names)
    stem = "".join(c if c.isalnum() or c in "-_." else "_" for c in truth.name.rsplit("/", 1)[-1].rsplit(".", 1)[0])
    left_out = max(0, len(truth_boxes) - _MOST_BOXES) + max(0, len(found_boxes) - _MOST_DETECTIONS)
    return ReportPicture(
        truth.name,
        f"{position:03d}_{_short_name(stem)}.jpg",
        shown,
        truth_boxes[:_MOST_BOXES],
        found_boxes[-_MOST_DETECTIONS:],
        left_out,
    )


def _short_name(stem: str) -> str:
    """At most 80 bytes: a file's name may have 255 in all."""
    return stem.encode("utf-8", "replace")[:80].decode("utf-8", "ignore")


def _truth_boxes(
    truth: GroundTruth, detections: Detections, matched: Match, errors: ImageErrors, class_names: Sequence[str]
) -> list[Box]:
    missed = {of.box: of for of in errors.missed}
    boxes = []
    for index, corners in enumerate(truth.boxes_ymin_xmin_ymax_xmax):
        class_id, score = int(truth.class_ids[index]), matched.found_with[index]
        name, of = _name(class_id, class_names), missed.get(index)
        kind, reason, class_ids = "", f"{name} missed", [class_id]
        if truth.difficult[index]:
            kind, reason = DIFFICULT, ""
        elif score is not None:
            kind, reason = MISSED, f"{name} missed: found only with score {short(score)}"
        elif of is not None:
            kind, reason = of.kind, of.reason
            class_ids += [] if of.detection is None else [int(detections.class_ids[of.detection])]
        boxes.append(_box("truth", corners, name, kind, class_ids, score, reason))
    return boxes


def _found_boxes(
    truth: GroundTruth, detections: Detections, matched: Match, errors: ImageErrors, class_names: Sequence[str]
) -> list[Box]:
    wrong = {of.detection: of for of in errors.detections}
    boxes = []
    for index in np.argsort(detections.scores, kind="stable").tolist():
        score, class_id = float(detections.scores[index]), int(detections.class_ids[index])
        if score < LEAST_SCORE:
            continue
        of, name, outcome = wrong.get(index), _name(class_id, class_names), matched.outcomes[index]
        class_ids, kind, reason = [class_id], outcome, ""
        if outcome == WRONG:
            kind, reason = (of.kind, of.reason) if of else (WRONG, f"{name} {short(score)}")
            class_ids += [int(truth.class_ids[of.box])] if of is not None and of.box is not None else []
        corners = detections.boxes_ymin_xmin_ymax_xmax[index]
        boxes.append(_box("detection", corners, name, kind, class_ids, score, reason))
    return boxes


def _name(class_id: int, class_names: Sequence[str]) -> str:
    return class_names[class_id] if 0 <= class_id < len(class_names) else f"class {class_id}"


def _box(
    role: str,
    ymin_xmin_ymax_xmax: np.ndarray,
    label: str,
    kind: str,
    class_ids: Sequence[int],
    score: float | None,
    reason: str,
) -> Box:
    ymin, xmin, ymax, xmax = (round(100 * float(side), 2) for side in np.clip(ymin_xmin_ymax_xmax, 0, 1))
    width, height = max(0.0, round(xmax - xmin, 2)), max(0.0, round(ymax - ymin, 2))
    return Box(role, xmin, ymin, width, height, label, kind, tuple(dict.fromkeys(class_ids)), score, reason)


def _draw(image: Image.Image, box: Box, threshold: float) -> None:
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(13)
    left, right = (round(side * image.width / 100) for side in (box.left, box.left + box.width))
    top, bottom = (round(side * image.height / 100) for side in (box.top, box.top + box.height))
    colour = _colour(box, threshold)
    text = box.label if box.role == "truth" else f"{box.label} {box.score:.2f}"
    draw.rectangle((left, top, max(left, right), max(top, bottom)), outline=colour, width=3)
    text_width = round(draw.textlength(text, font=font))
    x = max(0, min(left, image.width - text_width - 6))
    y = top - 17 if top >= 17 else top
    draw.rectangle((x, y, x + text_width + 6, y + 17), fill=colour)
    draw.text((x + 3, y + 1), text, fill="#10151a", font=font)


def _colour(box: Box, threshold: float) -> str:
    if box.role == "detection":
        return _WRONG if box.reason else _FOUND if box.kind == RIGHT else _ASIDE
    if box.kind == DIFFICULT:
        return _ASIDE
    return _FOUND if box.score is not None and box.score >= threshold else _MISSED


def _on_page(picture: ReportPicture, long_side: int, quality: int) -> PagePicture:
    image = picture.image
    if max(image.size) > long_side:
        image = image.copy()
        image.thumbnail((long_side, long_side))
    return PagePicture(picture, _jpeg(image, quality), *image.size)


def _jpeg(image: Image.Image, quality: int = 82) -> bytes:
    content = io.BytesIO()
    image.save(content, "JPEG", quality=quality)
    return content.getvalue()
