"""Kubeflow Pipelines as a `PipelineService`.

Runs and schedules have names that are looked for within one experiment, so that those of other teams are left alone.
A token or cookie is asked for with each request (`sign_in`); caching stays as the spec has it for each task.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from coralline.foundation.errors import UserError
from deployment.kubeflow.kubeflow_api import KubeflowApi
from deployment.kubeflow.kubeflow_records import run_record
from deployment.kubeflow.kubeflow_schedules import KubeflowSchedules
from deployment.submission.cron_times import CronTimes
from deployment.submission.differences import unlike_request
from deployment.submission.remote_runs import RemoteRun, RemoteSchedule, RunRequest, ScheduleKept, Submission

if TYPE_CHECKING:
    from deployment.submission.submitted_spec import SubmittedSpec
    from pipeline.config import Config

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def open_kubeflow(config: Config) -> KubeflowService:
    """The service that the configuration names, or the environment.

    Raises:
      UserError: it isn't named, can't be reached, or doesn't let us in.
    """
    settings = config.deployment.kubeflow
    return KubeflowService(KubeflowApi(settings), settings.experiment or config.name, settings.time_zone)


class KubeflowService:
    """Runs and recurring runs of one experiment.

    Args:
      api: what is asked.
      experiment: its name.
      time_zone: the one that the cluster's scheduler goes by.
    """

    def __init__(self, api: KubeflowApi, experiment: str, time_zone: str) -> None:
        self._api, self._experiment = api, experiment
        self._schedules = KubeflowSchedules(api, experiment, time_zone)
        self.place = f"{api.place}, experiment {experiment}"

    def submit(self, spec: SubmittedSpec, request: RunRequest) -> Submission:
        spec.require_target("kubeflow")
        versions = self._versions(spec.name)
        experiment_id = self._api.experiment_id(self._experiment)
        if experiment_id is not None:
            for earlier in self._api.runs(experiment_id, None, request.name):
                return Submission(self._same(earlier, versions, spec, request), is_new=False, uploaded=False)
        identifiers = self._schedules.version_ids(spec)
        uploaded = identifiers is None
        pipeline_id, version = identifiers or self._api.upload(spec)
        experiment_id = experiment_id or self._api.made_experiment_id(self._experiment)
        after = f" (its version {spec.version} was uploaded)" if uploaded else ""
        with self._api.asked(f"the run {request.name} can't be submitted{after}", changes=True):
            made = self._api.client.run_pipeline(
                experiment_id,
                request.name,
                params=dict(request.parameters),
                pipeline_id=pipeline_id,
                version_id=version,
                pipeline_root=request.pipeline_root,
                enable_caching=None,
                service_account=request.service_account,
            )
            if not made.run_id:
                raise ValueError("an answer without an id")
            return Submission(self._record(made, {version: spec.version}), is_new=True, uploaded=uploaded)

    def runs(self, most: int) -> list[RemoteRun]:
        experiment_id = self._api.experiment_id(self._experiment)
        if experiment_id is None:
            return []
        found = self._api.runs(experiment_id, most)[:most]
        versions = self._schedules.versions_of(found)
        return [self._record(run, versions) for run in found]

    def run(self, name: str) -> RemoteRun:
        identifier = name if _ID.fullmatch(name) else self._run_id(name)
        with self._api.asked(f"the run {name} can't be looked at"):
            found = self._api.client.get_run(identifier)
            return self._record(found, self._schedules.versions_of([found]))

    def cancel(self, name: str) -> RemoteRun:
        run = self.run(name)
        if run.state.is_final:
            return run
        with self._api.asked(f"the run {name} can't be cancelled", changes=True):
            self._api.client.terminate_run(run.id)
        return self.run(run.id)

    def keep_schedule(self, spec: SubmittedSpec, request: RunRequest, cron: CronTimes) -> ScheduleKept:
        return self._schedules.keep(spec, request, cron)

    def schedules(self) -> list[RemoteSchedule]:
        return self._schedules.all()

    def pause(self, name: str) -> RemoteSchedule:
        return self._schedules.switched(name, on=False)

    def resume(self, name: str) -> RemoteSchedule:
        return self._schedules.switched(name, on=True)

    def delete(self, name: str) -> RemoteSchedule:
        return self._schedules.deleted(name)

    def _versions(self, pipeline: str) -> dict[str, str]:
        pipeline_id = self._api.pipeline_id(pipeline)
        return {} if pipeline_id is None else self._api.versions(pipeline_id)

    def _run_id(self, name: str) -> str:
        experiment_id = self._api.experiment_id(self._experiment)
        for run in self._api.runs(experiment_id, None, name) if experiment_id else []:
            return str(run.run_id)
        raise UserError(
            f"there is no run {name}",
            expected=f"the name or id of a run at {self.place}",
            fix="`coralline runs list` tells which there are",
        )

    def _same(self, earlier: Any, versions: dict[str, str], spec: SubmittedSpec, request: RunRequest) -> RemoteRun:
        run = self._record(earlier, versions)
        others = unlike_request(run, spec.version, request)
        if others:
            raise UserError(
                f"there is a run {request.name} already, of something else",
                expected="a name for each run that differs",
                found="; ".join(others),
                fix="give this one another name with --name",
            )
        return run

    def _record(self, run: Any, versions: dict[str, str]) -> RemoteRun:
        return run_record(run, versions, f"{self._api.host}/#/runs/details/{run.run_id}")
