"""Schedules on Vertex AI.

Vertex AI gives a schedule's id and keeps no two names apart: what is to be one is looked for by name. A request whose
answer is lost is found by a label of it, and what an interrupted one has left over goes with the next.
"""

from __future__ import annotations

import json
import secrets
import time
from typing import TYPE_CHECKING, Any

from coralline.foundation.errors import UserError
from deployment.submission.cron_times import CronTimes
from deployment.submission.remote_runs import Keeping, RemoteSchedule, RunRequest, ScheduleKept
from deployment.submission.submitted_spec import SubmittedSpec
from deployment.vertex.vertex_connection import VertexConnection
from deployment.vertex.vertex_readings import id_of, remote_schedule
from deployment.vertex.vertex_requests import REQUEST_LABEL, job_differences, pipeline_job, schedule

if TYPE_CHECKING:
    from pipeline.cluster_settings import VertexSettings

_ONLY_PIPELINES = "create_pipeline_job_request:*"
# Pausing and resuming are asynchronous.
_LOOKS, _BETWEEN_LOOKS_S = 20, 0.5


class VertexSchedules:
    """The schedules of a project in a region.

    Args:
      settings: `deployment.vertex`.
      connection: the way there.
    """

    def __init__(self, settings: VertexSettings, connection: VertexConnection):
        self._settings, self._connection = settings, connection

    def keep_schedule(self, spec: SubmittedSpec, request: RunRequest, cron: CronTimes) -> ScheduleKept:
        """Has runs begun by themselves; keeps a schedule that is there with these settings, replaces another."""
        location, request_id = self._connection.location, secrets.token_hex(6)
        job = pipeline_job(spec, request, self._settings, location, request_id)
        wanted = schedule(job, cron, location)
        there = self._named(request.name)
        same = [found for found in there if not _differences(found, wanted)]
        if same:
            # The oldest: the next request, if this one is interrupted, would keep it, too.
            self._delete(*(found for found in there if found is not same[-1]))
            return ScheduleKept(remote_schedule(same[-1], location), Keeping.KEPT, uploaded=False)
        made = self._create(wanted, request_id)
        if not there:
            return ScheduleKept(remote_schedule(made, location), Keeping.CREATED, uploaded=False)
        if there[0].state.name == "PAUSED":
            made = self._turn(made, "pause_schedule", "PAUSED")
        self._delete(*there)
        kept = remote_schedule(made, location)
        return ScheduleKept(kept, Keeping.REPLACED, uploaded=False, changes=_differences(there[0], wanted))

    def schedules(self) -> list[RemoteSchedule]:
        """All schedules of pipelines in the project and the region, by name."""
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
        self._delete(found)
        return remote_schedule(found, self._connection.location)

    def _turned(self, name: str, method: str, state: str) -> RemoteSchedule:
        found = self._one(name)
        if found.state.name == "COMPLETED":
            raise UserError(
                f"the schedule {name} is at its end",
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

        doing = f"{method.partition('_')[0]} of the schedule {found.display_name}"
        extra = {"catch_up": False} if method == "resume_schedule" else {}
        try:
            self._connection.call(
                doing,
                lambda to: getattr(to.schedules, method)(name=found.name, timeout=to.timeout_s, **extra),
                (exceptions.FailedPrecondition,),
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
        location, doing = self._connection.location, f"making the schedule {wanted.display_name}"
        tried: list[None] = []

        def create(to: VertexConnection) -> Any:
            if tried:
                for found in self._list(to, _by_name(wanted.display_name)):
                    if _request_of(found) == request_id:
                        return found
            tried.append(None)
            return to.schedules.create_schedule(parent=location.parent, schedule=wanted, timeout=to.timeout_s)

        return self._connection.call(doing, create)

    def _delete(self, *several: Any) -> None:
        from google.api_core import exceptions

        for one in several:
            doing = f"deleting the schedule {one.display_name}"

            def delete(to: VertexConnection, resource: str = one.name) -> None:
                to.schedules.delete_schedule(name=resource, timeout=to.timeout_s).result(timeout=to.timeout_s)

            try:
                self._connection.call(doing, delete, (exceptions.NotFound,))
            except exceptions.NotFound:
                continue  # The first try, whose answer was lost, or somebody else has.

    def _one(self, name: str) -> Any:
        """A schedule by name or id."""
        found = self._named(name)
        if not found:
            found = [one for one in self._matching(f"looking for the schedule {name}") if id_of(one.name) == name]
        if not found:
            raise UserError(
                f"there is no schedule {name}",
                expected=f"a schedule of {self._connection.location.place}, by name or id",
                found=name,
                fix="`coralline schedules list` shows them",
            )
        if len(found) > 1:
            raise UserError(
                f"there are {len(found)} schedules {name}",
                expected="one",
                found="their ids: " + ", ".join(id_of(one.name) for one in found),
                fix="name it by its id; `coralline schedule` with the same name leaves one",
            )
        return found[0]

    def _named(self, name: str) -> list[Any]:
        """Newest first."""
        return self._matching(f"looking for the schedule {name}", _by_name(name))

    def _matching(self, doing: str, filter_text: str = _ONLY_PIPELINES) -> list[Any]:
        return self._connection.call(doing, lambda to: self._list(to, filter_text))

    def _list(self, to: VertexConnection, filter_text: str) -> list[Any]:
        request = {"parent": to.location.parent, "filter": filter_text, "order_by": "create_time desc"}
        return list(to.schedules.list_schedules(request=request, timeout=to.timeout_s))


def _by_name(name: str) -> str:
    return f"{_ONLY_PIPELINES} AND display_name={json.dumps(name, ensure_ascii=False)}"


def _request_of(found: Any) -> str | None:
    label: str | None = found.create_pipeline_job_request.pipeline_job.labels.get(REQUEST_LABEL)
    return label


def _differences(old: Any, new: Any) -> tuple[str, ...]:
    """What of two Schedules that were asked for is another."""
    settings = {
        "cron": "cron",
        "runs at once": "max_concurrent_active_run_count",
        "queueing": "allow_queueing",
        "catching up": "catch_up",
    }
    pairs = {what: (getattr(old, key), getattr(new, key)) for what, key in settings.items()}
    changes = [f"{what}: {was} -> {now}" for what, (was, now) in pairs.items() if was != now]
    if old.state.name == "COMPLETED":
        changes.append("state: at its end -> going on")
    old_job, new_job = (one.create_pipeline_job_request.pipeline_job for one in (old, new))
    return (*changes, *job_differences(old_job, new_job))
