"""Detections drawn into the image they were found in."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from coralline.data.images.image_pixels import upright_rgb
from coralline.tflite.detections import Detections
from coralline.tflite.detector import class_name

_COLOURS = ("#2fbf71", "#3b82f6", "#ffb000", "#e5484d", "#a855f7", "#06b6d4", "#f472b6", "#84cc16")


def drawn(
    image: Image.Image, detections: Detections, labels: Sequence[str] | None, with_scores: bool = True
) -> Image.Image:
    """A copy of the image, upright, with a box, label and score for each detection; a class keeps its colour."""
    picture = upright_rgb(image)
    draw, size = ImageDraw.Draw(picture), max(12, min(picture.size) // 30)
    font, line = ImageFont.load_default(size), max(2, size // 6)
    rows = zip(detections.boxes_ymin_xmin_ymax_xmax, detections.class_ids, detections.scores, strict=True)
    for corners, class_id, score in reversed(list(rows)):  # the strongest last, on top
        ymin, xmin, ymax, xmax = (float(side) for side in corners)
        left, right = sorted((round(xmin * (picture.width - 1)), round(xmax * (picture.width - 1))))
        top, bottom = sorted((round(ymin * (picture.height - 1)), round(ymax * (picture.height - 1))))
        colour = _COLOURS[int(class_id) % len(_COLOURS)]
        draw.rectangle((left, top, right, bottom), outline=colour, width=line)
        text = class_name(int(class_id), labels) + f" {score:.2f}" * with_scores
        x = max(0, min(left, picture.width - round(draw.textlength(text, font=font)) - 4))
        y = max(0, top - size - 4)
        draw.rectangle((x, y, x + draw.textlength(text, font=font) + 4, y + size + 4), fill=colour)
        draw.text((x + 2, y + 1), text, fill="#10151a", font=font)
    return picture
