"""Runs and schedules as the JSON documents of the commands have them (`pipeline.json_documents.cluster_documents`)."""

from __future__ import annotations

import datetime
from typing import Any

from deployment.submission.remote_runs import RemoteRun, RemoteSchedule, RemoteTask
from deployment.submission.run_outcome import outcome_in_words


def run_entry(run: RemoteRun) -> dict[str, Any]:
    """A RemoteRunEntry."""
    return {
        "id": run.id,
        "name": run.name,
        "state": run.state.value,
        "created": _time(run.created),
        "finished": _time(run.finished),
        "error": run.error,
        "outcome": outcome_in_words(run),
        "parameters": dict(run.parameters),
        "pipeline_root": run.pipeline_root,
        "pipeline_version": run.pipeline_version,
        "service_account": run.service_account,
        "schedule_id": run.schedule_id,
        "link": run.link,
        "tasks": [_task_entry(task) for task in run.tasks],
    }


def schedule_entry(schedule: RemoteSchedule) -> dict[str, Any]:
    """A RemoteScheduleEntry."""
    return {
        "id": schedule.id,
        "name": schedule.name,
        "cron": schedule.cron_text,
        "time_zone": None if schedule.cron is None else schedule.cron.time_zone,
        "in_words": None if schedule.cron is None else schedule.cron.in_words(),
        "enabled": schedule.enabled,
        "created": _time(schedule.created),
        "next_run": _time(schedule.next_run),
        "last_run": _time(schedule.last_run),
        "parameters": dict(schedule.parameters),
        "pipeline_root": schedule.pipeline_root,
        "pipeline_version": schedule.pipeline_version,
        "service_account": schedule.service_account,
        "max_concurrent_runs": schedule.max_concurrent_runs,
        "catches_up": schedule.catches_up,
        "link": schedule.link,
    }


def _task_entry(task: RemoteTask) -> dict[str, Any]:
    return {
        "name": task.name,
        "state": task.state.value,
        "started": _time(task.started),
        "finished": _time(task.finished),
        "error": task.error,
    }


def _time(moment: datetime.datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(datetime.timezone.utc).isoformat(timespec="seconds")
