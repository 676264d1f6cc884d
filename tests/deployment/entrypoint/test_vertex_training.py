"""QatTrainer's step on Vertex AI with several machines, against a stand-in for its custom jobs."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from google.protobuf import json_format
from tfx.types import artifact_utils, standard_artifacts

from coralline.foundation.errors import UserError
from deployment.entrypoint.vertex_training import CustomJobs, job_of, training_command

_JOBS = "/v1/projects/p/locations/europe-west4/customJobs"
_POOL = {"machineSpec": {"machineType": "n1-standard-8"}, "containerSpec": {"imageUri": "registry/coralline:1"}}
_SPEC = {"workerPoolSpecs": [{**_POOL, "replicaCount": "1"}, {**_POOL, "replicaCount": "2"}]}


class Jobs:
    """Custom jobs of Vertex AI: create, get and list, strictly by the messages of its own client (aiplatform_v1).

    Attributes:
      states: those that a job goes through, one each time somebody looks; the last one stays.
      refusal: the message of a 403 to everything; empty: none.
      jobs: those that there are.
    """

    def __init__(self) -> None:
        self.states = ["JOB_STATE_PENDING", "JOB_STATE_RUNNING", "JOB_STATE_SUCCEEDED"]
        self.refusal = ""
        self.jobs: list[dict[str, Any]] = []
        self.filters: list[str] = []

    def answer(self, method: str, address: str, body: dict[str, Any] | None) -> tuple[int, dict[str, Any]]:
        parts = urlsplit(address)
        if self.refusal:
            return 403, {"error": {"code": 403, "message": self.refusal, "status": "PERMISSION_DENIED"}}
        if parts.path == _JOBS and method == "POST":
            types = pytest.importorskip("google.cloud.aiplatform_v1").types
            json_format.ParseDict(body, types.CustomJob()._pb)
            job = {**(body or {}), "name": f"{_JOBS[4:]}/{len(self.jobs) + 1}", "state": self.states[0]}
            self.jobs.append(job)
            return 200, job
        if parts.path == _JOBS:
            [wanted] = parse_qs(parts.query)["filter"]
            self.filters.append(wanted)
            found = [j for j in self.jobs if j["labels"]["coralline-training"] in wanted and j["state"] in wanted]
            return 200, {"customJobs": found} if found else {}
        job = self.jobs[int(parts.path.rpartition("/")[2]) - 1]
        if len(self.states) > 1:
            self.states.pop(0)
        job["state"] = self.states[0]
        if job["state"] == "JOB_STATE_FAILED":
            job["error"] = {"code": 3, "message": "The replica workerpool1-0 exited with a non-zero status of 137."}
        return 200, job


@pytest.fixture
def served() -> Iterator[tuple[Jobs, CustomJobs]]:
    stand_in = Jobs()

    class Handler(http.server.BaseHTTPRequestHandler):
        def _handle(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            code, answer = stand_in.answer(self.command, self.path, json.loads(self.rfile.read(length) or b"null"))
            self.send_response(code)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        do_GET = do_POST = _handle

        def log_message(self, *_: Any) -> None:
            """Nothing: pytest shows what fails."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    yield stand_in, CustomJobs("p", "europe-west4", requests.Session(), address, poll_s=0.01)
    server.shutdown()


def _job() -> dict[str, Any]:
    return job_of(_SPEC, ["python", "-m", "tfx.scripts.run_executor"], "run@p.iam.gserviceaccount.com")


def test_a_job_is_started_and_waited_for(served: tuple[Jobs, CustomJobs], notes: Any) -> None:
    stand_in, jobs = served
    jobs.run_to_the_end(_job())
    [job] = stand_in.jobs
    assert job["state"] == "JOB_STATE_SUCCEEDED"
    assert job["jobSpec"]["serviceAccount"] == "run@p.iam.gserviceaccount.com"
    commands = [pool["containerSpec"]["command"] for pool in job["jobSpec"]["workerPoolSpecs"]]
    assert commands == [["python", "-m", "tfx.scripts.run_executor"]] * 2
    assert any("training on 3 machines of type n1-standard-8" in note for note in notes)


def test_a_second_try_waits_for_the_job_of_the_first(served: tuple[Jobs, CustomJobs]) -> None:
    stand_in, jobs = served
    stand_in.answer("POST", _JOBS, _job())
    jobs.run_to_the_end(_job())
    assert len(stand_in.jobs) == 1


def test_a_job_that_fails_fails_the_step_in_vertexs_words(served: tuple[Jobs, CustomJobs]) -> None:
    stand_in, jobs = served
    stand_in.states = ["JOB_STATE_PENDING", "JOB_STATE_FAILED"]
    with pytest.raises(UserError, match="training on several machines failed") as error:
        jobs.run_to_the_end(_job())
    assert "non-zero status of 137" in str(error.value)


def test_an_account_without_rights_is_told_which_it_needs(served: tuple[Jobs, CustomJobs]) -> None:
    stand_in, jobs = served
    stand_in.refusal = "Permission 'aiplatform.customJobs.list' denied"
    with pytest.raises(UserError, match="refuses") as error:
        jobs.run_to_the_end(_job())
    assert "customJobs.list' denied" in str(error.value) and "iam.serviceAccounts.actAs" in str(error.value)


def test_the_machines_run_the_steps_executor_with_its_artifacts() -> None:
    """As TFX's own script reads them."""
    examples, model = standard_artifacts.Examples(), standard_artifacts.Model()
    examples.uri, model.uri = "gs://bucket/examples", "gs://bucket/model"
    command = training_command({"examples": [examples]}, {"trained_model": [model]}, {"train": "{}"})
    given = dict(zip(command[3::2], command[4::2], strict=True))
    assert command[:3] == ["python", "-m", "tfx.scripts.run_executor"]
    assert given["--executor_class_path"] == "components.qat_trainer.executor.Executor"
    assert artifact_utils.parse_artifact_dict(given["--inputs"])["examples"][0].uri == "gs://bucket/examples"
    assert json.loads(given["--exec-properties"]) == {"train": "{}"}
