"""What the words of the page mean, and in which words figures are shown."""

from __future__ import annotations

import math

from coralline.scoring.error_kinds import BACKGROUND, BOTH, CLASSIFICATION, DUPLICATE, LOCALISATION, MISSED

_IOU = (
    "IoU",
    "intersection over union: how much two boxes overlap, as a share of the area that both cover together; "
    "1 is the same box, 0 no overlap",
)
_PRECISION = ("precision", "the share of detections that are right")
_RECALL = ("recall", "the share of objects that are found")
_F1 = (
    "F1",
    "one number for precision and recall together, their harmonic mean: 1 if all is found and nothing else, "
    "low if either is low",
)
_THRESHOLD = (
    "score threshold",
    "detections with a lower score are not shown; the best one gives the highest F1",
)

MEANINGS: dict[str, tuple[tuple[str, str], ...]] = {
    "figures": (
        (
            "AP",
            "average precision: the precision averaged over all levels of recall, then over classes and over IoU from "
            ".50 to .95, so that it also counts how tight boxes are (COCO's main figure); 1 is perfect",
        ),
        ("AP50, AP75", "the same with one IoU from which a box counts as found: .50 is lenient, .75 strict"),
        (
            "AP small, medium, large",
            "AP over objects of up to 32 × 32 pixels of the image, up to 96 × 96, and larger ones",
        ),
        (
            "AR",
            "average recall: the share of objects found when up to 100 detections an image and class count, whatever "
            "their score, averaged over IoU from .50 to .95 and classes",
        ),
        _IOU,
        (
            "95 % interval",
            "where a figure would lie in 95 of 100 cases if other images of the same kind had been taken: it is "
            "computed by drawing the images again and again (bootstrap)",
        ),
    ),
    "classes": (
        ("boxes", "annotated objects of the class; difficult ones are not counted"),
        ("found, missed", "objects with and without a detection of their class that overlaps by IoU .5 or more"),
        ("false alarms", "detections of the class that are none of its objects"),
        _RECALL,
        _PRECISION,
        _THRESHOLD,
    ),
    "curves": (_PRECISION, _RECALL, _F1, _THRESHOLD),
    "errors": (
        (
            "TIDE",
            "a way to sort errors by what would put them right (Bolya et al. 2020). Costs don't add up: an error put "
            "right may uncover another",
        ),
        ("AP50", "average precision with boxes that count as found from IoU .50 on"),
        _IOU,
    ),
    "confusion": (
        (
            "confusion matrix",
            "each object stands in the row of its class, in the column of what was detected there. On the diagonal: "
            "right. Last column: missed. Last row: detections where there is nothing",
        ),
    ),
    "calibration": (
        (
            "calibration",
            "scores are calibrated if of detections with score .7 about seven in ten are right: bars end at the dotted "
            "line. Bars above it: the detector is more often right than it says",
        ),
    ),
    "training": (
        ("loss", "what training makes smaller: how far the model's outputs are from the annotations"),
        ("AP, AP50", "average precision on the images that chose the checkpoint, while training went on"),
        ("checkpoint", "the weights at one step; the one that was kept became the model"),
        (
            "quantization-aware",
            "the second phase: training with the rounding to 8 bits that the file will have",
        ),
    ),
    "pictures": (
        ("missed", "an object that no detection of its class overlaps by IoU .5 from the chosen score on"),
        ("false alarm", "a detection that is no object of its class; its kind of error says what it is instead"),
        ("difficult", "annotated as hard to see: finding it is neither right nor wrong"),
        _THRESHOLD,
    ),
}
"""Section of the page -> (word, meaning)."""

KINDS = {
    CLASSIFICATION: "the box is right, the class is wrong",
    LOCALISATION: "the class is right, the box overlaps the object too little (IoU .1 to .5)",
    BOTH: "class and box are wrong",
    DUPLICATE: "an object that a stronger detection has found already",
    BACKGROUND: "nothing is there",
    MISSED: "an object that no detection comes near",
}

ROWS = (
    ("AP", "IoU .50–.95", "ap"),
    ("AP50", "IoU .50", "ap50"),
    ("AP75", "IoU .75", "ap75"),
    ("AP small", "up to 32² pixels", "ap_small"),
    ("AP medium", "up to 96² pixels", "ap_medium"),
    ("AP large", "larger", "ap_large"),
    ("AR", "100 detections", "ar100"),
)
"""Of the table of figures: label, hint, field of `Figures`."""


def figure(value: float | None) -> str:
    """ "0.123"; a dash for None."""
    return "–" if value is None else f"{value:.3f}"


def change(value: float | None, reference: float | None) -> str:
    """From the reference to the value, with a sign; empty if either is unknown."""
    return "" if value is None or reference is None else signed(value - reference)


def signed(value: float | None) -> str:
    """ "+0.123", "−0.123", "±0"; a dash for None."""
    return "–" if value is None else "±0" if abs(value) < 0.0005 else f"{value:+.3f}".replace("-", "−")


def score_in_full(value: float | None) -> str:
    """A score or a threshold with up to three digits; a dash for None."""
    return "–" if value is None else f"{value:.3f}".removesuffix("0")


def short(value: float) -> str:
    """A score in a picture: ".83"."""
    return f"{value:.2f}".removeprefix("0")


def milliseconds(value: float) -> str:
    """With two digits that mean something."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def without_nan(content: object) -> object:
    """The same for JSON, which has no NaN and no infinity: None instead."""
    if isinstance(content, dict):
        return {str(key): without_nan(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [without_nan(value) for value in content]
    if isinstance(content, float) and not math.isfinite(content):
        return None
    return content
