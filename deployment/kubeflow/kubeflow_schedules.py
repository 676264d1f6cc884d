"""Recurring runs of Kubeflow Pipelines.

Read from its sources: the controller knows one time zone for all schedules, CRON_SCHEDULE_TIMEZONE (`GetLocation` in
backend/src/crd/controller/scheduledworkflow/util/const.go), and robfig/cron v1 reads six fields and no time zone in
them. `mode` unset means disabled. With `no_catchup` the latest of the times that were missed while a schedule was
paused is still made up for (`getNextScheduledTimeImp` in cron_schedule.go). The workflows of a recurring run belong to
it, so that to delete it would end those that are going on (`SetOwnerReferences` in workflow.go).
"""

from __future__ import annotations

import dataclasses
import datetime
import zoneinfo
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from coralline.foundation.errors import UserError
from deployment.kubeflow.kubeflow_api import KubeflowApi
from deployment.kubeflow.kubeflow_records import schedule_record, state_of, version_id
from deployment.submission.cron_times import CronTimes, require_time_zone
from deployment.submission.differences import unlike_request, unlike_times
from deployment.submission.named_schedule import only_schedule
from deployment.submission.remote_runs import AT_ONCE, Keeping, RemoteSchedule, RunRequest, ScheduleKept

if TYPE_CHECKING:
    from deployment.submission.submitted_spec import SubmittedSpec

_NEWEST = 300
"""So many of the experiment's runs are looked through for those of a schedule."""
_WEEKS_COMPARED = 2 * 53


class KubeflowSchedules:
    """The recurring runs of one experiment.

    Args:
      api: what is asked.
      experiment: its name.
      time_zone: the one that the cluster's scheduler goes by.

    Raises:
      UserError: there is no such time zone.
    """

    def __init__(self, api: KubeflowApi, experiment: str, time_zone: str) -> None:
        require_time_zone(time_zone)
        self._api, self._experiment, self._time_zone = api, experiment, time_zone

    def keep(self, spec: SubmittedSpec, request: RunRequest, cron: CronTimes) -> ScheduleKept:
        """See `PipelineService.keep_schedule`."""
        spec.require_target("kubeflow")
        cron = self._in_the_clusters_zone(cron)
        there = [schedule for schedule in self.all() if schedule.name == request.name]
        changes = {schedule.id: self._changes(schedule, spec, request, cron) for schedule in there}
        same = [schedule for schedule in there if not changes[schedule.id]]
        others = [schedule for schedule in there if schedule not in same[:1]]
        for schedule in others:
            self._require_idle(schedule, "replaced")
        if same:
            kept, keeping, uploaded = same[0], Keeping.REPLACED if others else Keeping.KEPT, False
        else:
            enabled = all(schedule.enabled for schedule in others)
            kept, uploaded = self._made(spec, request, cron, enabled)
            keeping = Keeping.REPLACED if others else Keeping.CREATED
        for schedule in others:
            self._retire(schedule, kept)
        return ScheduleKept(kept, keeping, uploaded, tuple(changes[others[0].id]) if others else ())

    def all(self) -> list[RemoteSchedule]:
        """All schedules, by name."""
        experiment_id = self._api.experiment_id(self._experiment)
        if experiment_id is None:
            return []
        found = self._api.recurring_runs(experiment_id)
        versions = self.versions_of(found)
        last: dict[str, datetime.datetime] = {}
        for run in self._api.runs(experiment_id, _NEWEST) if found else []:
            if run.recurring_run_id and run.created_at:
                last.setdefault(run.recurring_run_id, run.created_at)
        records = [self._record(recurring, versions, last.get(recurring.recurring_run_id)) for recurring in found]
        return sorted(records, key=lambda schedule: (schedule.name, schedule.id))

    def switched(self, name: str, on: bool) -> RemoteSchedule:
        """Pauses or resumes a schedule."""
        schedule = self._one(name)
        if schedule.enabled != on:
            with self._api.asked(f"the schedule {name} can't be {'resumed' if on else 'paused'}", changes=True):
                switch = self._api.client.enable_recurring_run if on else self._api.client.disable_recurring_run
                switch(schedule.id)
        return self._one(schedule.id)

    def deleted(self, name: str) -> RemoteSchedule:
        """Deletes a schedule of which no run is going on."""
        schedule = self._one(name)
        self._require_idle(schedule, "deleted")
        self._delete(schedule, f"the schedule {name} can't be deleted")
        return schedule

    def version_ids(self, spec: SubmittedSpec) -> tuple[str, str] | None:
        """The ids of pipeline and version; None: it isn't uploaded."""
        pipeline_id = self._api.pipeline_id(spec.name)
        if pipeline_id is None:
            return None
        found = self._api.versions(pipeline_id)
        return next(((pipeline_id, one) for one, name in found.items() if name == spec.version), None)

    def versions_of(self, records: Iterable[Any]) -> dict[str, str]:
        """Names of the versions of these runs or recurring runs, by id."""
        references = (record.pipeline_version_reference for record in records if version_id(record))
        names: dict[str, str] = {}
        for pipeline_id in dict.fromkeys(reference.pipeline_id for reference in references):
            names |= self._api.versions(pipeline_id)
        return names

    def _made(
        self, spec: SubmittedSpec, request: RunRequest, cron: CronTimes, enabled: bool
    ) -> tuple[RemoteSchedule, bool]:
        identifiers = self.version_ids(spec)
        uploaded = identifiers is None
        pipeline_id, version = identifiers or self._api.upload(spec)
        experiment_id = self._api.made_experiment_id(self._experiment)
        after = f" (its version {spec.version} was uploaded)" if uploaded else ""
        with self._api.asked(f"the schedule {request.name} can't be made{after}", changes=True):
            made = self._api.client.create_recurring_run(
                experiment_id,
                request.name,
                cron_expression=cron.six_fields,
                max_concurrency=AT_ONCE,
                no_catchup=True,
                params=dict(request.parameters),
                pipeline_id=pipeline_id,
                version_id=version,
                enabled=enabled,
                pipeline_root=request.pipeline_root,
                enable_caching=None,
                service_account=request.service_account,
            )
            if not made.recurring_run_id:
                raise ValueError("an answer without an id")
            return self._record(made, {version: spec.version}, None), uploaded

    def _changes(
        self, schedule: RemoteSchedule, spec: SubmittedSpec, request: RunRequest, cron: CronTimes
    ) -> list[str]:
        return unlike_times(schedule, cron) + unlike_request(schedule, spec.version, request)

    def _in_the_clusters_zone(self, cron: CronTimes) -> CronTimes:
        """The same times in the words of the cluster's zone, where the two zones always show the same time."""
        if cron.time_zone != self._time_zone and not _alike(cron.time_zone, self._time_zone):
            raise UserError(
                f"Kubeflow can't keep to {cron.time_zone}: its scheduler has one time zone for all schedules",
                expected=f"times in {self._time_zone} (deployment.kubeflow.time_zone)",
                found=cron.in_words(),
                fix=f"give the cron expression in {self._time_zone}; or set CRON_SCHEDULE_TIMEZONE of the cluster's "
                f"ml-pipeline-scheduledworkflow, and deployment.kubeflow.time_zone, to {cron.time_zone}",
            )
        return dataclasses.replace(cron, time_zone=self._time_zone)

    def _one(self, name: str) -> RemoteSchedule:
        found = [schedule for schedule in self.all() if name in (schedule.name, schedule.id)]
        where = f"experiment {self._experiment} at {self._api.place}"
        return only_schedule(name, found, lambda schedule: schedule.id, where)

    def _require_idle(self, schedule: RemoteSchedule, done: str) -> None:
        experiment_id = self._api.experiment_id(self._experiment)
        for run in self._api.runs(experiment_id, _NEWEST) if experiment_id else []:
            if run.recurring_run_id == schedule.id and not state_of(run.state).is_final:
                raise UserError(
                    f"the schedule `{schedule.name}` can't be {done}: Kubeflow would end its run that is going on",
                    found=f"{run.display_name} ({run.run_id}), {state_of(run.state).value}",
                    fix=f"wait for it with `coralline runs wait {run.run_id}`, or end it with `coralline runs cancel`; "
                    f"`coralline schedules pause {schedule.id}` has it start no more",
                )

    def _retire(self, schedule: RemoteSchedule, new: RemoteSchedule) -> None:
        """Deletes a replaced schedule; paused first, so that no run of it starts meanwhile and is ended."""
        doing = f"the new one, {new.id}, is there; the old one, {schedule.id}, can't be deleted"
        if schedule.enabled:
            with self._api.asked(doing, changes=True):
                self._api.client.disable_recurring_run(schedule.id)
        self._require_idle(schedule, "deleted, though its replacement is there")
        self._delete(schedule, doing)

    def _delete(self, schedule: RemoteSchedule, doing: str) -> None:
        with self._api.asked(doing, changes=True):
            self._api.client.delete_recurring_run(schedule.id)

    def _record(self, recurring: Any, versions: dict[str, str], last: datetime.datetime | None) -> RemoteSchedule:
        link = f"{self._api.host}/#/recurringrun/details/{recurring.recurring_run_id}"
        now = datetime.datetime.now(datetime.timezone.utc)
        return schedule_record(recurring, versions, self._time_zone, link, last, now)


def _alike(one: str, other: str) -> bool:
    """Whether two zones show the same time all through the next two years."""
    now = datetime.datetime.now(datetime.timezone.utc)
    zones = zoneinfo.ZoneInfo(one), zoneinfo.ZoneInfo(other)
    moments = (now + datetime.timedelta(weeks=week) for week in range(_WEEKS_COMPARED))
    return all(moment.astimezone(zones[0]).utcoffset() == moment.astimezone(zones[1]).utcoffset() for moment in moments)
