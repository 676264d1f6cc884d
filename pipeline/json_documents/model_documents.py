"""What the commands print that take a .tflite file: `inspect`, `predict`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.json_documents.shared_entries import ErrorEntry, JsonObject


class TensorEntry(JsonObject):
    """A tensor."""

    name: str
    """Its name in the file."""
    type: str
    """Its type, such as UINT8."""
    shape: list[int]
    """Its shape."""
    scale: float | None
    """Of its quantization; null without one, or with one a channel."""
    zero_point: int | None
    """Of its quantization."""


class SignatureEntry(JsonObject):
    """A signature."""

    key: str
    """Its key."""
    inputs: list[str]
    """Names of inputs."""
    outputs: list[str]
    """Names of outputs."""


class OperationEntry(JsonObject):
    """Operations of one kind and version."""

    op: str
    """The kind."""
    version: int
    """The version."""
    count: int
    """How many there are."""
    runtime: str | None
    """The first TFLite runtime that knows it; null for custom and unknown ones."""
    types: list[str]
    """Types of activations, such as `UINT8 -> FLOAT32`."""


class ContractEntry(JsonObject):
    """Whether devices can use the file as a detector."""

    ok: bool
    """Whether they can."""
    problems: list[str]
    """Why not."""
    warnings: list[str] = []
    """What a program could misread: names of outputs that contradict their order, which is what counts."""


class CpuOpEntry(JsonObject):
    """An operation that stays on the CPU."""

    index: int
    """Its place in the model."""
    op: str
    """Its kind."""
    version: int
    """Its version."""
    status: str
    """The compiler's words."""
    why: str
    """These, and what they come from in this model."""


class ParametersEntry(JsonObject):
    """Where the parameters of operations on the Edge TPU lie, in bytes."""

    cached: int
    """On the chip."""
    streamed: int
    """Sent with every image."""


class PredictedOpsEntry(JsonObject):
    """What the Edge TPU is predicted to take of a model; empty of a compiled one."""

    mapped: int = 0
    """Operations on the Edge TPU."""
    total: int = 0
    """All operations."""
    cpu: list[CpuOpEntry] = []
    """Those that stay on the CPU, in model order."""
    subgraphs: int = 0
    """Edge TPU subgraphs, 1 or 0."""
    parameters: ParametersEntry | None = None
    """Where the parameters lie."""
    failure: str | None = None
    """What the compiler is predicted to say when it refuses the file."""


class PackageEntry(JsonObject):
    """What an Edge TPU operation of a compiled file stands for."""

    index: int
    """Its place in the model."""
    inputs: list[TensorEntry]
    """What goes in."""
    outputs: list[TensorEntry]
    """What comes out."""
    cached: int
    """Bytes of parameters on the chip."""
    streamed: int
    """Bytes of parameters sent with every image."""


class EdgeTpuEntry(JsonObject):
    """What the Edge TPU takes of the model."""

    compiled: bool
    """Whether the file is compiled; else it is predicted."""
    mapped: int
    """Operations on the Edge TPU."""
    total: int
    """All operations."""
    cpu: list[CpuOpEntry]
    """Those that stay on the CPU, in model order."""
    subgraphs: int
    """Edge TPU subgraphs."""
    parameters: ParametersEntry
    """Where the parameters lie."""
    failure: str | None
    """What the compiler says when it refuses the file."""
    runtime: int | str | None = None
    """Of a compiled file: the oldest Edge TPU runtime that runs it."""
    compiler: str | None = None
    """Of a compiled file: the compiler's version."""
    packages: list[PackageEntry] | None = None
    """Of a compiled file: its Edge TPU operations."""


class InspectDocument(JsonObject):
    """What is in a .tflite file."""

    bytes: int
    """The file's size."""
    description: str
    """The description in it."""
    runtime: str | None
    """The first TFLite runtime that knows all its operations; null if none does."""
    inputs: list[TensorEntry]
    """In the order of their index."""
    outputs: list[TensorEntry]
    """In the order of their index."""
    signatures: list[SignatureEntry]
    """Its signatures."""
    labels: list[str] | None
    """Class names in the file; null without them."""
    ops: list[OperationEntry]
    """Operations by kind and version."""
    types: dict[str, int]
    """Activations by type."""
    contract: ContractEntry
    """Whether devices can use it as a detector."""
    edgetpu: EdgeTpuEntry
    """What the Edge TPU takes of it."""


class DetectionEntry(JsonObject):
    """A detection."""

    label: str = Field(alias="class")
    """The class, or its number where the model has no names."""
    score: float
    """0 to 1."""
    box: list[float] = Field(min_length=4, max_length=4)
    """ymin, xmin, ymax, xmax, normalized to the upright image."""


class FrameEntry(JsonObject):
    """What is in a frame of a video."""

    frame: int
    """Its number, from 0."""
    time: float
    """Seconds from the beginning."""
    detections: list[DetectionEntry]
    """Strongest first."""


class ThresholdEntry(JsonObject):
    """The scores that detections have to have, and who says so."""

    source: Literal["option", "manifest", "default"]
    """Who says so: `--threshold`, the manifest.json beside a published model, or nobody."""
    score: float
    """For every class that `per_class` doesn't name."""
    per_class: dict[str, float]
    """By class; empty unless the manifest says it."""


class PredictDocument(JsonObject):
    """Detections. It is printed as they are found, and is whole even if an error ends the work early."""

    threshold: ThresholdEntry
    """From which scores on detections are shown."""
    files: dict[str, list[DetectionEntry] | list[FrameEntry]]
    """Of an image its detections, strongest first; of a video its frames."""
    unreadable: list[ErrorEntry]
    """Images and videos that couldn't be read."""
    error: ErrorEntry | None
    """What ended the work early; null if nothing did."""
