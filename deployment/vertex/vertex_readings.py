"""What Vertex AI answers, in the vocabulary of all targets."""

from __future__ import annotations

import datetime
import re
from typing import Any

from coralline.foundation.errors import UserError
from deployment.submission.cron_times import CronTimes, read_cron
from deployment.submission.differences import unlike_request
from deployment.submission.remote_runs import RemoteRun, RemoteSchedule, RemoteTask, RunRequest, RunState
from deployment.vertex.vertex_location import VertexLocation
from deployment.vertex.vertex_requests import labels_of, version_of

_RUN_STATES = {
    "PIPELINE_STATE_QUEUED": RunState.PENDING,
    "PIPELINE_STATE_PENDING": RunState.PENDING,
    "PIPELINE_STATE_RUNNING": RunState.RUNNING,
    "PIPELINE_STATE_SUCCEEDED": RunState.SUCCEEDED,
    "PIPELINE_STATE_FAILED": RunState.FAILED,
    "PIPELINE_STATE_CANCELLING": RunState.CANCELING,
    "PIPELINE_STATE_CANCELLED": RunState.CANCELED,
    "PIPELINE_STATE_PAUSED": RunState.PAUSED,
}
# A task that is NOT_TRIGGERED waits for one that failed, and won't run.
_TASK_STATES = {
    "PENDING": RunState.PENDING,
    "RUNNING": RunState.RUNNING,
    "SUCCEEDED": RunState.SUCCEEDED,
    "CANCEL_PENDING": RunState.CANCELING,
    "CANCELLING": RunState.CANCELING,
    "CANCELLED": RunState.CANCELED,
    "FAILED": RunState.FAILED,
    "SKIPPED": RunState.SKIPPED,
    "NOT_TRIGGERED": RunState.CANCELED,
}
_CRON = re.compile(r"^(?:(?:CRON_)?TZ=(\S+)\s+)?(.*)$")


def remote_run(job: Any, location: VertexLocation) -> RemoteRun:
    """A PipelineJob as a run; with its tasks if the job has their details."""
    job_id = id_of(job.name)
    state = _RUN_STATES.get(job.state.name, RunState.UNKNOWN)
    tasks = tuple(_task(detail) for detail in sorted(job.job_detail.task_details, key=_began))
    return RemoteRun(
        id=job_id,
        name=job.display_name or job_id,
        state=state,
        created=_moment(job.create_time),
        finished=_moment(job.end_time),
        error=_reason(job.error.message) if state is RunState.FAILED else None,
        parameters=_parameters(job),
        pipeline_root=job.runtime_config.gcs_output_directory or None,
        pipeline_version=version_of(job),
        service_account=job.service_account or None,
        schedule_id=id_of(job.schedule_name) or None,
        link=location.run_link(job_id),
        tasks=tasks,
    )


def remote_schedule(schedule: Any, location: VertexLocation) -> RemoteSchedule:
    """A Schedule of pipeline jobs."""
    schedule_id, job = id_of(schedule.name), schedule.create_pipeline_job_request.pipeline_job
    enabled = schedule.state.name == "ACTIVE"
    last = schedule.last_scheduled_run_response.scheduled_run_time
    return RemoteSchedule(
        id=schedule_id,
        name=schedule.display_name,
        cron=_cron(schedule.cron),
        cron_text=schedule.cron,
        enabled=enabled,
        created=_moment(schedule.create_time),
        next_run=_moment(schedule.next_run_time) if enabled else None,
        last_run=_moment(last),
        parameters=_parameters(job),
        pipeline_root=job.runtime_config.gcs_output_directory or None,
        pipeline_version=version_of(job),
        service_account=job.service_account or None,
        max_concurrent_runs=schedule.max_concurrent_active_run_count or schedule.max_concurrent_run_count,
        catches_up=schedule.catch_up or schedule.allow_queueing,
        link=location.schedule_link(schedule_id),
    )


def id_of(resource: str) -> str:
    """The last part of a resource's name."""
    return resource.rpartition("/")[2]


def pipeline_of(job: Any) -> str | None:
    """The name of a PipelineJob's pipeline; None: its spec is elsewhere."""
    spec = type(job).pb(job).pipeline_spec
    return str(spec["pipelineInfo"]["name"]) if "pipelineInfo" in spec else None


def job_differences(there: Any, wanted: Any, location: VertexLocation) -> list[str]:
    """One sentence for each difference between a PipelineJob that is there and one that is asked for."""
    asked = remote_run(wanted, location)
    request = RunRequest(asked.name, asked.parameters, asked.pipeline_root, asked.service_account)
    assert asked.pipeline_version is not None
    found = unlike_request(remote_run(there, location), asked.pipeline_version, request)
    pairs = {
        "network": (there.network, wanted.network),
        "encryption key": (there.encryption_spec.kms_key_name, wanted.encryption_spec.kms_key_name),
        "labels": tuple(", ".join(f"{k}={v}" for k, v in labels_of(job).items()) for job in (there, wanted)),
    }
    return found + [f"{key}: {was or 'none'} -> {now or 'none'}" for key, (was, now) in pairs.items() if was != now]


def _task(detail: Any) -> RemoteTask:
    state = _TASK_STATES.get(detail.state.name, RunState.UNKNOWN)
    return RemoteTask(
        name=detail.task_name,
        state=state,
        started=_moment(detail.start_time),
        finished=_moment(detail.end_time),
        error=detail.error.message.strip() or None if state is RunState.FAILED else None,
    )


def _parameters(job: Any) -> dict[str, Any]:
    """Whole numbers as such, which a protobuf Value doesn't know."""
    from google.protobuf import json_format

    given = json_format.MessageToDict(type(job).pb(job).runtime_config).get("parameterValues", {})
    return {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in sorted(given.items())
    }


def _began(detail: Any) -> tuple[bool, datetime.datetime, int]:
    """Those that haven't begun come last."""
    moment = _moment(detail.start_time)
    return moment is None, moment or datetime.datetime.max.replace(tzinfo=datetime.timezone.utc), detail.task_id


def _reason(message: str) -> str | None:
    """The first sentence: what follows names the job by numbers that nobody knows."""
    return re.split(r"\.;\s", message.strip())[0] or None


def _moment(time: Any) -> datetime.datetime | None:
    if time is None:
        return None
    return datetime.datetime.fromtimestamp(time.timestamp(), datetime.timezone.utc)


def _cron(text: str) -> CronTimes | None:
    found = _CRON.match(text)
    assert found is not None
    try:
        return read_cron(found.group(2), found.group(1) or "UTC")
    except UserError:
        return None
