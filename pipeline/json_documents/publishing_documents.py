"""What `coralline rollback` prints, and what a published version's manifest.json holds."""

from __future__ import annotations

from typing import Any, Literal

from pipeline.json_documents.evaluate_document import ScoreThresholdEntry
from pipeline.json_documents.model_documents import CpuOpEntry, ParametersEntry
from pipeline.json_documents.run_documents import SelectionEntry
from pipeline.json_documents.shared_entries import CodeEntry, FiguresEntry, JsonObject


class MoveEntry(JsonObject):
    """A move of `latest`."""

    time: str
    """UTC, as 2026-03-14T10:15:02Z."""
    before: str | None
    """The version that was served until then; null before the first."""
    after: str
    """The version that is served from then on."""
    by: Literal["push", "rollback"]
    """What moved it."""
    reason: str
    """Of a rollback; may be empty."""


class VersionShareEntry(JsonObject):
    """What the Edge TPU takes of a version; null where the manifest doesn't say."""

    compiled: bool | None
    """Whether it was compiled."""
    mapped: int | None
    """Operations on the Edge TPU."""
    total: int | None
    """All operations."""


class VersionEntry(JsonObject):
    """A published version."""

    version: str
    """Its name."""
    served: bool
    """Whether `latest` names it."""
    damage: str | None
    """What is wrong with it; null if it is whole."""
    rolled_back: MoveEntry | None
    """The rollback, if it was rolled back and not served since."""
    metrics: dict[str, Any]
    """Figures of the int8 file, as its manifest has them; empty if it has none."""
    edgetpu: VersionShareEntry
    """What the Edge TPU takes of it."""


class RollbackDocument(JsonObject):
    """What a rollback did."""

    place: str
    """The publishing folder or address."""
    moved: bool
    """Whether `latest` moved."""
    before: str | None
    """The version that was served before."""
    after: str
    """The version that is served now."""
    skipped: dict[str, str]
    """Damaged versions in between, each with what is wrong with it."""


class RollbackListDocument(JsonObject):
    """Versions and moves: `rollback --list`."""

    place: str
    """The publishing folder or address."""
    latest: str | None
    """The version that is served."""
    versions: list[VersionEntry]
    """The newest first."""
    moves: list[MoveEntry]
    """The oldest first."""


class StatusEntry(JsonObject):
    """Operations of one kind and status, as the compiler's log has them."""

    op: str
    """The kind."""
    count: int
    """How many."""
    status: str
    """The compiler's words."""


class CompilationEntry(JsonObject):
    """What the Edge TPU takes of a model, and what its compiler said."""

    compiled: bool = False
    """Whether the compiler made a file; else the figures are predicted."""
    mapped: int = 0
    """Operations on the Edge TPU."""
    total: int = 0
    """All operations."""
    cpu: list[StatusEntry | CpuOpEntry] = []
    """Those that stay on the CPU; predicted ones each by itself."""
    subgraphs: int = 0
    """Edge TPU subgraphs."""
    parameters: ParametersEntry | None = None
    """Where the parameters lie."""
    compiler: str | None = None
    """The compiler's version; null if there is none."""
    why_not: str = ""
    """Why there is no compiled file."""
    failure: str | None = None
    """What the compiler is predicted to say when it refuses the file."""
    search_delegate: bool = False
    """Whether the compiler had to look for operations that it can take (`--search_delegate`)."""
    not_as_predicted: list[str] = []
    """How its mapping differs from the predicted one, in words."""


class PostProcessingEntry(JsonObject):
    """Settings of the model's TFLite_Detection_PostProcess."""

    max_detections: int
    """Rows of the output."""
    score_threshold: float
    """Rows below it are left out."""
    iou_threshold: float
    """Overlap above which the weaker box is dropped."""
    num_classes: int
    """Classes, without background."""
    box_coder_scales: list[float]
    """y, x, h, w: what box encodings are divided by."""
    use_regular_nms: bool
    """Suppression class by class; else each anchor counts with its best class only."""
    max_classes_per_detection: int
    """Classes reported for one box by the fast way."""
    detections_per_class: int = 100
    """The most of one class that the regular way keeps."""


class PublishedModelEntry(JsonObject):
    """Which model a version is."""

    preset: str | None
    """Its preset."""
    trained_model: str | None
    """The folder of the trained model that it was exported from."""
    sha256: str
    """Of model.tflite."""
    post_processing: PostProcessingEntry
    """What its last operation does."""


class PublishedMetricsEntry(JsonObject):
    """Figures of each model on the images that judged it; a key is absent if nothing is known."""

    images: int = 0
    """How many it was judged on."""
    split: str = ""
    """The side of the data that they are of."""
    selection: SelectionEntry | None = None
    """Which images chose the checkpoint."""
    int8: FiguresEntry | None = None
    """Of the file that ships."""
    qat: FiguresEntry | None = None
    """Of the quantization-aware model before conversion."""
    float: FiguresEntry | None = None
    """Of the model before quantization."""
    baseline: FiguresEntry | None = None
    """Of the model that was published before."""


class PublishedThresholdsEntry(JsonObject):
    """The score thresholds with the best F1."""

    overall: ScoreThresholdEntry | None
    """For all classes; null if nothing is found at any."""
    per_class: dict[str, ScoreThresholdEntry | None]
    """For each class by itself."""


class ManifestDocument(JsonObject):
    """`manifest.json` of a published version. It is written last: a folder without it is no version."""

    version: str
    """The version's name."""
    model: PublishedModelEntry
    """Which model it is."""
    metrics: PublishedMetricsEntry
    """How good it is."""
    score_threshold: float | None
    """The best threshold for all classes; null if nothing is found at any."""
    score_thresholds: PublishedThresholdsEntry
    """That, and each class's own."""
    edgetpu: CompilationEntry
    """What the Edge TPU takes of it."""
    labels: list[str]
    """The classes, in the order of their ids."""
    input: list[int]
    """Height and width of the image that it takes, pixels."""
    versions: CodeEntry
    """The code that published it."""
    lineage: dict[str, int | str]
    """Ids of the pusher's inputs in ML Metadata, and `pipeline_run`."""
    files: dict[str, str]
    """By name: SHA-256 of every other file of the version."""
