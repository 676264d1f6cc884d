"""What `coralline lineage` prints. Settings and properties are those that were recorded, by whatever version."""

from __future__ import annotations

from typing import Any

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


class LineageListDocument(JsonObject):
    """Runs: `lineage list`."""

    runs: list[RunEntry]
    """The newest first."""


class LineageRunDocument(RunEntry):
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
