"""Vertex AI, asked by the commands: runs, and the schedules that start them."""

from __future__ import annotations

import contextlib
import importlib.util
import itertools
import secrets
from typing import TYPE_CHECKING, Any

from coralline.foundation.errors import UserError
from deployment.submission.remote_runs import RemoteRun, RunRequest, RunState, Submission
from deployment.submission.submitted_spec import SubmittedSpec
from deployment.vertex.vertex_connection import VertexConnection
from deployment.vertex.vertex_location import vertex_location
from deployment.vertex.vertex_readings import job_differences, remote_run
from deployment.vertex.vertex_requests import REQUEST_LABEL, is_job_id, job_id_of, pipeline_job
from deployment.vertex.vertex_schedules import VertexSchedules, quoted

if TYPE_CHECKING:
    from pipeline.config import Config

# What listings need; the spec of each run, tens of kilobytes, isn't.
_LISTED = (
    *("name", "display_name", "state", "create_time", "start_time", "end_time", "error", "labels"),
    *("runtime_config", "service_account", "schedule_name"),
)
_PAGE = 100


def open_vertex(config: Config) -> VertexService:
    """The service that the configuration names; it signs in with the first request.

    Raises:
      UserError: settings name no project or no region, or Google's client isn't there.
    """
    settings = config.deployment.vertex
    if not _has_googles_client():
        raise UserError(
            "Google's client for Vertex AI isn't installed here",
            expected="the package google-cloud-aiplatform, which the image of the steps leaves out",
            fix="call this in the environment that `./coralline` sets up",
        )
    return VertexService(settings, config.name, VertexConnection(vertex_location(settings)))


def _has_googles_client() -> bool:
    try:
        return importlib.util.find_spec("google.cloud.aiplatform_v1") is not None
    except ModuleNotFoundError:  # not even google.cloud
        return False


class VertexService(VertexSchedules):
    """`deployment.submission.pipeline_service.PipelineService` of one pipeline in a project and a region.

    Args:
      settings: `deployment.vertex`.
      pipeline: its name; runs and schedules of other pipelines are left alone.
      connection: the way there.
    """

    @property
    def place(self) -> str:
        """Where it is, in words for messages."""
        return self._connection.location.place

    def submit(self, spec: SubmittedSpec, request: RunRequest) -> Submission:
        """Begins a run under a job id that follows from its name, so that no name is run twice."""
        from google.api_core import exceptions

        location, request_id = self._connection.location, secrets.token_hex(6)
        job = pipeline_job(spec, request, self._settings, location, request_id)
        job_id, doing = job_id_of(request.name, spec.name), f"submitting the run `{request.name}`"
        try:
            made = self._connection.call(
                doing,
                lambda to: to.jobs.create_pipeline_job(
                    parent=location.parent, pipeline_job=job, pipeline_job_id=job_id, timeout=to.timeout_s
                ),
                (exceptions.AlreadyExists,),
                changes=True,
            )
        except exceptions.AlreadyExists:
            made = self._job(job_id, doing)
        is_new = made.labels.get(REQUEST_LABEL) == request_id
        if not is_new:
            self._require_same(made, job)
        return Submission(remote_run(made, location), is_new, uploaded=is_new)

    def runs(self, most: int) -> list[RemoteRun]:
        """The pipeline's newest runs, newest first, without their tasks."""
        return self._listed("listing runs", most)

    def run(self, name: str) -> RemoteRun:
        """A run by name or id; of several, as a schedule starts them, the newest."""
        return remote_run(self._found(name), self._connection.location)

    def cancel(self, name: str) -> RemoteRun:
        """Ends a run; one that has ended stays as it is."""
        from google.api_core import exceptions

        location, doing = self._connection.location, f"cancelling the run `{name}`"
        run = remote_run(found := self._found(name), location)
        if run.state.is_final or run.state is RunState.CANCELING:
            return run
        refused = None
        try:
            self._connection.call(
                doing,
                lambda to: to.jobs.cancel_pipeline_job(name=found.name, timeout=to.timeout_s),
                (exceptions.FailedPrecondition,),
                changes=True,
            )
        except exceptions.FailedPrecondition as error:
            refused = error  # It has ended meanwhile, perhaps.
        run = remote_run(self._job(run.id, doing), location)
        if refused is not None and not run.state.is_final:
            raise UserError(
                f"Vertex AI doesn't cancel the run `{name}`",
                expected="a run that is going on",
                found=refused.message,
                fix=f"look at it: {run.link}",
            ) from refused
        return run

    def _require_same(self, there: Any, wanted: Any) -> None:
        name = wanted.display_name
        changes = job_differences(there, wanted, self._connection.location)
        if there.display_name != name:
            changes.insert(0, f"name: {there.display_name} -> {name}")
        if changes:
            raise UserError(
                f"there is already a run `{name}`, of something else",
                expected="a name for each run that differs",
                found="; ".join(changes),
                fix="give this one another name with --name",
            )

    def _job(self, job_id: str, doing: str, expected: tuple[type[Exception], ...] = ()) -> Any:
        resource = f"{self._connection.location.parent}/pipelineJobs/{job_id}"
        return self._connection.call(
            doing, lambda to: to.jobs.get_pipeline_job(name=resource, timeout=to.timeout_s), expected
        )

    def _found(self, name: str) -> Any:
        """A PipelineJob with its details, by the name of its run or its id."""
        from google.api_core import exceptions

        doing, own = f"looking for the run `{name}`", job_id_of(name, self._pipeline)
        with contextlib.suppress(exceptions.NotFound):
            found = self._job(own, doing, (exceptions.NotFound,))
            if name in (own, found.display_name):
                return found
        for run in self._listed(doing, 1, f"display_name={quoted(name)}"):
            return self._job(run.id, doing)
        if is_job_id(name) and name != own:
            with contextlib.suppress(exceptions.NotFound):
                return self._job(name, doing, (exceptions.NotFound,))
        raise UserError(
            f"there is no run `{name}`",
            expected=f"the name or id of a run of {self._pipeline} at {self.place}",
            fix="`coralline runs list` tells which there are",
        )

    def _listed(self, doing: str, most: int, also: str | None = None) -> list[RemoteRun]:
        location = self._connection.location
        request = {
            "parent": location.parent,
            "filter": " AND ".join(filter(None, (f"pipeline_name={quoted(self._pipeline)}", also))),
            "order_by": "create_time desc",
            "page_size": min(most, _PAGE),
            "read_mask": {"paths": list(_LISTED)},
        }
        jobs = self._connection.call(
            doing,
            lambda to: list(itertools.islice(to.jobs.list_pipeline_jobs(request=request, timeout=to.timeout_s), most)),
        )
        return [remote_run(job, location) for job in jobs]
