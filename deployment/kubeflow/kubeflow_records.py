"""The API's runs and recurring runs in our vocabulary.

Names of tasks: the API server lists Argo's nodes (`NodeStatuses` in backend/src/common/util/workflow.go), which its
compiler makes of each task of the spec: `NAME-driver`, and `NAME`, which is skipped if the driver has found the task's
outputs in the cache (backend/src/v2/compiler/argocompiler/dag.go, container.go).
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from coralline.foundation.errors import UserError
from deployment.submission.cron_times import CronTimes, read_cron
from deployment.submission.remote_runs import RemoteRun, RemoteSchedule, RemoteTask, RunState

_STATES = {
    "PENDING": RunState.PENDING,
    "RUNNING": RunState.RUNNING,
    "SUCCEEDED": RunState.SUCCEEDED,
    "SKIPPED": RunState.SKIPPED,
    "FAILED": RunState.FAILED,
    "CANCELING": RunState.CANCELING,
    "CANCELED": RunState.CANCELED,
    "PAUSED": RunState.PAUSED,
}
"""v2beta1RuntimeState; what it doesn't have is UNKNOWN."""
_DRIVER = "-driver"
_ROOT = "root"


def state_of(text: str | None) -> RunState:
    """A v2beta1RuntimeState; None: unset, which it is until the workflow is first seen."""
    return RunState.PENDING if text in (None, "") else _STATES.get(str(text), RunState.UNKNOWN)


def run_record(run: Any, versions: Mapping[str, str], link: str) -> RemoteRun:
    """A V2beta1Run.

    Args:
      run: the API client's model.
      versions: names of pipeline versions by id.
      link: its page.
    """
    runtime = run.runtime_config
    details = run.run_details.task_details if run.run_details else None
    tasks = _tasks(details or [])
    error = run.error.message if run.error else None
    failed = next((task for task in tasks if task.state is RunState.FAILED), None)
    if not error and failed is not None:
        error = f"{failed.name} failed" + (f": {failed.error}" if failed.error else "")
    return RemoteRun(
        id=run.run_id,
        name=run.display_name or run.run_id,
        state=state_of(run.state),
        created=_aware(run.created_at),
        finished=_aware(run.finished_at),
        error=error or None,
        parameters=(runtime.parameters if runtime else None) or {},
        pipeline_root=(runtime.pipeline_root if runtime else None) or None,
        pipeline_version=versions.get(version_id(run) or ""),
        service_account=run.service_account or None,
        schedule_id=run.recurring_run_id or None,
        link=link,
        tasks=tasks,
    )


def schedule_record(
    recurring: Any,
    versions: Mapping[str, str],
    time_zone: str,
    link: str,
    last_run: datetime.datetime | None,
    now: datetime.datetime,
) -> RemoteSchedule:
    """A V2beta1RecurringRun.

    Args:
      recurring: the API client's model.
      versions: names of pipeline versions by id.
      time_zone: the one that the cluster goes by.
      link: its page.
      last_run: when it last started one.
      now: the present, from which the next run is reckoned.
    """
    runtime = recurring.runtime_config
    trigger = recurring.trigger
    cron_text = (trigger.cron_schedule.cron if trigger and trigger.cron_schedule else None) or ""
    if not cron_text and trigger and trigger.periodic_schedule:
        cron_text = f"@every {trigger.periodic_schedule.interval_second}s"
    cron = _cron(cron_text, time_zone)
    enabled = str(recurring.status) == "ENABLED"
    return RemoteSchedule(
        id=recurring.recurring_run_id,
        name=recurring.display_name or recurring.recurring_run_id,
        cron=cron,
        cron_text=cron_text,
        enabled=enabled,
        created=_aware(recurring.created_at),
        next_run=cron.next_after(now) if cron is not None and enabled else None,
        last_run=last_run,
        parameters=(runtime.parameters if runtime else None) or {},
        pipeline_root=(runtime.pipeline_root if runtime else None) or None,
        pipeline_version=versions.get(version_id(recurring) or ""),
        service_account=recurring.service_account or None,
        max_concurrent_runs=int(recurring.max_concurrency or 1),
        catches_up=not recurring.no_catchup,
        link=link,
    )


def version_id(record: Any) -> str | None:
    """The id of the pipeline version of a run or recurring run; None: it has a spec of its own."""
    reference = record.pipeline_version_reference
    return (reference.pipeline_version_id if reference else None) or None


def _cron(text: str, time_zone: str) -> CronTimes | None:
    try:
        return read_cron(text, time_zone)
    except UserError:
        return None


def _tasks(details: list[Any]) -> tuple[RemoteTask, ...]:
    names = {detail.display_name for detail in details}
    drivers = {name for name in names if name and name.endswith(_DRIVER)}
    of_tasks = {name.removesuffix(_DRIVER) for name in drivers} - {_ROOT} if drivers else names - {_ROOT, "executor"}
    found = [
        RemoteTask(
            name=detail.display_name,
            state=state_of(detail.state),
            started=_aware(detail.start_time),
            finished=_aware(detail.end_time),
            error=detail.error.message if detail.error else None,
        )
        for detail in details
        if detail.display_name in of_tasks
    ]
    latest = datetime.datetime.max.replace(tzinfo=datetime.timezone.utc)
    return tuple(sorted(found, key=lambda task: (task.started or latest, task.name)))


def _aware(moment: datetime.datetime | None) -> datetime.datetime | None:
    """Times of the API are in UTC, and 1970 where there is none."""
    if moment is None or moment.year <= 1970:
        return None
    return moment.replace(tzinfo=moment.tzinfo or datetime.timezone.utc).astimezone(datetime.timezone.utc)
