"""What `coralline check` prints."""

from __future__ import annotations

from typing import Any, Literal

from pipeline.json_documents.model_documents import PredictedOpsEntry
from pipeline.json_documents.shared_entries import JsonObject


class ProblemEntry(JsonObject):
    """A fault of the data or the settings."""

    kind: str
    """Its kind, as the settings `data.on_...` name it."""
    file: str | None
    """The file that it is about."""
    line: int | None
    """The line in it, from 1."""
    message: str
    """One sentence."""
    policy: str
    """What is done about it: `fail` stops a run; `drop`, `fix` or `keep`."""


class SpreadEntry(JsonObject):
    """Percentiles."""

    least_tenth: float
    """A tenth of the values are below."""
    median: float
    """Half of them are."""
    greatest_tenth: float
    """All but a tenth are."""


class ImageSizeEntry(JsonObject):
    """A size that images have."""

    width: int
    """Pixels of the upright image."""
    height: int
    """Pixels of the upright image."""
    images: int
    """How many have it."""


class ImageSizesEntry(JsonObject):
    """The sizes that images have, in pixels."""

    different: int
    """How many sizes there are."""
    most_frequent: list[ImageSizeEntry]
    """Those that most images have."""
    smallest: list[int] | None = None
    """Width and height; absent without images."""
    largest: list[int] | None = None
    """Width and height; absent without images."""


class AnchorFitEntry(JsonObject):
    """How boxes fit some anchors."""

    preset: str
    """The preset."""
    input_size: int
    """Height and width of the model's input, pixels."""
    anchors_per_cell: int
    """Anchors in each cell of a feature level."""
    unmatched: int
    """Boxes that no anchor matches."""
    mean_best_iou: float
    """Mean over boxes of the IoU with the best anchor."""


class AnchorAdviceEntry(JsonObject):
    """Settings of anchors, and what they would change."""

    sentence: str
    """In words."""
    settings: dict[str, Any]
    """The settings, by key."""
    described: str
    """The anchors and what they cost, in words."""
    arguments: str
    """The same as arguments of the command line."""
    now: AnchorFitEntry
    """Without them."""
    then: AnchorFitEntry | None
    """With them; null if nothing helps."""


class PredictedMappingEntry(PredictedOpsEntry):
    """What the Edge TPU will take of a model of these settings; only the preset and its input size without a class."""

    preset: str
    """The preset."""
    input_size: int
    """Height and width of the model's input, pixels."""
    sentence: str = ""
    """In words."""


class TrainingEstimateEntry(JsonObject):
    """What a training will take on this machine, measured on a few steps (`--measure`)."""

    seconds: float
    """Of both phases."""
    peak_bytes: int
    """Memory."""
    images_per_s: dict[str, float]
    """Training images a second, by phase."""
    measured_steps: dict[str, int]
    """Steps that were measured, by phase."""


class CheckDocument(JsonObject):
    """A data set and settings. If the data can't be opened, only the first seven keys are there, with one problem."""

    ok: bool
    """Whether nothing would stop a run."""
    reader: str | None
    """How the data is laid out; null if it can't be opened."""
    images: int
    """Images that are used."""
    boxes: int
    """Boxes in them."""
    classes: dict[str, int]
    """Boxes by class, in the order of the label map."""
    splits: dict[str, int]
    """Images by side."""
    problems: list[ProblemEntry]
    """Every fault."""
    path: str = ""
    """Where the data is."""
    not_read: str | None = None
    """What else is in the folder and isn't read, in words."""
    split_rule: str = ""
    """How the sides were made, in words."""
    pictures_compared: int = 0
    """Images that were compared with each other."""
    max_boxes_per_image: int = 0
    """The most boxes in an image."""
    reencoded: dict[Literal["orientation", "format", "transparency", "cut_off"], int] = {}
    """Images that are written anew, by reason."""
    box_sizes: SpreadEntry | None = None
    """Root of a box's area, as a share of the image's longer side; null without boxes."""
    aspect_ratios: SpreadEntry | None = None
    """Width over height of boxes; null without boxes."""
    image_sizes: ImageSizesEntry | None = None
    """Sizes of images."""
    anchors: dict[str, int] = {}
    """Boxes that no anchor matches, by preset."""
    anchors_fitted: AnchorAdviceEntry | None = None
    """Anchors that training will fit to the data; null if the preset's own fit."""
    anchor_advice: AnchorAdviceEntry | None = None
    """What would help boxes that fit badly even so."""
    edgetpu: PredictedMappingEntry | None = None
    """What the Edge TPU will take."""
    estimate: TrainingEstimateEntry | None = None
    """With `--measure`: what a training will take."""
