"""Schedules on Vertex AI.

Vertex AI gives a schedule's id and keeps no two names apart: what is to be one is looked for by name. A request whose
answer is lost is found by a label of it, and what an interrupted one has left over goes with the next.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import time
from typing import TYPE_CHECKING, Any

from coralline.foundation.errors import UserError
from deployment.submission.cron_times import CronTimes
from deployment.submission.differences import unlike_times
from deployment.submission.named_schedule import only_schedule
from deployment.submission.remote_runs import Keeping, RemoteSchedule, RunRequest, ScheduleKept
from deployment.submission.submitted_spec import SubmittedSpec
from deployment.vertex.vertex_connection import VertexConnection
from deployment.vertex.vertex_readings import id_of, job_differences, pipeline_of, remote_schedule
from deployment.vertex.vertex_requests import REQUEST_LABEL, pipeline_job, schedule

if TYPE_CHECKING:
    from pipeline.cluster_settings import VertexSettings

_ONLY_PIPELINES = "create_pipeline_job_request:*"
# Pausing and resuming are asynchronous.
_LOOKS, _BETWEEN_LOOKS_S = 20, 0.5


class VertexSchedules:
    """The schedules of one pipeline in a project and a region.

    Args:
      settings: `deployment.vertex`.
      pipeline: its name; schedules of other pipelines are left alone.
      connection: the way there.
    """

    def __init__(self, settings: VertexSettings, pipeline: str, connection: VertexConnection):
        self._settings, self._pipeline, self._connection = settings, pipeline, connection

    def keep_schedule(self, spec: SubmittedSpec, request: RunRequest, cron: CronTimes) -> ScheduleKept:
        """Has runs begun by themselves; keeps a schedule that is there with these settings, replaces another."""
        location, request_id = self._connection.location, secrets.token_hex(6)
        job = pipeline_job(spec, request, self._settings, location, request_id)
        wanted = schedule(job, cron, location)
        there = self._named(request.name)
        changes = {one.name: self._changes(one, wanted) for one in there}
        # Of several, the oldest: if this request is interrupted, the next one keeps it, too.
        same = [one for one in there if not changes[one.name]][-1:]
        others = [one for one in there if one not in same]
        kept = same[0] if same else self._create(wanted, request_id)
        if kept.state.name == "ACTIVE" and any(one.state.name == "PAUSED" for one in others):
            kept = self._turn(kept, "pause_schedule", "PAUSED")
        for one in others:
            self._delete(one, f"the schedule {id_of(kept.name)} is there, deleting the old one, {id_of(one.name)}")
        changed = next((found for found in changes.values() if found), [])
        keeping = Keeping.REPLACED if changed else Keeping.KEPT if same else Keeping.CREATED
        return ScheduleKept(remote_schedule(kept, location), keeping, uploaded=not same, changes=tuple(changed))

    def schedules(self) -> list[RemoteSchedule]:
        """All schedules of the pipeline, by name."""
        found = [remote_schedule(one, self._connection.location) for one in self._matching("listing schedules")]
        return sorted(found, key=lambda one: (one.name, one.id))

    def pause(self, name: str) -> RemoteSchedule:
        """Has it start no runs until it is resumed."""
        return self._turned(name, "pause_schedule", "PAUSED")

    def resume(self, name: str) -> RemoteSchedule:
        """Has it start runs again, from its next time on."""
        return self._turned(name, "resume_schedule", "ACTIVE")

    def delete(self, name: str) -> RemoteSchedule:
        """Deletes a schedule; runs of it that are going on stay."""
        found = self._one(name)
        self._delete(found, f"deleting the schedule `{name}`")
        return remote_schedule(found, self._connection.location)

    def _turned(self, name: str, method: str, state: str) -> RemoteSchedule:
        found = self._one(name)
        if found.state.name == "COMPLETED":
            raise UserError(
                f"the schedule `{name}` is at its end",
                expected="one that isn't",
                found="COMPLETED: it won't start runs again",
                fix="delete it and make a new one",
            )
        if found.state.name != state:
            found = self._turn(found, method, state)
        return remote_schedule(found, self._connection.location)

    def _turn(self, found: Any, method: str, state: str) -> Any:
        """Pauses or resumes one that isn't, and waits until it is."""
        from google.api_core import exceptions

        doing = f"{'pausing' if state == 'PAUSED' else 'resuming'} the schedule `{found.display_name}`"
        extra = {"catch_up": False} if method == "resume_schedule" else {}
        try:
            self._connection.call(
                doing,
                lambda to: getattr(to.schedules, method)(name=found.name, timeout=to.timeout_s, **extra),
                (exceptions.FailedPrecondition,),
                changes=True,
            )
        except exceptions.FailedPrecondition as error:
            # Another call, or the first try of this one, may have done it.
            if self._look(found.name, doing).state.name != state:
                raise UserError(
                    f"Vertex AI refuses it: {doing}",
                    expected=state,
                    found=error.message,
                    fix="`coralline schedules list` shows how it stands",
                ) from error
        for _ in range(_LOOKS):
            now = self._look(found.name, doing)
            if now.state.name == state:
                return now
            time.sleep(_BETWEEN_LOOKS_S)
        raise UserError(
            f"Vertex AI was asked for it, and it isn't done yet: {doing}",
            expected=state,
            found=now.state.name,
            fix="`coralline schedules list` shows when it is",
        )

    def _look(self, resource: str, doing: str) -> Any:
        return self._connection.call(doing, lambda to: to.schedules.get_schedule(name=resource, timeout=to.timeout_s))

    def _create(self, wanted: Any, request_id: str) -> Any:
        """Makes a schedule once, though its answer may be lost: the name doesn't keep Vertex AI from making two."""
        location, doing = self._connection.location, f"making the schedule `{wanted.display_name}`"
        tried: list[None] = []

        def create(to: VertexConnection) -> Any:
            if tried:
                for found in self._list(to, _by_name(wanted.display_name)):
                    if found.create_pipeline_job_request.pipeline_job.labels.get(REQUEST_LABEL) == request_id:
                        return found
            tried.append(None)
            return to.schedules.create_schedule(parent=location.parent, schedule=wanted, timeout=to.timeout_s)

        return self._connection.call(doing, create, changes=True)

    def _delete(self, one: Any, doing: str) -> None:
        from google.api_core import exceptions

        def delete(to: VertexConnection) -> None:
            to.schedules.delete_schedule(name=one.name, timeout=to.timeout_s).result(timeout=to.timeout_s)

        # Not there: the first try, whose answer was lost, or somebody else has.
        with contextlib.suppress(exceptions.NotFound):
            self._connection.call(doing, delete, (exceptions.NotFound,), changes=True)

    def _one(self, name: str) -> Any:
        """A schedule by name or id."""
        found = self._named(name)
        if not found:
            found = [one for one in self._matching(f"looking for the schedule `{name}`") if id_of(one.name) == name]
        where = f"{self._pipeline} at {self._connection.location.place}"
        return only_schedule(name, found, lambda one: id_of(one.name), where)

    def _named(self, name: str) -> list[Any]:
        """Newest first."""
        return self._matching(f"looking for the schedule `{name}`", _by_name(name))

    def _matching(self, doing: str, filter_text: str = _ONLY_PIPELINES) -> list[Any]:
        return self._connection.call(doing, lambda to: self._list(to, filter_text))

    def _list(self, to: VertexConnection, filter_text: str) -> list[Any]:
        request = {"parent": to.location.parent, "filter": filter_text, "order_by": "create_time desc"}
        found = to.schedules.list_schedules(request=request, timeout=to.timeout_s)
        return [one for one in found if pipeline_of(one.create_pipeline_job_request.pipeline_job) == self._pipeline]

    def _changes(self, old: Any, new: Any) -> list[str]:
        """What of two Schedules that were asked for is another."""
        location = self._connection.location
        was, now = remote_schedule(old, location), remote_schedule(new, location)
        assert now.cron is not None
        changes = unlike_times(was, now.cron)
        if old.state.name == "COMPLETED":
            changes.append("state: at its end -> going on")
        was_job, now_job = (one.create_pipeline_job_request.pipeline_job for one in (old, new))
        return changes + job_differences(was_job, now_job, location)


def quoted(text: str) -> str:
    """A value in a filter (https://google.aip.dev/160)."""
    return json.dumps(text, ensure_ascii=False)


def _by_name(name: str) -> str:
    return f"{_ONLY_PIPELINES} AND display_name={quoted(name)}"
