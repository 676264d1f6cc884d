"""Vertex AI's PipelineService and ScheduleService on loopback, over TLS, by the protos of its own client.

Requests are held to the API's rules (`vertex_rules`), and states move as its comments say: a job goes from PENDING to
RUNNING and on each time that it is looked at. What the API's reference leaves open is marked "not documented".
"""

from __future__ import annotations

import datetime
import itertools
import threading
import time
import urllib.parse
from collections.abc import Callable
from concurrent import futures
from typing import Any

import grpc
from google.api_core import datetime_helpers
from google.cloud.aiplatform_v1 import types
from google.longrunning import operations_pb2, operations_pb2_grpc
from google.protobuf import any_pb2, empty_pb2, json_format
from google.rpc import code_pb2, status_pb2
from vertex_answers import Code, deny, refuse
from vertex_filters import listed
from vertex_rules import JOB_ID, require_job, require_schedule

State, Task = types.PipelineState, types.PipelineTaskDetail.State
PACKAGE = "google.cloud.aiplatform.v1"
_OVER = (State.PIPELINE_STATE_SUCCEEDED, State.PIPELINE_STATE_FAILED, State.PIPELINE_STATE_CANCELLED)
_NEXT = {
    State.PIPELINE_STATE_PENDING: State.PIPELINE_STATE_RUNNING,
    State.PIPELINE_STATE_RUNNING: State.PIPELINE_STATE_SUCCEEDED,
    State.PIPELINE_STATE_CANCELLING: State.PIPELINE_STATE_CANCELLED,
}
_JOB_FIELDS: dict[str, Callable[[Any], str]] = {
    "display_name": lambda job: job.display_name,
    "pipeline_name": lambda job: types.PipelineJob.pb(job).pipeline_spec["pipelineInfo"]["name"],
    "pipeline_job_user_id": lambda job: job.name.rpartition("/")[2],
    "state": lambda job: job.state.name,
    "schedule_name": lambda job: job.schedule_name,
}
_SCHEDULE_FIELDS: dict[str, Callable[[Any], str]] = {
    "display_name": lambda schedule: schedule.display_name,
    "state": lambda schedule: schedule.state.name,
    "create_pipeline_job_request": lambda schedule: "*",
}


class VertexApi:
    """One project in one region.

    Args:
      is_signed_in: whether a Bearer token is one that it accepts.
    """

    project, region = "yard-project", "europe-west4"

    def __init__(self, key: bytes, certificate: bytes, is_signed_in: Callable[[str], bool]):
        self.parent = f"projects/{self.project}/locations/{self.region}"
        self.is_signed_in = is_signed_in
        self.jobs: dict[str, types.PipelineJob] = {}
        self.schedules: dict[str, types.Schedule] = {}
        self.acts_as = {"runner@yard-project.iam.gserviceaccount.com"}
        self.fails: dict[str, tuple[str, str]] = {}
        """Of job ids: the task that fails, and with what."""
        self.held = False
        """Whether jobs stay in the state in which they are."""
        self.seen: list[tuple[str, Any]] = []
        """All calls: method and request."""
        self.troubles: list[tuple[str, Callable[[grpc.ServicerContext], None]]] = []
        """What happens to the next calls of a method in its place."""
        self.answers_lost: list[str] = []
        """Methods whose next call is carried out and answered with UNAVAILABLE."""
        self.turns_late = 0
        """So many looks at a schedule show it as it was before it was paused or resumed: both are asynchronous."""
        self._operations: dict[str, operations_pb2.Operation] = {}
        self._numbers = itertools.count(4242)
        self._lock = threading.RLock()
        self._server = grpc.server(futures.ThreadPoolExecutor(4))
        self._server.add_generic_rpc_handlers(self._handlers())
        operations_pb2_grpc.add_OperationsServicer_to_server(_Operations(self), self._server)
        credentials = grpc.ssl_server_credentials([(key, certificate)])
        self.endpoint = f"localhost:{self._server.add_secure_port('localhost:0', credentials)}"
        self._server.start()

    def stop(self) -> None:
        self._server.stop(0).wait()

    def _handlers(self) -> tuple[grpc.GenericRpcHandler, ...]:
        services = {
            "PipelineService": {
                "CreatePipelineJob": (types.CreatePipelineJobRequest, self._create_job),
                "GetPipelineJob": (types.GetPipelineJobRequest, self._get_job),
                "ListPipelineJobs": (types.ListPipelineJobsRequest, self._list_jobs),
                "CancelPipelineJob": (types.CancelPipelineJobRequest, self._cancel_job),
            },
            "ScheduleService": {
                "CreateSchedule": (types.CreateScheduleRequest, self._create_schedule),
                "GetSchedule": (types.GetScheduleRequest, self._get_schedule),
                "ListSchedules": (types.ListSchedulesRequest, self._list_schedules),
                "PauseSchedule": (types.PauseScheduleRequest, self._pause_schedule),
                "ResumeSchedule": (types.ResumeScheduleRequest, self._resume_schedule),
                "DeleteSchedule": (types.DeleteScheduleRequest, self._delete_schedule),
            },
        }
        return tuple(
            grpc.method_handlers_generic_handler(
                f"{PACKAGE}.{service}", {name: self._handler(name, *taken) for name, taken in methods.items()}
            )
            for service, methods in services.items()
        )

    def _handler(self, name: str, request_type: Any, carry_out: Callable[..., Any]) -> grpc.RpcMethodHandler:
        def handle(request: Any, context: grpc.ServicerContext) -> Any:
            self.begin(name, request, context)
            with self._lock:
                answer = carry_out(request, context)
            if name in self.answers_lost:
                self.answers_lost.remove(name)
                refuse(context, Code.UNAVAILABLE, "Socket closed")
            return answer

        def serialize(answer: Any) -> bytes:
            return bytes(
                answer.SerializeToString() if hasattr(answer, "DESCRIPTOR") else type(answer).serialize(answer)
            )

        return grpc.unary_unary_rpc_method_handler(handle, request_type.deserialize, serialize)

    def begin(self, name: str, request: Any, context: grpc.ServicerContext) -> None:
        """What holds for every call: sign-in, routing, and what was arranged to go wrong."""
        self.seen.append((name, request))
        metadata = dict(context.invocation_metadata())
        if not self.is_signed_in(str(metadata.get("authorization", "")).removeprefix("Bearer ")):
            refuse(
                context,
                Code.UNAUTHENTICATED,
                "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other "
                "valid authentication credential.",
                {"reason": "ACCESS_TOKEN_EXPIRED", "service": "aiplatform.googleapis.com"},
            )
        routed = urllib.parse.unquote(str(metadata.get("x-goog-request-params", "")))
        if routed not in (f"parent={getattr(request, 'parent', '')}", f"name={getattr(request, 'name', '')}"):
            refuse(context, Code.INVALID_ARGUMENT, f"The request isn't routed: {routed}")
        for trouble in self.troubles:
            if trouble[0] == name:
                self.troubles.remove(trouble)
                trouble[1](context)

    def _require_here(self, context: grpc.ServicerContext, name: str, permission: str) -> None:
        if not name.startswith(f"projects/{self.project}/"):
            deny(context, f"aiplatform.{permission}", name)
        if not f"{name}/".startswith(f"{self.parent}/"):
            refuse(context, Code.INVALID_ARGUMENT, f"Unsupported region for Vertex AI: {name}")

    # Jobs

    def _create_job(self, request: Any, context: grpc.ServicerContext) -> types.PipelineJob:
        self._require_here(context, request.parent, "pipelineJobs.create")
        job_id = request.pipeline_job_id or f"job-{next(self._numbers)}"
        if not JOB_ID.match(job_id):
            refuse(context, Code.INVALID_ARGUMENT, f"Invalid pipeline_job_id: {job_id}")
        require_job(context, request.pipeline_job, self.region, self.acts_as)
        name = f"{self.parent}/pipelineJobs/{job_id}"
        if name in self.jobs:
            # sky-uk/kfp-operator#349
            refuse(context, Code.ALREADY_EXISTS, "Pipeline job with the specified ID already exists.")
        job = types.PipelineJob(request.pipeline_job)
        job.name, job.state, job.create_time = name, State.PIPELINE_STATE_PENDING, self._now()
        job.update_time = job.create_time
        self.jobs[name] = job
        return job

    def _job(self, name: str, context: grpc.ServicerContext, permission: str) -> types.PipelineJob:
        self._require_here(context, name, permission)
        if name not in self.jobs:
            refuse(context, Code.NOT_FOUND, f"The PipelineJob '{name}' does not exist.")
        return self.jobs[name]

    def _get_job(self, request: Any, context: grpc.ServicerContext) -> types.PipelineJob:
        job = self._job(request.name, context, "pipelineJobs.get")
        said = types.PipelineJob(job)
        if not self.held:
            self.advance(job)
        return said

    def _list_jobs(self, request: Any, context: grpc.ServicerContext) -> types.ListPipelineJobsResponse:
        self._require_here(context, request.parent, "pipelineJobs.list")
        page, token = listed(context, list(self.jobs.values()), request, _JOB_FIELDS, 10)
        kept = []
        for job in page:
            shown = types.PipelineJob(job)
            shown.job_detail = None  # "Not available in the list view."
            if request.read_mask.paths:
                masked = types.PipelineJob()
                request.read_mask.MergeMessage(types.PipelineJob.pb(shown), types.PipelineJob.pb(masked))
                shown = masked
            kept.append(shown)
        return types.ListPipelineJobsResponse(pipeline_jobs=kept, next_page_token=token)

    def _cancel_job(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:
        job = self._job(request.name, context, "pipelineJobs.cancel")
        if job.state in _OVER:
            # Not documented.
            refuse(context, Code.FAILED_PRECONDITION, f"The PipelineJob is in state {job.state.name}.")
        job.state = State.PIPELINE_STATE_CANCELLING
        return empty_pb2.Empty()

    def advance(self, job: types.PipelineJob) -> None:
        """Takes a job to its next state."""
        if job.state in _OVER:
            return
        failing, message = self.fails.get(job.name.rpartition("/")[2], ("", ""))
        job.state = _NEXT[job.state]
        if job.state == State.PIPELINE_STATE_SUCCEEDED and failing:
            job.state = State.PIPELINE_STATE_FAILED
        job.update_time = self._now()
        if job.state == State.PIPELINE_STATE_RUNNING:
            job.start_time = job.update_time
        elif job.state in _OVER:
            job.end_time = job.update_time
        self._detail(job, failing, message)

    def _detail(self, job: types.PipelineJob, failing: str, message: str) -> None:
        spec = json_format.MessageToDict(types.PipelineJob.pb(job).pipeline_spec)
        tasks = spec["root"]["dag"]["tasks"]
        details, failed = [], False
        for name in _in_order(tasks):
            detail = types.PipelineTaskDetail(task_name=name, task_id=len(details) + 1, create_time=job.start_time)
            if job.state == State.PIPELINE_STATE_RUNNING:
                detail.state = Task.PENDING if details else Task.RUNNING
            elif job.state in (State.PIPELINE_STATE_CANCELLING, State.PIPELINE_STATE_CANCELLED):
                detail.state = Task.CANCELLED
            elif name == failing:
                detail.state, failed = Task.FAILED, True
                detail.error = status_pb2.Status(code=code_pb2.FAILED_PRECONDITION, message=message)
            else:
                detail.state = Task.NOT_TRIGGERED if failed else Task.SUCCEEDED
            details.append(detail)
        job.job_detail.task_details = details
        if job.state == State.PIPELINE_STATE_FAILED:
            # GoogleCloudPlatform/vertex-ai-samples#1250
            why = f"The DAG failed because some tasks failed. The failed tasks are: [{failing}].; Job (project_id = "
            why += f"{self.project}, job_id = 2073372166241386496) is failed due to the above error."
            job.error = status_pb2.Status(code=code_pb2.FAILED_PRECONDITION, message=why)
        elif job.state == State.PIPELINE_STATE_CANCELLED:
            job.error = status_pb2.Status(code=code_pb2.CANCELLED, message="The pipeline was cancelled.")

    # Schedules

    def _create_schedule(self, request: Any, context: grpc.ServicerContext) -> types.Schedule:
        self._require_here(context, request.parent, "schedules.create")
        require_schedule(context, request.schedule)
        created = request.schedule.create_pipeline_job_request
        self._require_here(context, created.parent, "pipelineJobs.create")
        require_job(context, created.pipeline_job, self.region, self.acts_as)
        schedule = types.Schedule(request.schedule)
        schedule.name = f"{self.parent}/schedules/{next(self._numbers)}"
        schedule.state, schedule.create_time, schedule.catch_up = types.Schedule.State.ACTIVE, self._now(), False
        schedule.next_run_time = schedule.create_time + datetime.timedelta(hours=1)
        self.schedules[schedule.name] = schedule
        return schedule

    def _schedule(self, name: str, context: grpc.ServicerContext, permission: str) -> types.Schedule:
        self._require_here(context, name, f"schedules.{permission}")
        if name not in self.schedules:
            refuse(context, Code.NOT_FOUND, f"The Schedule '{name}' does not exist.")
        return self.schedules[name]

    def _get_schedule(self, request: Any, context: grpc.ServicerContext) -> types.Schedule:
        schedule = self._schedule(request.name, context, "get")
        if not self.turns_late:
            return schedule
        self.turns_late -= 1
        states = types.Schedule.State
        shown = types.Schedule(schedule)
        shown.state = states.ACTIVE if schedule.state == states.PAUSED else states.PAUSED
        return shown

    def _list_schedules(self, request: Any, context: grpc.ServicerContext) -> types.ListSchedulesResponse:
        self._require_here(context, request.parent, "schedules.list")
        page, token = listed(context, list(self.schedules.values()), request, _SCHEDULE_FIELDS, 100)
        return types.ListSchedulesResponse(schedules=page, next_page_token=token)

    def _pause_schedule(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:
        schedule = self._schedule(request.name, context, "update")
        if schedule.state != types.Schedule.State.ACTIVE:
            refuse(context, Code.FAILED_PRECONDITION, f"The Schedule is {schedule.state.name}.")
        schedule.state = types.Schedule.State.PAUSED
        return empty_pb2.Empty()

    def _resume_schedule(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:
        schedule = self._schedule(request.name, context, "update")
        if schedule.state != types.Schedule.State.PAUSED:
            refuse(context, Code.FAILED_PRECONDITION, "Only paused Schedule can be resumed.")
        schedule.state, schedule.catch_up = types.Schedule.State.ACTIVE, request.catch_up
        return empty_pb2.Empty()

    def _delete_schedule(self, request: Any, context: grpc.ServicerContext) -> operations_pb2.Operation:
        self._schedule(request.name, context, "delete")
        operation = operations_pb2.Operation(name=f"{self.parent}/operations/{next(self._numbers)}")
        operation.metadata.Pack(types.DeleteOperationMetadata.pb(types.DeleteOperationMetadata()))
        self._operations[operation.name] = operation
        del self.schedules[request.name]
        return operation

    def finished(self, name: str) -> operations_pb2.Operation:
        """An operation that was begun: done the second time that one looks."""
        operation = self._operations[name]
        answer = operations_pb2.Operation()
        answer.CopyFrom(operation)
        operation.done = True
        nothing = any_pb2.Any()
        nothing.Pack(empty_pb2.Empty())
        operation.response.CopyFrom(nothing)
        return answer

    def tick(self, schedule_name: str) -> str | None:
        """A schedule's time comes: the id of the job that it starts; None if it skips it."""
        schedule = self.schedules[schedule_name]
        mine = [job for job in self.jobs.values() if job.schedule_name == schedule_name and job.state not in _OVER]
        most = schedule.max_concurrent_active_run_count
        if schedule.state != types.Schedule.State.ACTIVE or (most and len(mine) >= most):
            return None
        job = types.PipelineJob(schedule.create_pipeline_job_request.pipeline_job)
        job_id = f"{types.PipelineJob.pb(job).pipeline_spec['pipelineInfo']['name']}-{next(self._numbers)}"
        job.name = f"{self.parent}/pipelineJobs/{job_id}"
        job.state, job.create_time = State.PIPELINE_STATE_PENDING, self._now()
        job.schedule_name = schedule_name
        self.jobs[job.name] = job
        schedule.started_run_count += 1
        schedule.last_scheduled_run_response = {"scheduled_run_time": job.create_time, "run_response": "OK"}
        return job_id

    @staticmethod
    def _now() -> datetime_helpers.DatetimeWithNanoseconds:
        time.sleep(0.001)  # no two are of the same time
        return datetime_helpers.DatetimeWithNanoseconds.now(datetime.timezone.utc)


class _Operations(operations_pb2_grpc.OperationsServicer):
    def __init__(self, api: VertexApi):
        self._api = api

    def GetOperation(self, request: Any, context: grpc.ServicerContext) -> operations_pb2.Operation:
        self._api.begin("GetOperation", request, context)
        return self._api.finished(request.name)


def _in_order(tasks: dict[str, Any]) -> list[str]:
    """Task names, each after those on which it depends."""
    done: list[str] = []
    while len(done) < len(tasks):
        done += sorted(n for n in tasks if n not in done and set(tasks[n].get("dependentTasks", ())) <= set(done))
    return done
