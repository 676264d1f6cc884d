"""Parts of what `coralline lineage` answers: runs in a line, data sets, what differs, what is served."""

from __future__ import annotations

from typing import Any, Literal

from pipeline.json_documents.publishing_documents import MoveEntry
from pipeline.json_documents.shared_entries import CodeEntry, JsonObject


class RunRowEntry(JsonObject):
    """A run in one line. What wasn't recorded is null, or empty."""

    run_id: str
    """The run."""
    pipeline: str
    """The pipeline's name."""
    began_ms: int
    """Milliseconds since the epoch."""
    seconds: float
    """From the first execution's start to the last one's end."""
    state: str
    """COMPLETE, FAILED, RUNNING or CANCELED."""
    failure: str | None
    """Which step failed and why."""
    verdict: Literal["blessed", "not blessed"] | None
    """Of its model."""
    reasons: list[str]
    """What each threshold said."""
    figures: dict[str, float]
    """AP, AP50 and AP75 of the file that ships."""
    images: int | None
    """How many images it was judged on."""
    split: str | None
    """The side that they are of."""
    data: str | None
    """The data set's path or address."""
    data_fingerprint: str | None
    """What its content hashes to."""
    preset: str | None
    """The detector's."""
    published: str | None
    """Where its model was published."""
    served: bool | None
    """Whether that version is served now; null if that can't be told from here."""
    reused: int
    """Of how many steps the results were reused."""
    steps: int
    """How many steps it has."""
    code: CodeEntry
    """The code that did it."""


class DataSetEntry(JsonObject):
    """A data set as a run read it. What isn't known is null, or empty."""

    path: str | None
    """Where it was."""
    fingerprint: str | None
    """What its content hashes to."""
    images: int | None
    """How many images."""
    boxes: int | None
    """How many boxes."""
    splits: dict[str, int]
    """Images of each split."""
    classes: dict[str, int] | None
    """Boxes of each class."""
    why_not: str | None
    """Why the classes aren't known."""


class ChangedSettingEntry(JsonObject):
    """A setting that isn't at its default."""

    nodes: list[str]
    """The components that were given it."""
    name: str
    """Such as `train.float_steps`."""
    given: Any
    """Its value."""
    used: Any
    """The value that was chosen, if the given one leaves it open; else the given one."""


class ChosenSettingEntry(JsonObject):
    """A setting that was left open."""

    node: str
    """The component."""
    name: str
    """Such as `train.float_steps`."""
    used: Any
    """The value that was chosen."""


class NamedDifferenceEntry(JsonObject):
    """Something that differs; null where it isn't recorded."""

    name: str
    """Its name."""
    one: str | None
    """Of the first, or the earlier one."""
    other: str | None
    """Of the other."""


class SettingDifferenceEntry(JsonObject):
    """A setting that differs; null: the default."""

    node: str
    """The component."""
    name: str
    """Such as `train.float_steps`."""
    one: Any
    """Of the first run."""
    other: Any
    """Of the other."""


class ChangesEntry(JsonObject):
    """What changed since an earlier run."""

    run: str
    """The earlier run."""
    data_changed: bool | None
    """Whether the content of the data did; null if it isn't recorded."""
    data: list[str]
    """What changed in it, a sentence each."""
    code: list[NamedDifferenceEntry]
    """Of the code; `one` is the earlier run's."""
    settings: list[SettingDifferenceEntry]
    """Of the settings; `one` is the earlier run's."""


class ClassBoxesEntry(JsonObject):
    """Boxes of a class; null in a run without it."""

    name: str
    """The class."""
    one: int | None
    """Of the first run."""
    other: int | None
    """Of the other."""


class ClassScoreEntry(JsonObject):
    """AP of a class; null without ground truth."""

    name: str
    """The class."""
    one: float | None
    """Of the first run."""
    other: float | None
    """Of the other."""


class FileDifferencesEntry(JsonObject):
    """Files of a data set, by name."""

    added: list[str]
    """Only the other run read them."""
    removed: list[str]
    """Only the first run read them."""
    changed: list[str]
    """Both did, with other content, other boxes, or on another side."""


class DataDifferenceEntry(JsonObject):
    """Two data sets."""

    changed: bool | None
    """Whether the content differs; null if it isn't recorded."""
    sentences: list[str]
    """What changed."""
    classes: list[ClassBoxesEntry]
    """Boxes by class."""
    files: FileDifferencesEntry | None
    """Which files differ; null if that isn't known."""
    why_not: str | None
    """Why it isn't."""
    one: DataSetEntry | None
    """Of the first run."""
    other: DataSetEntry | None
    """Of the other."""


class FoundObjectEntry(JsonObject):
    """An object that one model finds and the other misses."""

    image: str
    """The image's name."""
    label: str
    """Its class."""
    box: list[float]
    """ymin, xmin, ymax, xmax, as shares of the upright image."""
    score: float
    """With which it is found."""


class FindingDifferencesEntry(JsonObject):
    """What only one of two models finds, at its own score threshold, on the images that both were judged on."""

    only_one_finds: list[FoundObjectEntry]
    """The first run's model."""
    only_other_finds: list[FoundObjectEntry]
    """The other's."""


class PublishedDependentEntry(JsonObject):
    """A published model that depends on what was asked about."""

    address: str
    """The version's folder or address."""
    version: str
    """Its name."""
    artifact: int
    """Its number in the store."""
    run: str
    """The run that published it."""
    AP: float | None
    """Of the model; null if it isn't recorded."""
    served: bool | None
    """Whether it is served; null if that can't be told from here."""
    how: Literal["made from it", "warm start"]
    """Directly, or because its training began with a model that was."""


class StaleDataEntry(JsonObject):
    """The data that a served model saw, against what is there now."""

    changed: bool | None
    """Whether its content is another one; null if that isn't known."""
    path: str | None
    """Where it is."""
    then: str | None
    """Its fingerprint when the model saw it."""
    now: str | None
    """Its fingerprint now; null if it wasn't read."""
    why_not: str | None
    """Why it wasn't."""
    newer_run: str | None
    """The newest run, if that has read another content of it."""


class StaleCodeEntry(JsonObject):
    """The code that made a served model, against the code that is asked."""

    changed: bool | None
    """Whether it's other code; null if that isn't known."""
    differences: list[NamedDifferenceEntry]
    """`one` is then, `other` is now."""
    why_not: str | None
    """Why it isn't known."""


class ServingPlaceEntry(JsonObject):
    """A place where models are published."""

    destination: str
    """The folder or address."""
    version: str | None
    """What `latest` names; null if nothing is served, or it can't be told."""
    artifact: int | None
    """The version's number in the store."""
    run: RunRowEntry | None
    """The run that published it."""
    since: str | None
    """When it came to be served: UTC, as 2026-03-14T10:15:02Z."""
    moves: list[MoveEntry]
    """Every move of `latest`, the oldest first."""
    why_not: str | None
    """Why there is no version, or no run."""
    stale: bool | None
    """Whether newer data, other code or a better run is known; null if nothing could be compared."""
    data: StaleDataEntry | None
    """Its data."""
    code: StaleCodeEntry | None
    """Its code."""
    better: list[RunRowEntry]
    """Runs with a higher AP on the same images, the best first, five at most."""
    better_why_not: str | None
    """Why that isn't known."""
