"""Vertex AI, asked by the commands: runs, and the schedules that start them."""

from __future__ import annotations

import itertools
import json
import secrets
from typing import TYPE_CHECKING, Any

from coralline.foundation.errors import UserError
from deployment.submission.remote_runs import RemoteRun, RunRequest, RunState, Submission
from deployment.submission.submitted_spec import SubmittedSpec
from deployment.vertex.vertex_connection import VertexConnection
from deployment.vertex.vertex_location import vertex_location
from deployment.vertex.vertex_readings import remote_run
from deployment.vertex.vertex_requests import REQUEST_LABEL, job_differences, job_id_of, pipeline_job
from deployment.vertex.vertex_schedules import VertexSchedules

if TYPE_CHECKING:
    from pipeline.cluster_settings import VertexSettings

# What listings need; the spec of each run, tens of kilobytes, isn't.
_LISTED = (
    *("name", "display_name", "state", "create_time", "start_time", "end_time", "error", "labels"),
    *("runtime_config", "service_account", "schedule_name"),
)
_PAGE = 100


class VertexService(VertexSchedules):
    """`deployment.submission.pipeline_service.PipelineService` of a project in a region.

    Args:
      settings: `deployment.vertex`.
      connection: another than to the place that settings name with the usual time limits.

    Raises:
      UserError: settings name no project or no region.
    """

    def __init__(self, settings: VertexSettings, connection: VertexConnection | None = None):
        super().__init__(settings, connection or VertexConnection(vertex_location(settings)))

    @property
    def place(self) -> str:
        """Where it is, in words for messages."""
        return self._connection.location.place

    def submit(self, spec: SubmittedSpec, request: RunRequest) -> Submission:
        """Begins a run under a job id that follows from its name, so that no name is run twice."""
        from google.api_core import exceptions

        location, request_id = self._connection.location, secrets.token_hex(6)
        job = pipeline_job(spec, request, self._settings, location, request_id)
        job_id, doing = job_id_of(request.name), f"submitting the run {request.name}"
        try:
            made = self._connection.call(
                doing,
                lambda to: to.jobs.create_pipeline_job(
                    parent=location.parent, pipeline_job=job, pipeline_job_id=job_id, timeout=to.timeout_s
                ),
                (exceptions.AlreadyExists,),
            )
        except exceptions.AlreadyExists:
            made = self._job(f"{location.parent}/pipelineJobs/{job_id}", doing)
        is_new = made.labels.get(REQUEST_LABEL) == request_id
        if not is_new and (changes := job_differences(made, job)):
            raise UserError(
                f"there is a run {request.name} already, and it is another",
                expected="the spec and the settings that it was submitted with",
                found="; ".join(changes),
                fix="give this run another name; `coralline runs show` says what became of that one",
            )
        return Submission(remote_run(made, location), is_new, uploaded=False)

    def runs(self, most: int) -> list[RemoteRun]:
        """The newest runs of the project in the region, newest first, without their tasks."""
        return self._listed("listing runs", "", most)

    def run(self, name: str) -> RemoteRun:
        """A run by name or id; of several, as a schedule starts them, the newest."""
        return remote_run(self._found(name), self._connection.location)

    def cancel(self, name: str) -> RemoteRun:
        """Ends a run; one that has ended stays as it is."""
        from google.api_core import exceptions

        location, doing = self._connection.location, f"canceling the run {name}"
        run = remote_run(found := self._found(name), location)
        if run.state.is_final or run.state is RunState.CANCELING:
            return run
        try:
            self._connection.call(
                doing,
                lambda to: to.jobs.cancel_pipeline_job(name=found.name, timeout=to.timeout_s),
                (exceptions.FailedPrecondition,),
            )
        except exceptions.FailedPrecondition as error:
            run = remote_run(self._job(found.name, doing), location)
            if not run.state.is_final:
                raise UserError(
                    f"Vertex AI doesn't cancel the run {name}",
                    expected="a run that goes on",
                    found=error.message,
                    fix=f"look at it: {run.link}",
                ) from error
            return run
        return remote_run(self._job(found.name, doing), location)

    def _job(self, resource: str, doing: str, expected: tuple[type[Exception], ...] = ()) -> Any:
        return self._connection.call(
            doing, lambda to: to.jobs.get_pipeline_job(name=resource, timeout=to.timeout_s), expected
        )

    def _found(self, name: str) -> Any:
        """A PipelineJob with its details, by the name of its run or its id."""
        from google.api_core import exceptions

        location, doing = self._connection.location, f"looking for the run {name}"
        try:
            return self._job(f"{location.parent}/pipelineJobs/{job_id_of(name)}", doing, (exceptions.NotFound,))
        except exceptions.NotFound:
            newest = self._listed(doing, f"display_name={json.dumps(name, ensure_ascii=False)}", 1)
        if not newest:
            raise UserError(
                f"there is no run {name}",
                expected=f"a run of {location.place}, by name or id",
                found=name,
                fix="`coralline runs list` shows them",
            )
        return self._job(f"{location.parent}/pipelineJobs/{newest[0].id}", doing)

    def _listed(self, doing: str, filter_text: str, most: int) -> list[RemoteRun]:
        location = self._connection.location
        request = {
            "parent": location.parent,
            "filter": filter_text,
            "order_by": "create_time desc",
            "page_size": min(most, _PAGE),
            "read_mask": {"paths": list(_LISTED)},
        }
        jobs = self._connection.call(
            doing,
            lambda to: list(
                itertools.islice(to.jobs.list_pipeline_jobs(request=request, timeout=to.timeout_s), most)
            ),
        )
        return [remote_run(job, location) for job in jobs]
