"""What report.json beside the page on a detector holds: of the Evaluator, and of `coralline evaluate --report`."""

from __future__ import annotations

from typing import Any

from pipeline.json_documents.evaluate_document import (
    ComparisonEntry,
    DetectionCountsEntry,
    IntervalEntry,
    IntervalsEntry,
    ScoreThresholdsEntry,
)
from pipeline.json_documents.model_documents import PredictedOpsEntry
from pipeline.json_documents.publishing_documents import CompilationEntry
from pipeline.json_documents.run_documents import SelectionEntry
from pipeline.json_documents.shared_entries import FiguresEntry, JsonObject


class HeadEntry(JsonObject):
    """What a page is about; a text is empty where it doesn't apply."""

    made: str
    """When the model was judged: UTC, as 2026-03-14T10:15:02Z."""
    run: str
    """The pipeline run."""
    preset: str
    """The model's preset."""
    data: str
    """Path or name of the data set."""
    model: str
    """The file, in a page of `coralline evaluate`."""


class AtBestThresholdEntry(JsonObject):
    """What is shown at the score threshold with the best F1 of all classes together."""

    score_threshold: float | None
    """The threshold; null if nothing is found at any."""
    iou: float
    """A detection has found a box from this overlap on."""
    per_class: dict[str, DetectionCountsEntry]
    """By class."""


class ErrorKindEntry(JsonObject):
    """One kind of errors, after TIDE (Bolya et al., 2020)."""

    count: int
    """How many."""
    ap50_cost: float
    """The AP50 that is gained when they are corrected."""


class ErrorsEntry(JsonObject):
    """Errors by kind, each counted once."""

    classification: ErrorKindEntry
    """The box is right, the class is wrong."""
    localisation: ErrorKindEntry
    """The class is right, the box overlaps too little."""
    both: ErrorKindEntry
    """Both are wrong."""
    duplicate: ErrorKindEntry
    """A better detection has found the box already."""
    background: ErrorKindEntry
    """Nothing is there."""
    missed: ErrorKindEntry
    """A box that no detection is about."""
    false_positive_cost: float
    """The AP50 that is gained without false positives."""
    false_negative_cost: float
    """The AP50 that is gained without missed boxes."""


class ConfusionEntry(JsonObject):
    """The confusion matrix."""

    names: list[str]
    """Of rows and columns: the classes, and `background`."""
    threshold: float
    """Detections of at least this score count."""
    counts: list[list[int]]
    """A row for each true class, a column for each that was detected."""


class ReliabilityEntry(JsonObject):
    """Detections of similar score."""

    low: float
    """The least score."""
    high: float
    """The greatest one."""
    count: int
    """How many detections."""
    mean_score: float | None
    """Their mean score; null without a detection."""
    share_right: float | None
    """The share of them that are right."""


class CalibrationEntry(JsonObject):
    """How far a score says how often a detection is right."""

    bins: list[ReliabilityEntry]
    """Detections by score."""
    expected_error: float
    """Mean distance of score and share, over detections."""


class MeasuredLatencyEntry(JsonObject):
    """Time for one image on this machine."""

    median_ms: float
    """The median."""
    p90_ms: float
    """Nine of ten are faster."""
    runs: int
    """How many were timed."""
    threads: int
    """Of the runtime."""
    delegate: str | None
    """The delegate's library; null on the CPU."""
    cpu: str
    """The CPU's name."""


class TrainingPhaseEntry(JsonObject):
    """Curves of one phase of the training."""

    name: str
    """`float` or `qat`, in words."""
    loss: list[list[float]]
    """[step, loss]."""
    ap: list[list[float]]
    """[step, AP] on the images that choose the checkpoint."""
    ap50: list[list[float]]
    """[step, AP50] on these."""
    kept_step: int | None
    """The step whose checkpoint was kept."""


class ModelFileEntry(JsonObject):
    """The model's file."""

    name: str
    """Its name."""
    bytes: int
    """Its size."""
    sha256: str
    """Of its content."""


class RuleEntry(JsonObject):
    """One rule of the verdict."""

    rule: str
    """The setting of `evaluate` that asks for it."""
    limit: float
    """Its value."""
    found: float | None
    """What was found."""
    passed: bool | None
    """The outcome; null if the rule doesn't apply."""
    sentence: str
    """The outcome in words."""


class RawDifferenceEntry(JsonObject):
    """Of two models' outputs, over all anchors and images."""

    mean: float | None
    """Mean absolute difference."""
    largest: float | None
    """The largest one."""
    correlation: float | None
    """The correlation."""


class ParityStepEntry(JsonObject):
    """From one form of the model to the next."""

    name: str
    """The step between the two."""
    before: str
    """The model before."""
    after: str
    """The model after."""
    ap_change: float | None
    """AP after less AP before."""
    boxes: RawDifferenceEntry
    """Of box encodings, in anchors' sizes."""
    scores: RawDifferenceEntry
    """Of class scores."""


class LayerErrorEntry(JsonObject):
    """What quantization does to one tensor."""

    name: str
    """Its layer."""
    tensor: str
    """`weights`, or the output."""
    error: float | None
    """Root mean square of the difference, relative to the tensor's standard deviation."""
    added: float | None
    """That, less the error of the layer's input."""
    steps: float | None
    """Mean difference in steps of the 8-bit scale."""
    clipped: float | None
    """Share of values beyond the range."""


class ParityEntry(JsonObject):
    """Where accuracy went between the float model and the file."""

    images: int
    """On which outputs were compared."""
    steps: list[ParityStepEntry]
    """Float to quantization-aware to int8."""
    post_processing: float | None
    """AP that thorough post-processing would gain."""
    rounded_layers: list[LayerErrorEntry]
    """Those that lose most to fake quantization, worst first."""
    converted_layers: list[LayerErrorEntry]
    """Those at which the file departs most from the quantization-aware model, worst first."""
    explain: bool
    """Whether more AP was lost than `evaluate.explain_loss_above`."""


class DataEntry(JsonObject):
    """The data, in words."""

    address: str
    """The data report."""
    path: str
    """The data set."""
    sentence: str
    """Images, boxes and classes."""
    problems: list[str]
    """One sentence for each kind."""
    changes: list[str] | None
    """Notable changes since the last data; null if there is none to compare with."""
    anomalies: list[str]
    """What TFDV found unusual."""


class PublicationEntry(JsonObject):
    """What EdgeTpuPusher did."""

    pushed: bool
    """Whether the model was published."""
    destination: str
    """The publishing folder or address."""
    version: str | None
    """The version; null if it wasn't published."""
    edgetpu: CompilationEntry
    """What the Edge TPU takes of it; empty of a model that wasn't blessed."""
    refused_by: str | None
    """`blessing`, `gate`, `baseline` or `rollback`; null if it was published."""
    reason: str
    """Why it was published or not."""


class EvaluationReportDocument(JsonObject):
    """`report.json`: what the page `report.html` shows. Unknown figures are null; what only a run of the pipeline, or
    only `coralline evaluate`, can tell is absent from the other's."""

    head: HeadEntry
    """What it is about."""
    images: int
    """How many were judged on."""
    split: str
    """The side that they are of; may be empty in a page of `evaluate`."""
    int8: FiguresEntry | None = None
    """Figures of the file that ships."""
    qat: FiguresEntry | None = None
    """Of the quantization-aware model before conversion."""
    float: FiguresEntry | None = None
    """Of the model before quantization."""
    baseline: FiguresEntry | None = None
    """Of the model that was published before."""
    judged: FiguresEntry | None = None
    """In a page of `evaluate`: of the file that it is about."""
    other: FiguresEntry | None = None
    """In a page of `evaluate`: of the file of `--against`."""
    intervals: dict[str, IntervalsEntry]
    """By model, as above: how far its figures depend on which images there are."""
    differences: dict[str, dict[str, IntervalEntry | None]]
    """By the model compared with, by figure: 95 % interval of how much better the first is, on the same images; null
    as in `intervals`."""
    mapping: PredictedOpsEntry
    """What the Edge TPU is predicted to take."""
    at_best_threshold: AtBestThresholdEntry
    """Found and false at the best score threshold."""
    score_thresholds: ScoreThresholdsEntry
    """The best score thresholds."""
    errors: ErrorsEntry | None
    """What goes wrong; null if nothing can."""
    confusion: ConfusionEntry | None
    """Which classes are taken for which, at the best threshold; null without one."""
    calibration: CalibrationEntry | None
    """What a score is worth; null without a detection."""
    latency: MeasuredLatencyEntry | None
    """Time for one image."""
    training: list[TrainingPhaseEntry]
    """Curves of the training."""
    selection: SelectionEntry | None
    """Which images chose the checkpoint; null if it isn't known."""
    file: ModelFileEntry
    """The file."""
    pictures: list[str]
    """Pictures with boxes, below the folder of the report."""
    blessed: bool = False
    """Whether it passed every rule; absent if it wasn't judged, as the next three are."""
    reasons: list[str] = []
    """The verdict in words."""
    checks: list[RuleEntry] = []
    """The outcome of every rule that is on."""
    thresholds: dict[str, Any] = {}
    """By rule: its limit, null if it is off."""
    parity: ParityEntry | None = None
    """Where accuracy went."""
    data: DataEntry | None = None
    """The data."""
    warnings: list[str] = []
    """What is odd about the files."""
    against: ComparisonEntry | None = None
    """The comparison with the file of `--against`, as `evaluate --json` has it."""
    publication: PublicationEntry | None = None
    """What became of it, in the copy that EdgeTpuPusher makes."""
