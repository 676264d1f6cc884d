"""The pictures of a report: which images it shows, with ground truth and detections side by side."""

from __future__ import annotations

import base64
import dataclasses
import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from coralline.scoring.coco import GroundTruth
from coralline.scoring.detection_matching import RIGHT, WRONG, Match
from coralline.tflite.detections import Detections

LONG_SIDE = 480  # pixels; about 25 kB a picture
LEAST_SCORE = 0.05  # weaker detections aren't drawn, and the page's slider ends here

_FOUND, _MISSED, _WRONG, _ASIDE = "#2fbf71", "#ffb000", "#ff4d4f", "#9aa5b1"


@dataclasses.dataclass(frozen=True)
class Box:
    """One box of a picture, in percent of its width and height.

    Attributes:
      kind: "truth" or "detection".
      outcome: for a detection RIGHT, WRONG or IGNORED; for ground truth "difficult" or "".
      score: a detection's score; for ground truth that of the detection that found it, None if it was missed.
    """

    kind: str
    left: float
    top: float
    width: float
    height: float
    label: str
    outcome: str
    score: float | None


@dataclasses.dataclass(frozen=True)
class ReportPicture:
    """One image of the report.

    Attributes:
      name: the image's file name.
      file: its name in `eval/`.
      image: the upright image, scaled down.
      truth, detections: boxes on it; weakest detections first, so that the strongest are on top.
      mistakes: missed boxes plus wrong detections at the report's initial threshold.
    """

    name: str
    file: str
    image: Image.Image
    truth: list[Box]
    detections: list[Box]
    mistakes: int

    @property
    def data_uri(self) -> str:
        """The image without boxes, for a self-contained page."""
        return "data:image/jpeg;base64," + base64.b64encode(_jpeg(self.image)).decode()

    def side_by_side(self, threshold: float) -> bytes:
        """JPEG: ground truth on the left, detections from that score on the right."""
        width, height = self.image.size
        canvas = Image.new("RGB", (2 * width + 6, height), "#ffffff")
        for offset, boxes in ((0, self.truth), (width + 6, self.detections)):
            half = self.image.copy()
            for box in boxes:
                if box.kind == "truth" or (box.score or 0) >= threshold:
                    _draw(half, box, threshold)
            canvas.paste(half, (offset, 0))
        return _jpeg(canvas)


def choose_pictures(mistakes: Sequence[int], wanted: int) -> list[int]:
    """Which images to show: one half with the most mistakes, worst first, then an even sample of the others."""
    worst_first = sorted(range(len(mistakes)), key=lambda index: (-mistakes[index], index))
    worst = [index for index in worst_first[: (wanted + 1) // 2] if mistakes[index]]
    others = sorted(set(range(len(mistakes))) - set(worst))
    number = min(wanted - len(worst), len(others))
    return worst + [others[round(step)] for step in np.linspace(0, len(others) - 1, number)]


def picture(
    position: int,
    image: Image.Image,
    truth: GroundTruth,
    detections: Detections,
    matched: Match,
    class_names: Sequence[str],
    threshold: float,
) -> ReportPicture:
    """One image of the report, with its boxes.

    Args:
      position: its place in the report, from 1; part of the file's name, so that a folder lists them in order.
      image: upright, RGB, of any size.
      truth, detections, matched: of this image.
      class_names: names of class ids 0, 1, ...
      threshold: the report's initial score threshold.
    """
    shown = image.copy()
    shown.thumbnail((LONG_SIDE, LONG_SIDE))
    truth_boxes = [
        _box("truth", corners, class_names[class_id], "difficult" if difficult else "", score)
        for corners, class_id, difficult, score in zip(
            truth.boxes_ymin_xmin_ymax_xmax, truth.class_ids, truth.difficult, matched.found_with, strict=True
        )
    ]
    found_boxes = [
        _box("detection", corners, _name(class_id, class_names), outcome, float(score))
        for corners, class_id, outcome, score in zip(
            detections.boxes_ymin_xmin_ymax_xmax,
            detections.class_ids,
            matched.outcomes,
            detections.scores,
            strict=True,
        )
        if score >= LEAST_SCORE
    ]
    found_boxes.sort(key=lambda box: box.score or 0)
    stem = "".join(c if c.isalnum() or c in "-_." else "_" for c in truth.name.rsplit("/", 1)[-1].rsplit(".", 1)[0])
    mistakes = matched.mistakes(truth, detections, threshold)
    return ReportPicture(truth.name, f"{position:03d}_{stem[:80]}.jpg", shown, truth_boxes, found_boxes, mistakes)


def _name(class_id: int, class_names: Sequence[str]) -> str:
    return class_names[class_id] if 0 <= class_id < len(class_names) else f"class {class_id}"


def _box(kind: str, ymin_xmin_ymax_xmax: np.ndarray, label: str, outcome: str, score: float | None) -> Box:
    ymin, xmin, ymax, xmax = (round(100 * float(side), 2) for side in np.clip(ymin_xmin_ymax_xmax, 0, 1))
    width, height = round(xmax - xmin, 2), round(ymax - ymin, 2)
    return Box(kind, xmin, ymin, width, height, label, outcome, score)


def _draw(image: Image.Image, box: Box, threshold: float) -> None:
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(13)
    left, right = (round(side * image.width / 100) for side in (box.left, box.left + box.width))
    top, bottom = (round(side * image.height / 100) for side in (box.top, box.top + box.height))
    colour = _colour(box, threshold)
    text = box.label if box.kind == "truth" else f"{box.label} {box.score:.2f}"
    draw.rectangle((left, top, max(left, right), max(top, bottom)), outline=colour, width=3)
    text_width = round(draw.textlength(text, font=font))
    x = max(0, min(left, image.width - text_width - 6))
    y = top - 17 if top >= 17 else top
    draw.rectangle((x, y, x + text_width + 6, y + 17), fill=colour)
    draw.text((x + 3, y + 1), text, fill="#10151a", font=font)


def _colour(box: Box, threshold: float) -> str:
    if box.kind == "detection":
        return {RIGHT: _FOUND, WRONG: _WRONG}.get(box.outcome, _ASIDE)
    if box.outcome == "difficult":
        return _ASIDE
    return _FOUND if box.score is not None and box.score >= threshold else _MISSED


def _jpeg(image: Image.Image) -> bytes:
    content = io.BytesIO()
    image.save(content, "JPEG", quality=82)
    return content.getvalue()
