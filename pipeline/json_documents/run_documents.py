"""What `coralline run` and `demo` print, and what OUT/runs/RUN_ID.json holds."""

from __future__ import annotations

from typing import Literal

from pipeline.json_documents.shared_entries import CodeEntry, ErrorEntry, FiguresEntry, JsonObject, RecordedEntry


class EdgeTpuShareEntry(JsonObject):
    """What the Edge TPU takes of the model."""

    compiled: bool
    """Whether the compiler made a file; else the figures are predicted."""
    mapped: int | None
    """Operations on the Edge TPU."""
    total: int | None
    """All operations."""


class SelectionEntry(JsonObject):
    """Which images chose the checkpoint."""

    split: Literal["train", "eval"]
    """`train`: held out from training; `eval`: the eval images."""
    images: int
    """How many."""
    unseen: bool
    """Whether the images that judge the model had no part in it."""
    sentence: str
    """That in words; if they had, by how much it flatters AP at most, by a cross-check of two halves."""


class RunMetricsEntry(JsonObject):
    """Figures of each model on the images that judge it; a model that wasn't judged is absent."""

    int8: FiguresEntry | None = None
    """The file that ships."""
    qat: FiguresEntry | None = None
    """The quantization-aware model before conversion."""
    float: FiguresEntry | None = None
    """The model before quantization."""
    baseline: FiguresEntry | None = None
    """The model that was published before."""
    selection: SelectionEntry | None = None
    """Which images chose the checkpoint; absent for models that were trained before this was recorded."""


class RunDocument(JsonObject):
    """A run that ended well."""

    state: Literal["complete"]
    """How it ended."""
    run_id: str
    """The run, as in ML Metadata."""
    pushed: bool
    """Whether its model was published, by this run or by an earlier one that it reuses."""
    served: bool
    """Whether its model is what `latest` names, by content; `run --fail-unless-published` asks this."""
    why_not_served: str | None
    """The reason in words; null if it is served."""
    blessed: bool
    """Whether it passed every threshold."""
    reasons: list[str]
    """Why it didn't."""
    metrics: RunMetricsEntry
    """Figures by model."""
    images: int
    """How many images it was judged on."""
    split: Literal["test", "eval"]
    """The side of the data that they are of."""
    seconds: dict[str, float]
    """Time by component."""
    reused: list[str]
    """Components whose earlier result was reused."""
    edgetpu: EdgeTpuShareEntry
    """What the Edge TPU takes."""
    push_reason: str
    """Why it was published or not."""
    published: str | None
    """The folder or address of the published version; null if it wasn't published."""
    latest: str | None
    """That of the version which is served now."""
    rolled_back: str | None
    """When and why its version was rolled back, in words; null if it wasn't."""
    model: str
    """The .tflite file."""
    report: str
    """The page."""
    data_report: str
    """The page on the data."""
    anomalies: list[str]
    """What TFDV found unusual about the data."""
    log: str
    """What the libraries wrote."""
    store: str
    """ML Metadata."""
    code: CodeEntry
    """The code that ran."""


class FailedRunDocument(JsonObject):
    """A run that began and didn't end well. It is printed in place of an `error` document, and is read like one."""

    exit_code: int
    """The process's exit code."""
    error: ErrorEntry
    """What went wrong."""
    state: Literal["failed", "interrupted"]
    """How it ended."""
    run_id: str
    """The run, as in ML Metadata."""
    component: str | None
    """The component that failed; null before the first one."""
    seconds: dict[str, float]
    """Time by component, of those that were done before."""
    reused: list[str]
    """Components whose earlier result was reused."""
    log: str
    """What the libraries wrote; it ends with the traceback."""
    store: str
    """ML Metadata."""
    code: CodeEntry
    """The code that ran."""


class ReportDocument(JsonObject):
    """The page of a run."""

    run_id: str
    """The run, as in ML Metadata."""
    state: str
    """How it ended: COMPLETE, FAILED, RUNNING, ..."""
    page: str
    """The page, a path or an address."""
    recorded: RecordedEntry
    """What ML Metadata knows of the run."""
