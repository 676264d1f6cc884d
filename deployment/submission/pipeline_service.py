"""What the commands ask of a cluster; `deployment.kubeflow` and `deployment.vertex` answer, each in its way.

Names and ids: a method that takes `name` means the name that the run or schedule was made under, or its id. Where
several have the name, the newest run is meant; several schedules of one name are refused, except where a method says
otherwise.

Every method raises UserError, one message with what to do, for whatever a user can do something about: no address, no
credentials, refused credentials, a sign-in page as an answer, a name that isn't there, a request that the cluster
refuses, a server's own error, a time-out, no connection. A method that raises has changed nothing, or says in its
message what it has. No message holds a credential.
"""

from __future__ import annotations

from typing import Protocol

from deployment.submission.cron_times import CronTimes
from deployment.submission.remote_runs import RemoteRun, RemoteSchedule, RunRequest, ScheduleKept, Submission
from deployment.submission.submitted_spec import SubmittedSpec


class PipelineService(Protocol):
    """A cluster's API for pipelines."""

    @property
    def place(self) -> str:
        """Where it is, in words for messages: "Kubeflow Pipelines at https://kubeflow.example"."""

    def submit(self, spec: SubmittedSpec, request: RunRequest) -> Submission:
        """Begins a run, unless there is one of this name, spec and parameters, which is given back whatever its state.

        Raises:
          UserError: also: a run of this name has another spec, parameters, root or service account.
        """

    def runs(self, most: int) -> list[RemoteRun]:
        """The newest runs, newest first, without their tasks."""

    def run(self, name: str) -> RemoteRun:
        """A run with its tasks."""

    def cancel(self, name: str) -> RemoteRun:
        """Ends a run; gives it as it is then, CANCELING perhaps. One that has ended stays as it is."""

    def keep_schedule(self, spec: SubmittedSpec, request: RunRequest, cron: CronTimes) -> ScheduleKept:
        """Has runs begun by themselves: at most one at a time, none for times that were missed.

        A schedule of this name with these settings is kept as it is, paused or not. One with other settings is replaced
        by a new one, which is paused if that was: first the new one is made, then the old one deleted. More than one of
        the name, which a request that was interrupted there may have left, come down to one.

        Raises:
          UserError: also: the target can't express `cron`; or a run of the schedule that is to be replaced is going on
            and would end with it.
        """

    def schedules(self) -> list[RemoteSchedule]:
        """All schedules, by name."""

    def pause(self, name: str) -> RemoteSchedule:
        """Has it start no runs until it is resumed; runs that are going on stay."""

    def resume(self, name: str) -> RemoteSchedule:
        """Has it start runs again, none for the times while it was paused."""

    def delete(self, name: str) -> RemoteSchedule:
        """Deletes a schedule, and gives it as it was.

        Raises:
          UserError: also: a run of it is going on and would end with it.
        """
