"""What `coralline submit`, `schedule`, `schedules` and `runs` print."""

from __future__ import annotations

from typing import Any, Literal

from pipeline.json_documents.shared_entries import ErrorEntry, JsonObject

_State = Literal[
    "pending", "running", "paused", "canceling", "succeeded", "skipped", "failed", "canceled", "unknown"
]  # fmt: skip


class RemoteTaskEntry(JsonObject):
    """A step of a run on a cluster."""

    name: str
    """Its name in the spec."""
    state: _State
    """`skipped`: an earlier run's outputs were taken."""
    started: str | None
    """ISO 8601, in UTC; null: not yet, or not told."""
    finished: str | None
    """As `started`."""
    error: str | None
    """Why it failed, in the cluster's words."""


class RemoteRunEntry(JsonObject):
    """A run on a cluster."""

    id: str
    """The cluster's."""
    name: str
    """The one that it was submitted under."""
    state: _State
    """Where it stands; `succeeded`, `skipped`, `failed` and `canceled` are final."""
    created: str | None
    """ISO 8601, in UTC."""
    finished: str | None
    """ISO 8601, in UTC; null: not yet."""
    error: str | None
    """Why it failed, in the cluster's words."""
    outcome: str | None
    """In words, if there was nothing new to train on; null in listings."""
    parameters: dict[str, Any]
    """Those that it was given."""
    pipeline_root: str | None
    """Where its artifacts lie; null: the cluster's default."""
    pipeline_version: str | None
    """Name and content of the spec, such as `yard-3f9a0c61b2d4`; null: it was submitted by other means."""
    service_account: str | None
    """Whom its steps run as; null: the cluster's default."""
    schedule_id: str | None
    """Of the schedule that began it; null: it was submitted."""
    link: str | None
    """Its page."""
    tasks: list[RemoteTaskEntry]
    """In the order in which they began; empty in listings."""


class RemoteScheduleEntry(JsonObject):
    """Something that begins runs by itself."""

    id: str
    """The cluster's."""
    name: str
    """The one that it was made under."""
    cron: str
    """When, as the cluster has it."""
    time_zone: str | None
    """That of `cron`; null: `cron` can't be read."""
    in_words: str | None
    """`cron` in words; null: it can't be read."""
    enabled: bool
    """False: paused, or at its end."""
    created: str | None
    """ISO 8601, in UTC."""
    next_run: str | None
    """ISO 8601, in UTC; null: none, or not known."""
    last_run: str | None
    """ISO 8601, in UTC; null: not yet, or not told."""
    parameters: dict[str, Any]
    """Of its runs."""
    pipeline_root: str | None
    """Of its runs; null: the cluster's default."""
    pipeline_version: str | None
    """Of its runs: name and content of the spec."""
    service_account: str | None
    """Of its runs; null: the cluster's default."""
    max_concurrent_runs: int
    """How many of its runs may go on at once."""
    catches_up: bool
    """Whether it begins a run for each time that was missed."""
    link: str | None
    """Its page."""


class _OnCluster(JsonObject):
    target: Literal["kubeflow", "vertex"]
    """The kind of cluster."""
    place: str
    """Which one, in words."""


class SubmitDocument(_OnCluster):
    """A run was submitted, or was there already."""

    run: RemoteRunEntry
    """The run; with `--wait`, as it ended."""
    is_new: bool
    """False: a run of this name, spec and parameters was there."""
    uploaded: bool
    """Whether the version was new to the cluster."""
    exit_code: int
    """The process's exit code."""
    error: ErrorEntry | None
    """Why the run didn't end well, with `--wait`; else null."""


class ScheduleDocument(_OnCluster):
    """A schedule was made, or was there already."""

    schedule: RemoteScheduleEntry
    """The schedule that is there now."""
    keeping: Literal["created", "kept", "replaced"]
    """`kept`: it was there with these settings; `replaced`: one with other settings was there under this name."""
    uploaded: bool
    """Whether the version was new to the cluster."""
    changes: list[str]
    """What differs from the replaced one, a sentence each."""


class SchedulesListDocument(_OnCluster):
    """The schedules of a cluster."""

    schedules: list[RemoteScheduleEntry]
    """By name."""


class SchedulesChangeDocument(_OnCluster):
    """A schedule was paused, resumed or deleted."""

    change: Literal["paused", "resumed", "deleted"]
    """What was asked for; it may have been so before."""
    schedule: RemoteScheduleEntry
    """As it is now; a deleted one as it was."""


class RunsListDocument(_OnCluster):
    """The runs of a cluster."""

    runs: list[RemoteRunEntry]
    """Newest first."""


class RunsRunDocument(_OnCluster):
    """A run of a cluster: looked at, waited for or cancelled."""

    run: RemoteRunEntry
    """As it is now."""
    exit_code: int
    """The process's exit code."""
    error: ErrorEntry | None
    """Why it didn't end well, if it was waited for; else null."""
