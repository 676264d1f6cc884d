"""A cluster's runs and schedules, in one vocabulary for all targets. Times are aware, in UTC."""

from __future__ import annotations

import dataclasses
import datetime
import enum
from collections.abc import Mapping
from typing import Any

from deployment.submission.cron_times import CronTimes

AT_ONCE = 1
"""So many runs of a schedule go on at a time."""


class RunState(enum.Enum):
    """Where a run or a task stands; the value is the word that people and JSON are given."""

    PENDING = "pending"
    RUNNING = "running"
    PAUSED = "paused"
    CANCELING = "canceling"
    SUCCEEDED = "succeeded"
    SKIPPED = "skipped"
    """Of a task: an earlier run's outputs were taken."""
    FAILED = "failed"
    CANCELED = "canceled"
    UNKNOWN = "unknown"
    """The cluster hasn't said yet, or says what this version doesn't know."""

    @property
    def is_final(self) -> bool:
        """Whether it won't change any more."""
        return self in (RunState.SUCCEEDED, RunState.SKIPPED, RunState.FAILED, RunState.CANCELED)

    @property
    def is_good(self) -> bool:
        """Whether it ended as it should."""
        return self in (RunState.SUCCEEDED, RunState.SKIPPED)


@dataclasses.dataclass(frozen=True)
class RemoteTask:
    """A step of a run.

    Attributes:
      name: the step's, as the spec names it, where the target tells (Kubeflow: in lower case with hyphens).
      state: SKIPPED means that an earlier run's outputs were taken.
      started, finished: None: not yet, or not told.
      error: why it failed, in the cluster's words; None if it didn't.
    """

    name: str
    state: RunState
    started: datetime.datetime | None = None
    finished: datetime.datetime | None = None
    error: str | None = None


@dataclasses.dataclass(frozen=True)
class RemoteRun:
    """A run of a pipeline.

    Attributes:
      id: the target's: Kubeflow's run id, Vertex AI's job id (not the whole resource name).
      name: the one that it was submitted under.
      state: where it stands.
      created, finished: None: not told, or not finished.
      error: why it failed, in the cluster's words; None if it didn't.
      parameters: those that it was given, JSON values.
      pipeline_root: where its artifacts lie; None: the cluster's default.
      pipeline_version: `SubmittedSpec.version`; None: it was submitted by other means.
      service_account: whom its steps run as; None: the cluster's default.
      schedule_id: of the schedule that started it; None: it was submitted.
      link: its page; None if there is none.
      tasks: its steps in the order in which they began; empty in listings.
    """

    id: str
    name: str
    state: RunState
    created: datetime.datetime | None = None
    finished: datetime.datetime | None = None
    error: str | None = None
    parameters: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    pipeline_root: str | None = None
    pipeline_version: str | None = None
    service_account: str | None = None
    schedule_id: str | None = None
    link: str | None = None
    tasks: tuple[RemoteTask, ...] = ()


@dataclasses.dataclass(frozen=True)
class RemoteSchedule:
    """Something that starts runs of a pipeline by itself.

    Attributes:
      id: the target's: Kubeflow's recurring run id, Vertex AI's schedule id.
      name: the one that it was made under.
      cron: when it starts runs; None: by a rule that this version can't read, which `cron_text` has.
      cron_text: as the target has it.
      enabled: False: paused, or at its end.
      created: None: not told.
      next_run: None: none, or not known.
      last_run: when it last started one; None: not yet, or not told.
      parameters, pipeline_root, pipeline_version, service_account: of the runs, as for `RemoteRun`.
      max_concurrent_runs: how many of its runs may go on at once.
      catches_up: whether it starts runs that it missed while it was paused.
      link: its page; None if there is none.
    """

    id: str
    name: str
    cron: CronTimes | None
    cron_text: str
    enabled: bool
    created: datetime.datetime | None = None
    next_run: datetime.datetime | None = None
    last_run: datetime.datetime | None = None
    parameters: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    pipeline_root: str | None = None
    pipeline_version: str | None = None
    service_account: str | None = None
    max_concurrent_runs: int = 1
    catches_up: bool = False
    link: str | None = None


@dataclasses.dataclass(frozen=True)
class RunRequest:
    """What a run is to be given.

    Attributes:
      name: the run's, or the schedule's.
      parameters: JSON values that the spec declares (`SubmittedSpec.require_parameters` has looked at them).
      pipeline_root: where artifacts go; None: the spec's or the cluster's default.
      service_account: whom steps run as; None: the cluster's default.
    """

    name: str
    parameters: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    pipeline_root: str | None = None
    service_account: str | None = None


@dataclasses.dataclass(frozen=True)
class Submission:
    """What became of a request for a run.

    Attributes:
      run: the new one, or the one that is there under this name.
      is_new: whether it was begun by this request.
      uploaded: whether the pipeline's version was new to the cluster.
    """

    run: RemoteRun
    is_new: bool
    uploaded: bool


class Keeping(enum.Enum):
    """What a request for a schedule has changed."""

    CREATED = "created"
    KEPT = "kept"
    """One with these settings was there."""
    REPLACED = "replaced"
    """One with other settings was there under this name."""


@dataclasses.dataclass(frozen=True)
class ScheduleKept:
    """What became of a request for a schedule.

    Attributes:
      schedule: the one that is there now.
      keeping: whether it is new.
      uploaded: whether the pipeline's version was new to the cluster.
      changes: what differs from the replaced one, one sentence each, such as "cron: at 04:00 on Monday, UTC -> ...".
    """

    schedule: RemoteSchedule
    keeping: Keeping
    uploaded: bool
    changes: tuple[str, ...] = ()
