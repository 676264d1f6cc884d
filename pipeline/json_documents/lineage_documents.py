"""What `coralline lineage` prints. Settings and properties are those that were recorded, by whatever version."""

from __future__ import annotations

from typing import Any, Literal

from pipeline.json_documents.lineage_entries import (
    ChangedSettingEntry,
    ChangesEntry,
    ChosenSettingEntry,
    ClassScoreEntry,
    DataDifferenceEntry,
    DataSetEntry,
    FindingDifferencesEntry,
    NamedDifferenceEntry,
    PublishedDependentEntry,
    RunRowEntry,
    ServingPlaceEntry,
    SettingDifferenceEntry,
)
from pipeline.json_documents.publishing_documents import MoveEntry
from pipeline.json_documents.shared_entries import CodeEntry, JsonObject, RecordedEntry


class ArtifactEntry(JsonObject):
    """An artifact."""

    id: int
    """Its number in the store."""
    type: str
    """Its type, as TFX names it; Kubeflow's `tfx.Examples` is `Examples`."""
    uri: str
    """Where it is."""
    state: str
    """ML Metadata's, such as LIVE."""
    created_ms: int
    """Milliseconds since the epoch."""
    properties: dict[str, Any]
    """Typed and custom ones."""


class ExecutionEntry(JsonObject):
    """One component's part of a run."""

    id: int
    """Its number in the store."""
    node: str
    """The component."""
    type: str
    """Its type."""
    run_id: str
    """The run."""
    state: str
    """ML Metadata's: COMPLETE, CACHED (reused), FAILED, RUNNING, ...; SKIPPED: a condition of Kubeflow's was false."""
    created_ms: int
    """Milliseconds since the epoch."""
    updated_ms: int
    """Milliseconds since the epoch."""
    settings: dict[str, Any]
    """Its exec properties, JSON decoded."""
    details: dict[str, Any]
    """What Kubeflow notes beside them: pod, image, cache, output parameters; empty under TFX's own runners."""
    failure: str | None
    """Of a failed one: why, or where that stands."""


class RunEntry(JsonObject):
    """A run."""

    run_id: str
    """The run."""
    pipeline: str
    """The pipeline's name."""
    created_ms: int
    """Milliseconds since the epoch."""
    properties: dict[str, Any]
    """The code version, among others."""
    executions: list[ExecutionEntry]
    """Its components' parts."""
    state: str
    """FAILED or RUNNING if the last try of one of these is, else COMPLETE; RUNNING before the first."""
    seconds: float
    """From the first execution's start to the last one's end."""


class ListedRunEntry(RunEntry):
    """A run with its components' parts."""

    summary: RunRowEntry
    """What the table of runs says of it."""


class ArtifactNameEntry(JsonObject):
    """An artifact, briefly."""

    id: int
    """Its number in the store."""
    type: str
    """Its type, as TFX names it; Kubeflow's `tfx.Examples` is `Examples`."""
    uri: str
    """Where it is."""


class StepEntry(JsonObject):
    """An execution with what went in and what came out."""

    node: str
    """The component."""
    execution: int
    """The execution's number in the store."""
    run: str
    """The run."""
    state: str
    """ML Metadata's: COMPLETE, CACHED (reused), FAILED, RUNNING, ...; SKIPPED: a condition of Kubeflow's was false."""
    created_ms: int
    """Milliseconds since the epoch."""
    seconds: float
    """From its registration to its last change."""
    code: CodeEntry
    """The code that did it."""
    settings: dict[str, Any]
    """Its exec properties, JSON decoded."""
    details: dict[str, Any]
    """What Kubeflow notes beside them: pod, image, cache, output parameters; empty under TFX's own runners."""
    failure: str | None
    """Of a failed one: why, or where that stands."""
    inputs: dict[str, list[ArtifactNameEntry]]
    """By name."""
    outputs: dict[str, list[ArtifactNameEntry]]
    """By name."""


class ServedEntry(JsonObject):
    """Whether a published version is served."""

    now: bool
    """Whether `latest` names it."""
    latest: str | None
    """What `latest` names."""
    moves: list[MoveEntry]
    """Moves of `latest` to it and from it."""


class WarmStartEntry(JsonObject):
    """The weights that training began with."""

    artifact: int
    """The artifact's number in the store."""
    source: str
    """`model.warm_start`."""
    path: str
    """Where they are; empty if there were none yet."""
    sha256: str
    """Of their content; empty for a URL."""
    version: str
    """Of a published model; else empty."""
    pipeline_run: str
    """That published it; else empty."""


class BaselineEntry(JsonObject):
    """The published model that another one was judged against."""

    artifact: int
    """The artifact's number in the store."""
    destination: str
    """Where models are published."""
    version: str
    """The version; empty if nothing was served."""
    content: str
    """`sha256:` and that of its model.tflite, `damaged:` and the version, or `nothing`."""
    damage: str
    """What was wrong with it; empty if nothing was."""
    pipeline_run: str
    """The run that published it."""


class DependentEntry(ArtifactNameEntry):
    """An artifact that depends on what was asked about."""

    state: str
    """ML Metadata's, such as LIVE."""
    node: str
    """The component that made it."""
    run: str
    """The run that made it."""
    how: Literal["made from it", "warm start"]
    """Directly, or because a training began with a model that was."""


class LineageListDocument(JsonObject):
    """Runs: `lineage list`."""

    runs: list[ListedRunEntry]
    """The newest first."""


class LineageArtifactsDocument(JsonObject):
    """Artifacts: `lineage list artifacts`."""

    artifacts: list[ArtifactEntry]
    """The newest first."""


class LineageTypesDocument(JsonObject):
    """Types of artifacts: `lineage list types`."""

    types: list[str]
    """As TFX names them."""


class LineageRunDocument(ListedRunEntry):
    """A run: `lineage show RUN`."""

    steps: list[StepEntry]
    """Its components' parts, in order."""


class LineageExecutionDocument(StepEntry):
    """An execution: `lineage show execution:N`."""


class LineageArtifactDocument(JsonObject):
    """An artifact: `lineage show artifact:N` or `lineage show ADDRESS`."""

    artifact: ArtifactEntry
    """The artifact."""
    came_from: list[StepEntry]
    """Every step that it depends on, its maker last."""
    came_of_it: list[StepEntry]
    """Every step that depends on it."""


class LineageWhyDocument(JsonObject):
    """From a published file back to its data, settings and code: `lineage why`."""

    artifact: ArtifactEntry
    """What the file belongs to."""
    served: ServedEntry | None
    """Whether it is served; null for other artifacts, and for what was published to an address."""
    run: str | None
    """The run that made it."""
    code: CodeEntry
    """The code that made it."""
    data: dict[str, dict[str, Any]]
    """Of the component that read it: settings and properties, with the fingerprint of the content."""
    warm_start: WarmStartEntry | None
    """The weights that training began with; null if it began with none, or it isn't recorded."""
    baseline: BaselineEntry | None
    """What the model was judged against; null if it isn't recorded."""
    recorded: RecordedEntry
    """Its figures and the verdict."""
    settings: dict[str, dict[str, Any]]
    """By component."""
    steps: list[StepEntry]
    """Every step that it depends on."""
    made_by: RunRowEntry | None = None
    """The run that made it."""
    data_set: DataSetEntry | None = None
    """The data that it was made from."""
    changed_settings: list[ChangedSettingEntry] = []
    """What was set, and isn't the default."""
    chosen_settings: list[ChosenSettingEntry] = []
    """What was left open, and chosen from the preset or the data."""
    since_run_before: ChangesEntry | None = None
    """What changed since the run before; null if there was none."""
    since_baseline: ChangesEntry | None = None
    """What changed since the run whose model was served; null if it isn't in the store."""


class LineageDiffDocument(JsonObject):
    """What differs between two runs: `lineage diff`."""

    one: RunRowEntry
    """The run that the other is compared with."""
    other: RunRowEntry
    """The other one."""
    settings: list[SettingDifferenceEntry]
    """Settings that differ, as they were used where that is recorded."""
    data: DataDifferenceEntry
    """The data sets."""
    code: list[NamedDifferenceEntry]
    """Of the code versions, what differs."""
    classes: list[ClassScoreEntry]
    """AP by class."""
    classes_why_not: str | None
    """Why AP by class isn't known of one of them."""
    images: FindingDifferencesEntry | None
    """The objects that only one of them finds; null if that isn't known."""
    images_why_not: str | None
    """Why it isn't."""


class LineageImpactDocument(JsonObject):
    """What came of an artifact, a file or a data set: `lineage impact`."""

    artifacts: list[ArtifactEntry]
    """What was asked about."""
    made: list[DependentEntry]
    """Every artifact that depends on it, in the order of time."""
    runs: list[RunRowEntry]
    """The runs that made any of them, the newest first."""
    published: list[PublishedDependentEntry]
    """The published models that depend on it, the newest first."""


class LineageStaleDocument(JsonObject):
    """What is served, and what makes that stale: `lineage stale`."""

    places: list[ServingPlaceEntry]
    """Where runs of the store have published, the last one first."""
