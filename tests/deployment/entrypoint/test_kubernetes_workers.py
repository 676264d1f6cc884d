"""A step that starts other machines to train with; a stand-in for Kubernetes' API runs their pods as processes."""

from __future__ import annotations

import http.server
import json
import os
import re
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from coralline.foundation import storage
from coralline.foundation.errors import UserError
from deployment.entrypoint import kubernetes_workers
from deployment.entrypoint.kubernetes_workers import training_workers
from deployment.entrypoint.launcher_mirror import MIRROR_VARIABLE
from deployment.spec.worker_pods import worker_job, worker_service
from pipeline.deployment_settings import StepSettings, TrainerMachines

kubernetes = pytest.importorskip("kubernetes")

_MADE = re.compile(r"/(?:api/v1|apis/batch/v1)/namespaces/yard/(services|jobs)(?:/([a-z0-9-]+))?")
_KINDS = {"services": "V1Service", "jobs": "V1Job"}


class Cluster:
    """Kubernetes' API as far as a training asks it: jobs, services and pods of the namespace `yard`.

    What it takes must be what Kubernetes knows: every field of a body must be one of the published models (those of the
    official client). Pods of an indexed job run as processes, each with a folder as its file system, numbered as by the
    job controller (kubernetes.io/docs/concepts/workloads/controllers/job, "Completion mode"); an account without rights
    is answered in the form that API servers give (`Status`).

    Attributes:
      forbidden: whether the account may do nothing.
      schedulable: whether there is a node for a pod.
      made: `{kind: {name: body}}` of all that is there.
      host: where it is.
      addresses: of the first machine and of the other.
    """

    host: str
    addresses: list[str]

    def __init__(self, folder: Path):
        self.folder, self.forbidden, self.schedulable = folder, False, True
        self.made: dict[str, dict[str, Any]] = {"services": {}, "jobs": {}}
        self.removed: list[str] = []
        self._pods: dict[str, list[subprocess.Popen[bytes]]] = {}
        self._models = kubernetes.client.ApiClient()

    def answer(self, method: str, address: str, body: dict[str, Any] | None) -> tuple[int, dict[str, Any]]:
        parts = urlsplit(address)
        if self.forbidden:
            message = 'jobs.batch is forbidden: User "system:serviceaccount:yard:default-editor" cannot create resource'
            status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": 403}
            return 403, status | {"reason": "Forbidden"}
        if method == "GET" and parts.path == "/api/v1/namespaces/yard/pods":
            [selector] = parse_qs(parts.query)["labelSelector"]
            return 200, {
                "kind": "PodList",
                "apiVersion": "v1",
                "items": self._pods_of(selector.removeprefix("job-name=")),
            }
        found = _MADE.fullmatch(parts.path)
        assert found, f"{method} {parts.path}: the role doesn't allow that"
        kind, name = found.groups()
        if method == "POST":
            assert body is not None
            return 201, self._make(kind, body)
        assert method == "DELETE"
        if name not in self.made[kind]:
            return 404, {"kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404}
        self.removed.append(kind)
        del self.made[kind][name]
        for process in self._pods.pop(name, []) if kind == "jobs" else []:
            process.kill()
            process.wait()
        return 200, {"kind": "Status", "status": "Success"}

    def _make(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        class _Answer:
            data = json.dumps(body)

        known = self._models.sanitize_for_serialization(self._models.deserialize(_Answer, _KINDS[kind]))
        assert known == body, "fields that Kubernetes doesn't know"
        name = body["metadata"]["name"]
        self.made[kind][name] = body
        if kind == "jobs" and self.schedulable:
            self._pods[name] = [self._start(body, number) for number in range(body["spec"]["completions"])]
        return body

    def _start(self, job: dict[str, Any], number: int) -> subprocess.Popen[bytes]:
        [container] = job["spec"]["template"]["spec"]["containers"]
        root = self.folder / f"pod-{number}"
        root.mkdir()
        plain = {variable["name"]: variable["value"] for variable in container["env"]}
        environment = {**os.environ, **plain, "JOB_COMPLETION_INDEX": str(number), MIRROR_VARIABLE: str(root)}
        # The launcher's paths are below `/`; a process has a folder for that.
        command = [part.replace(str(self.folder / "chief"), str(root)) for part in container["command"]]
        assert command[0] == "python"
        with (root / "log").open("wb") as log:
            return subprocess.Popen([sys.executable, *command[1:]], env=environment, stdout=log, stderr=log)

    def _pods_of(self, job: str) -> list[dict[str, Any]]:
        pods = []
        for number in range(self.made["jobs"][job]["spec"]["completions"]):
            status: dict[str, Any] = {"phase": "Pending"}
            if self.schedulable:
                status = _status(self._pods[job][number].poll())
            else:
                status["conditions"] = [
                    {
                        "type": "PodScheduled",
                        "status": "False",
                        "reason": "Unschedulable",
                        "message": "0/3 nodes are available: 3 Insufficient nvidia.com/gpu.",
                    }
                ]
            spec = {"nodeName": "node-1", "containers": [{"name": "worker"}]}
            pods.append({"metadata": {"name": f"{job}-{number}-x7k2p"}, "spec": spec, "status": status})
        return pods


def _status(code: int | None) -> dict[str, Any]:
    if code is None:
        return {"phase": "Running"}
    ended = {"exitCode": code & 0xFF, "reason": "Completed" if code == 0 else "Error"}
    container = {"name": "worker", "image": "i", "imageID": "i", "ready": False, "restartCount": 0}
    phase = "Succeeded" if code == 0 else "Failed"
    return {"phase": phase, "containerStatuses": [container | {"state": {"terminated": ended}}]}


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """Reached as a pod reaches its cluster."""
    stand_in = Cluster(tmp_path)

    class Handler(http.server.BaseHTTPRequestHandler):
        def _handle(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            code, answer = stand_in.answer(self.command, self.path, json.loads(self.rfile.read(length) or b"null"))
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        do_GET = do_POST = do_DELETE = _handle

        def log_message(self, *_: Any) -> None:
            """Nothing: pytest shows what fails."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    configuration = kubernetes.client.Configuration(host=f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr(kubernetes_workers, "connect", lambda: (kubernetes.client.ApiClient(configuration), "yard"))
    monkeypatch.setattr(kubernetes_workers, "_POLL_S", 0.1)
    monkeypatch.setenv("KFP_POD_NAME", "coralline-x-system-container-impl-1")
    monkeypatch.setenv("KFP_POD_UID", "3b0c")
    # Pods have names and addresses of their own; processes have ports.
    stand_in.host, ports = configuration.host, _free_ports(2)
    stand_in.addresses = [f"127.0.0.1:{port}" for port in ports]
    monkeypatch.setattr(kubernetes_workers, "own_address", lambda: stand_in.addresses[0])
    monkeypatch.setattr(kubernetes_workers, "worker_address", lambda *_: stand_in.addresses[1])
    yield stand_in
    server.shutdown()


# What the fixture `cluster` does, in a process of the step's own.
_STEP = """
import sys
import kubernetes
from deployment.entrypoint import kubernetes_workers
from deployment.entrypoint.run_task import TaskCommand, run_task

host, own, other, *args = sys.argv[1:]
api = kubernetes.client.ApiClient(kubernetes.client.Configuration(host=host))
kubernetes_workers.connect = lambda: (api, "yard")
kubernetes_workers._POLL_S = 0.1
kubernetes_workers.own_address = lambda: own
kubernetes_workers.worker_address = lambda *_: other
run_task(TaskCommand.parse(args))
"""


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _manifests(start_limit_s: float = 60, workers: int = 2) -> dict[str, Any]:
    step = StepSettings(memory_gb=6, accelerator="nvidia.com/gpu", volumes={"/mnt/yard": "claim"}, env={"A": "1"})
    job = worker_job(TrainerMachines(workers=workers), step, "registry/coralline:1")
    return {"job": job, "service": worker_service(), "start_limit_s": start_limit_s}


def test_while_the_step_works_its_machines_are_there_and_belong_to_it(cluster: Cluster) -> None:
    with training_workers(_manifests(), ["python", "-c", "import time; time.sleep(60)"]):
        config = json.loads(os.environ["TF_CONFIG"])
        [(name, job)], [service] = cluster.made["jobs"].items(), cluster.made["services"].values()
    assert config["task"] == {"type": "chief", "index": 0}
    assert [len(config["cluster"][task]) for task in ("chief", "worker")] == [1, 1]
    assert service["spec"]["clusterIP"] == "None" and service["spec"]["selector"] == {"job-name": name}
    assert job["spec"]["template"]["spec"]["subdomain"] == service["metadata"]["name"] == name
    owners = [made["metadata"]["ownerReferences"][0]["uid"] for made in (job, service)]
    assert owners == ["3b0c", "3b0c"] and cluster.removed == ["jobs", "services"] and "TF_CONFIG" not in os.environ


def test_an_account_without_rights_is_told_which_it_needs(cluster: Cluster) -> None:
    cluster.forbidden = True
    with (
        pytest.raises(UserError, match="may not start the other machines") as error,
        training_workers(_manifests(), []),
    ):
        pytest.fail("there are no machines")
    assert "cannot create resource" in str(error.value) and "deployment/kubeflow/manifests" in str(error.value)


def test_machines_that_no_node_has_room_for_are_waited_for_no_longer_than_said(cluster: Cluster) -> None:
    cluster.schedulable = False
    with pytest.raises(UserError, match="not all of the 2 machines") as error, training_workers(_manifests(0.3), []):
        pytest.fail("there are no machines")
    assert "Insufficient nvidia.com/gpu" in str(error.value)
    assert cluster.made == {"services": {}, "jobs": {}}


def test_a_machine_that_is_lost_is_named(cluster: Cluster) -> None:
    script = "import sys, time; time.sleep(1); sys.exit(137)"
    with (
        pytest.raises(UserError, match="a machine of the training was lost") as error,
        training_workers(_manifests(), ["python", "-c", script]),
    ):
        [processes] = cluster._pods.values()
        processes[0].wait()
        raise RuntimeError("collective op timed out")
    assert "on node-1: Error, exit code 137" in str(error.value)


_EXECUTOR = """
import os
from tfx.dsl.components.base import base_executor

class Executor(base_executor.BaseExecutor):
    def Do(self, input_dict, output_dict, exec_properties):
        from coralline.detector.training import distribution

        placement = distribution.find_distribution()
        [examples], [model] = input_dict["examples"], output_dict["trained_model"]
        with open(f"{examples.uri}/Split-train/examples") as file:
            mean = placement.mean_over_workers(float(file.read()) + placement.worker)
        with open(f"{model.uri}/mean", "w") as file:
            file.write(f"{placement.workers} {mean}")
"""


@pytest.mark.slow
def test_all_machines_run_the_steps_executor_with_its_inputs(
    backend: Any, cluster: Cluster, s3_bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The launcher brings inputs to the first machine only; the other takes them from the bucket."""
    at = f"{os.environ['AWS_ENDPOINT_URL']}/mlpipeline"
    urllib.request.urlopen(urllib.request.Request(at, method="PUT"))
    (tmp_path / "executors").mkdir()
    (tmp_path / "executors" / "probing_executor.py").write_text(_EXECUTOR)
    monkeypatch.syspath_prepend(tmp_path / "executors")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'executors'}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    backend.record("VocExampleGen", "examples", {"split_names": '["train"]'})
    backend.record("VocExampleGen", "label_map", {})
    here = backend.path_of("VocExampleGen", "examples")
    for place, value in ((str(here), b"7"), (backend.uri("VocExampleGen", "examples"), b"9")):
        Path(place).joinpath("Split-train").mkdir(parents=True) if "://" not in place else None
        storage.write_bytes(f"{place}/Split-train/examples", value)
    backend.path_of("VocExampleGen", "label_map").mkdir(parents=True)
    args = backend.args("QatTrainer", {"train_float_steps": "1", "train_qat_steps": "1"})
    args[args.index("--executor_class_path") + 1] = "probing_executor.Executor"
    # A process of its own: TensorFlow takes part in a cluster once in a process, and before anything else.
    given = [cluster.host, *cluster.addresses, *args, "--training_workers", json.dumps(_manifests())]
    step = subprocess.run([sys.executable, "-c", _STEP, *given], capture_output=True, text=True)
    assert step.returncode == 0, step.stderr[-3000:] + (tmp_path / "pod-0" / "log").read_text()[-3000:]
    model = backend.path_of("QatTrainer", "trained_model")
    # The first has 7 + 0, the second, from the bucket, 9 + 1.
    assert (model / "mean").read_text() == "2 8.5"
    assert set(backend.publish("QatTrainer")) == {"trained_model", "model_run"}
