"""What `coralline evaluate` prints."""

from __future__ import annotations

from pipeline.json_documents.shared_entries import FiguresEntry, JsonObject


class IntervalEntry(JsonObject):
    """A 95 % interval over the images (bootstrap)."""

    low: float
    """Its lower end."""
    high: float
    """Its upper end."""


class IntervalsEntry(JsonObject):
    """Intervals of figures; null where fewer than two images hold boxes that count."""

    AP: IntervalEntry | None
    """Mean over IoU .50:.05:.95."""
    AP50: IntervalEntry | None
    """At IoU .50."""
    AP75: IntervalEntry | None
    """At IoU .75."""
    AP_small: IntervalEntry | None
    """Of boxes of up to 32 x 32 pixels."""
    AP_medium: IntervalEntry | None
    """Of boxes of up to 96 x 96 pixels."""
    AP_large: IntervalEntry | None
    """Of larger ones."""
    AR100: IntervalEntry | None
    """Average recall with 100 detections."""
    per_class: dict[str, IntervalEntry | None]
    """Of the AP of each class."""


class DetectionCountsEntry(JsonObject):
    """What is found when detections of at least a score are shown, at IoU .5."""

    boxes: int
    """Objects, difficult ones aside."""
    found: int
    """Of these."""
    false: int
    """Detections that are none of them."""


class ScoreThresholdEntry(DetectionCountsEntry):
    """A score threshold, and what a device shows with it."""

    score: float
    """Detections of at least this score are shown."""
    precision: float | None
    """The share of detections that are right; null without a detection."""
    recall: float | None
    """The share of objects found; null without an object."""
    f1: float | None
    """The harmonic mean of both; null without either."""
    below_frigate_floor: int
    """Of the objects found, those that Frigate drops whatever its settings are, since their score is below .4."""


class ScoreThresholdsEntry(JsonObject):
    """The score thresholds with the best F1."""

    overall: ScoreThresholdEntry | None
    """For all classes; null if nothing is found at any."""
    per_class: dict[str, ScoreThresholdEntry | None]
    """For each class by itself."""
    at_overall: dict[str, DetectionCountsEntry]
    """Of each class at the overall one."""


class DifferenceEntry(JsonObject):
    """By how much the model is above the other one."""

    change: float | None
    """On the images as they are; null if either has no such figure."""
    low: float | None
    """The lower end of its 95 % interval, paired over the images; null with fewer than two that hold boxes."""
    high: float | None
    """The upper end."""
    beyond_chance: bool
    """Whether all of the interval lies on one side of zero."""


class DifferencesEntry(JsonObject):
    """Differences of figures."""

    AP: DifferenceEntry
    """Mean over IoU .50:.05:.95."""
    AP50: DifferenceEntry
    """At IoU .50."""
    AP75: DifferenceEntry
    """At IoU .75."""
    AP_small: DifferenceEntry
    """Of boxes of up to 32 x 32 pixels."""
    AP_medium: DifferenceEntry
    """Of boxes of up to 96 x 96 pixels."""
    AP_large: DifferenceEntry
    """Of larger ones."""
    AR100: DifferenceEntry
    """Average recall with 100 detections."""


class ComparisonEntry(JsonObject):
    """Another model on the same images, on the classes that both know."""

    model: str
    """The other model's file."""
    class_names: list[str]
    """The classes that both know."""
    figures: FiguresEntry
    """Of the other model."""
    own_figures: FiguresEntry
    """Of the model itself, on these classes."""
    differences: DifferencesEntry
    """The model less the other one."""
    per_class: dict[str, DifferenceEntry]
    """The same of the AP of each class."""
    sentence: str
    """Which differences can be told from chance, in words."""


class EvaluateDocument(FiguresEntry):
    """How good a detector is on some images."""

    images: int
    """How many."""
    scored: str
    """Which images of the data these are, in words."""
    left_out: str
    """Images and boxes that couldn't be used, in words; empty if there are none."""
    intervals: IntervalsEntry | None
    """How far the figures depend on which images there are."""
    reach: str
    """How little so many images tell, in words."""
    score_thresholds: ScoreThresholdsEntry | None
    """The best score thresholds."""
    against: ComparisonEntry | None
    """The comparison with the model of `--against`."""
    warnings: list[str]
    """What is odd about the files."""
    report: str | None
    """The page that `--report` wrote."""
