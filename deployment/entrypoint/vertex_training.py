"""QatTrainer on several machines of Vertex AI: the step starts a custom job of worker pools, and waits for it.

TFX has the same for its own Trainer (`tfx.extensions.google_cloud_ai_platform`); the pools run that one's command,
`tfx.scripts.run_executor`, with this project's executor. What differs: there is no client library of 150 MB in the
image, the job ends with the step, a second try of a step waits for the job of the first, and what the executor records
of its outputs isn't lost in the job.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import signal
import time
from typing import Any, NoReturn

from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

from components.qat_trainer import executor as qat_trainer
from coralline.foundation import progress
from coralline.foundation.errors import UserError

_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_LABEL = "coralline-training"
_POLL_S = 30.0
_TIMEOUT_S = 60.0
_SUCCEEDED = "JOB_STATE_SUCCEEDED"
_ENDED = (_SUCCEEDED, "JOB_STATE_FAILED", "JOB_STATE_CANCELLED", "JOB_STATE_EXPIRED", "JOB_STATE_PARTIALLY_SUCCEEDED")


class Executor(base_executor.BaseExecutor):
    """In the place of QatTrainer's executor, which all machines of the job run."""

    def Do(self, input_dict: dict[str, Any], output_dict: dict[str, Any], exec_properties: dict[str, Any]) -> None:
        """Trains on other machines.

        Raises:
          UserError: Vertex AI refuses the job, or the job fails.
        """
        parser = argparse.ArgumentParser(allow_abbrev=False)
        for flag in ("custom_job", "project", "location", "run_service_account"):
            parser.add_argument(f"--{flag}", required=True)
        args, _ = parser.parse_known_args(self._context.extra_flags if self._context else [])
        command = training_command(input_dict, output_dict, exec_properties)
        jobs = CustomJobs(args.project, args.location)
        jobs.run_to_the_end(job_of(json.loads(args.custom_job), command, args.run_service_account))
        qat_trainer.record_outputs(output_dict)


def training_command(
    input_dict: dict[str, Any], output_dict: dict[str, Any], exec_properties: dict[str, Any]
) -> list[str]:
    """What each machine runs, as `AbstractJobClient.generate_container_command` of TFX's training_clients has it."""
    executor = qat_trainer.Executor
    return [
        *("python", "-m", "tfx.scripts.run_executor"),
        *("--executor_class_path", f"{executor.__module__}.{executor.__name__}"),
        *("--inputs", artifact_utils.jsonify_artifact_dict(input_dict)),
        *("--outputs", artifact_utils.jsonify_artifact_dict(output_dict)),
        *("--exec-properties", json.dumps(exec_properties, sort_keys=True)),
    ]


def job_of(spec: dict[str, Any], command: list[str], run_service_account: str) -> dict[str, Any]:
    """A CustomJob (REST, projects.locations.customJobs), with a label by which the same training is found again."""
    pools = [
        {**pool, "containerSpec": {**pool["containerSpec"], "command": command}} for pool in spec["workerPoolSpecs"]
    ]
    account = {"serviceAccount": run_service_account} if run_service_account else {}
    key = hashlib.sha256("\0".join(command).encode()).hexdigest()[:32]
    return {
        "displayName": f"coralline-training-{key[:12]}",
        "labels": {_LABEL: key},
        "jobSpec": {**account, **spec, "workerPoolSpecs": pools},
    }


class CustomJobs:
    """Vertex AI's custom jobs, with the credentials of the step.

    Args:
      project: the run's, by id or number.
      location: such as europe-west4.
      session: sends requests (google.auth's AuthorizedSession); None: with the application's default credentials.
      address: of the API; None: Google's in the location.
      poll_s: seconds between two looks at a job.
    """

    def __init__(
        self, project: str, location: str, session: Any = None, address: str | None = None, poll_s: float = _POLL_S
    ):
        self._session = _default_session() if session is None else session
        self._root = f"{address or f'https://{location}-aiplatform.googleapis.com'}/v1/"
        self._jobs, self._poll_s = f"projects/{project}/locations/{location}/customJobs", poll_s

    def run_to_the_end(self, job: dict[str, Any]) -> None:
        """Starts the job, or finds it, and waits; cancels it if this process is ended.

        Raises:
          UserError: it can't be started, or doesn't succeed.
        """
        name = self._running(job["labels"][_LABEL])
        if name is None:
            name = self._ask("POST", self._jobs, json=job)["name"]
            progress.note(f"training on {_machines(job)}: custom job {name}")
        else:
            progress.note(f"an earlier try of this step has started the training: waiting for custom job {name}")
        self._cancel_on_sigterm(name)
        while (found := self._ask("GET", name))["state"] not in _ENDED:
            time.sleep(self._poll_s)
        if found["state"] != _SUCCEEDED:
            raise UserError(
                "the training on several machines failed",
                file=name,
                expected=_SUCCEEDED,
                found=f"{found['state']}: {found.get('error', {}).get('message', 'no message')}",
                fix="see the job's log; the next try goes on from the newest checkpoint",
            )

    def _running(self, key: str) -> str | None:
        states = " OR ".join(f'state="JOB_STATE_{state}"' for state in ("QUEUED", "PENDING", "RUNNING"))
        listed = self._ask("GET", self._jobs, params={"filter": f'labels.{_LABEL}="{key}" AND ({states})'})
        return next((str(job["name"]) for job in listed.get("customJobs", [])), None)

    def _cancel_on_sigterm(self, name: str) -> None:
        def cancel(*_: Any) -> NoReturn:
            self._ask("POST", f"{name}:cancel", json={})
            raise SystemExit(128 + signal.SIGTERM)

        signal.signal(signal.SIGTERM, cancel)

    def _ask(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        answer = self._session.request(method, self._root + path, timeout=_TIMEOUT_S, **request)
        if answer.ok:
            return dict(answer.json())
        try:
            message = answer.json()["error"]["message"]
        except (ValueError, KeyError, TypeError):
            message = "an answer that isn't Vertex AI's"
        raise UserError(
            "Vertex AI refuses what the training on several machines needs",
            file=path,
            expected="an account of the run that may create, get, list and cancel custom jobs "
            "(aiplatform.customJobs.*), and act as the workers' account (iam.serviceAccounts.actAs)",
            found=f"{answer.status_code}: {message}",
            fix="grant that, correct deployment.trainer, or set deployment.trainer.workers to 1",
        )


def _machines(job: dict[str, Any]) -> str:
    pools = job["jobSpec"]["workerPoolSpecs"]
    count = sum(int(pool["replicaCount"]) for pool in pools)
    return f"{count} machines of type {pools[0]['machineSpec']['machineType']}"


def _default_session() -> Any:
    import google.auth
    from google.auth.transport.requests import AuthorizedSession

    credentials, _ = google.auth.default(scopes=[_SCOPE])
    return AuthorizedSession(credentials)
