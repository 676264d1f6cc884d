"""How far figures depend on which images happened to be there: bootstrap over images.

The images are drawn again with replacement `RESAMPLES` times (Efron 1979), always the same draws for a number of
images, so that two models are compared on the same ones. A 95 % interval goes from the 2.5th to the 97.5th percentile
of a figure over the draws. A draw in which a class has no box leaves the class out of the mean, as COCO does; one in
which no class has a box is left out. Where fewer than two images hold boxes that count there is no interval (None):
drawing one image again and again gives the same figure, which would look like certainty.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from coralline.foundation.progress import counted
from coralline.scoring.coco_matches import AREAS, IOU_THRESHOLDS, CocoMatches, mean_over

RESAMPLES = 1000
CONFIDENCE = 0.95
_SEED = 0
_MOST_DETECTIONS = 100  # of an image and class, for average recall


@dataclasses.dataclass(frozen=True)
class Interval:
    """A 95 % interval.

    Attributes:
      low, high: its ends, in the figure's unit.
    """

    low: float
    high: float

    @property
    def width(self) -> float:
        """Distance of its ends."""
        return self.high - self.low

    def as_json(self) -> dict[str, float]:
        """`{"low", "high"}`."""
        return {"low": self.low, "high": self.high}


@dataclasses.dataclass(frozen=True)
class FigureIntervals:
    """Intervals of a model's figures, named as in `Figures`; None where fewer than two images hold boxes that count.

    Attributes:
      per_class: of the AP of each class.
    """

    ap: Interval | None
    ap50: Interval | None
    ap75: Interval | None
    ap_small: Interval | None
    ap_medium: Interval | None
    ap_large: Interval | None
    ar100: Interval | None
    per_class: dict[str, Interval | None]

    def as_json(self) -> dict[str, Any]:
        """By the keys of `Figures.as_json`; each `{"low", "high"}` or None."""
        named = {
            "AP": self.ap,
            "AP50": self.ap50,
            "AP75": self.ap75,
            "AP_small": self.ap_small,
            "AP_medium": self.ap_medium,
            "AP_large": self.ap_large,
            "AR100": self.ar100,
        }
        in_json = {name: interval and interval.as_json() for name, interval in named.items()}
        return {**in_json, "per_class": {name: of and of.as_json() for name, of in self.per_class.items()}}


@dataclasses.dataclass(frozen=True)
class ResampledFigures:
    """A model's figures on every draw of the images.

    Attributes:
      images: how many there are to draw from.
      figures: {field of `FigureIntervals`: float64 [draws], NaN where no box counts; empty without an interval}.
      per_class: {class's name: its AP, in the same form}.
    """

    images: int
    figures: dict[str, np.ndarray]
    per_class: dict[str, np.ndarray]

    def intervals(self) -> FigureIntervals:
        """The 95 % interval of each figure."""
        per_class = {name: _interval(values) for name, values in self.per_class.items()}
        return FigureIntervals(**{name: _interval(of) for name, of in self.figures.items()}, per_class=per_class)


def resample(matches: CocoMatches, draws: int = RESAMPLES) -> ResampledFigures:
    """A model's figures on images drawn with replacement, out of one matching."""
    weights = _draw(matches.images, draws)
    by_area = {area: matches.average_precisions(area, weights) for area in AREAS}  # [classes, draws, IoU thresholds]
    everything = by_area["all"]
    iou50, iou75 = (int(np.argmin(np.abs(IOU_THRESHOLDS - iou))) for iou in (0.5, 0.75))
    enough = {area: _images_with_boxes(matches, area) > 1 for area in AREAS}
    overall = {
        "ap": mean_over(everything, (0, 2)),
        "ap50": mean_over(everything[:, :, iou50], 0),
        "ap75": mean_over(everything[:, :, iou75], 0),
        "ar100": mean_over(matches.recalls(_MOST_DETECTIONS, weights), (0, 2)),
    }
    figures = {name: values if enough["all"] else _NO_DRAWS for name, values in overall.items()}
    for area in AREAS[1:]:
        figures[f"ap_{area}"] = mean_over(by_area[area], (0, 2)) if enough[area] else _NO_DRAWS
    per_class = {
        name: everything[index].mean(axis=1) if np.count_nonzero(of.areas["all"].boxes) > 1 else _NO_DRAWS
        for index, (name, of) in enumerate(matches.classes.items())
    }
    return ResampledFigures(matches.images, figures, per_class)


def paired_difference(candidate: ResampledFigures, other: ResampledFigures, figure: str = "ap") -> Interval | None:
    """The interval of how much more the candidate reaches than another model on the same draws of the same images.

    Args:
      candidate, other: of the same images, in the same order.
      figure: a field of `FigureIntervals`, other than `per_class`.

    Returns:
      None if fewer than two images hold boxes that count.
    """
    if candidate.images != other.images:
        raise ValueError(f"{candidate.images} and {other.images} images")
    return _interval(candidate.figures[figure] - other.figures[figure])


def paired_class_difference(candidate: ResampledFigures, other: ResampledFigures, name: str) -> Interval | None:
    """`paired_difference`, of the AP of a class that both were scored on."""
    return _interval(candidate.per_class[name] - other.per_class[name])


def reach_of_images(interval: Interval | None, images: int, name: str = "AP") -> str:
    """What that many images tell about a figure, in a sentence for people; starts with a capital letter."""
    count = counted(images, "image")
    if interval is None:
        return f"{count.capitalize()}: too few to say how far {name} is chance (two with a box that counts are needed)."
    known = f"With {count} {name} is known to within {interval.low:.3f} to {interval.high:.3f} (95 % interval)"
    if interval.width <= _NARROW:
        return f"{known}."
    return (
        f"{known}: other images of the same kind could move it by about {interval.width / 2:.2f} either way. "
        f"Four times as many images halve that."
    )


_NARROW = 0.02
_NO_DRAWS = np.zeros(0)


def _draw(images: int, draws: int) -> np.ndarray:
    """How often each draw takes each image, int32 [draws, images]."""
    drawn = np.random.default_rng(_SEED).integers(0, max(images, 1), (draws, images))
    places = drawn + np.arange(draws)[:, None] * images
    return np.bincount(places.ravel(), minlength=draws * images).reshape(draws, images).astype(np.int32)


def _images_with_boxes(matches: CocoMatches, area: str) -> int:
    boxes = [of.areas[area].boxes for of in matches.classes.values()]
    return int(np.count_nonzero(np.sum(boxes, axis=0))) if boxes else 0


def _interval(values: np.ndarray) -> Interval | None:
    known = values[~np.isnan(values)]
    if not known.size:
        return None
    low, high = np.percentile(known, [50 * (1 - CONFIDENCE), 50 * (1 + CONFIDENCE)])
    return Interval(float(low), float(high))
