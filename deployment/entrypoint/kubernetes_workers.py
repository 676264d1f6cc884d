"""The other machines of a training on Kubernetes, while QatTrainer's step runs: made, waited for, taken away.

The step's pod is the chief of the cluster that TF_CONFIG describes; the others are pods of an indexed job, whose
manifest `deployment.spec.worker_pods` wrote. Job and service belong to the step's pod (ownerReferences), so that they
go with it however it ends. deployment/kubeflow/manifests has the rights that the step's account needs for it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from coralline.foundation import progress
from coralline.foundation.errors import UserError
from deployment.spec.worker_pods import PORT

CLUSTER_VARIABLE = "CORALLINE_TRAINING_CLUSTER"
"""Environment variable of a worker's pod: the cluster of TF_CONFIG, as JSON."""
_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_POLL_S = 2.0
_ROLE = "deployment/kubeflow/manifests/training-on-several-machines.yaml"


def connect() -> tuple[Any, str]:
    """Kubernetes' API (an ApiClient), as the pod's service account, and the pod's namespace.

    Raises:
      UserError: this isn't a pod, or it has no account.
    """
    from kubernetes import client, config

    try:
        config.load_incluster_config()
        return client.ApiClient(), (_ACCOUNT / "namespace").read_text(encoding="utf-8").strip()
    except (config.ConfigException, OSError) as error:
        raise UserError(
            "the step can't start the other machines of the training",
            expected="a pod with a service account",
            found=error,
            fix="run it on Kubernetes with a mounted account token, or set deployment.trainer.workers to 1",
        ) from error


@contextlib.contextmanager
def training_workers(manifests: dict[str, Any], command: list[str]) -> Iterator[None]:
    """Starts the other machines, and gives this process its TF_CONFIG; ends them afterwards.

    Args:
      manifests: what `deployment.spec.training_machines` wrote into the command.
      command: of the workers' containers.

    Raises:
      UserError: the account may not do that, or workers didn't start in time, or one of them failed.
    """
    api, namespace = connect()
    workers = _Workers(api, namespace, manifests, command)
    workers.create()
    try:
        workers.wait_until_running()
        os.environ["TF_CONFIG"] = json.dumps({"cluster": workers.cluster, "task": {"type": "chief", "index": 0}})
        try:
            yield
        except Exception as error:
            workers.raise_if_one_failed(error)
            raise
    finally:
        os.environ.pop("TF_CONFIG", None)
        workers.remove()


class _Workers:
    def __init__(self, api: Any, namespace: str, manifests: dict[str, Any], command: list[str]):
        from kubernetes import client

        self._batch, self._core = client.BatchV1Api(api), client.CoreV1Api(api)
        self._not_found = client.ApiException
        self._namespace, self._limit_s = namespace, float(manifests["start_limit_s"])
        pod = os.environ.get("KFP_POD_NAME") or socket.gethostname()
        # Another name for each try of the step, short enough to be part of a host's name.
        self._name = "train-" + hashlib.sha256(pod.encode()).hexdigest()[:12]
        self._job, self._service = manifests["job"], manifests["service"]
        self._count = int(self._job["spec"]["completions"])
        workers = [worker_address(self._name, number, namespace) for number in range(self._count)]
        self.cluster = {"chief": [own_address()], "worker": workers}
        self._fill_in(pod, command)

    def _fill_in(self, pod: str, command: list[str]) -> None:
        owner = {"apiVersion": "v1", "kind": "Pod", "name": pod, "uid": os.environ.get("KFP_POD_UID", "")}
        for manifest in (self._job, self._service):
            manifest["metadata"]["name"] = self._name
            if owner["uid"]:
                manifest["metadata"]["ownerReferences"] = [owner]
        self._service["spec"]["selector"] = {"job-name": self._name}
        pods = self._job["spec"]["template"]["spec"]
        pods["subdomain"] = self._name
        [container] = pods["containers"]
        container["command"] = command
        container.setdefault("env", []).append({"name": CLUSTER_VARIABLE, "value": json.dumps(self.cluster)})

    def create(self) -> None:
        try:
            self._core.create_namespaced_service(self._namespace, self._service)
            self._batch.create_namespaced_job(self._namespace, self._job)
        except self._not_found as error:
            self.remove()
            raise UserError(
                "the step may not start the other machines of the training",
                expected=f"an account that may create jobs and services in the namespace {self._namespace}",
                found=f"{error.status} {error.reason}: {_message(error)}",
                fix=f"apply {_ROLE} for the account of the run, or set deployment.trainer.workers to 1",
            ) from error
        progress.note(f"starting {progress.counted(self._count, 'more machine')}: job {self._name}")

    def wait_until_running(self) -> None:
        end = time.monotonic() + self._limit_s
        while True:
            pods = self._pods()
            if sum(pod.status.phase == "Running" for pod in pods) == self._count:
                return
            failed = [pod for pod in pods if pod.status.phase == "Failed"]
            if failed or time.monotonic() > end:
                why = _ending(failed[0]) if failed else _hindrance(pods)
                raise UserError(
                    f"not all of the {self._count + 1} machines of the training started",
                    expected=f"{self._count} pods of the job {self._name} running within {self._limit_s:g} s",
                    found=why,
                    fix="make room for them, correct deployment.steps.QatTrainer, raise "
                    "deployment.trainer.start_limit_s, or lower deployment.trainer.workers",
                )
            time.sleep(_POLL_S)

    def raise_if_one_failed(self, cause: Exception) -> None:
        """Tells of a worker that failed, which is why the chief did; not where the mistake is the user's."""
        if isinstance(cause, UserError):
            return
        for pod in self._pods():
            if pod.status.phase == "Failed":
                raise UserError(
                    "a machine of the training was lost",
                    expected=f"{self._count} pods of the job {self._name} that run to the end",
                    found=_ending(pod),
                    fix="see its log; the step's next try goes on from the newest checkpoint",
                ) from cause

    def remove(self) -> None:
        """Ends the pods. What can't be removed goes with the step's pod, which owns it."""
        for delete in (self._batch.delete_namespaced_job, self._core.delete_namespaced_service):
            try:
                delete(self._name, self._namespace, propagation_policy="Background")
            except self._not_found as error:
                if error.status != 404:
                    print(f"warning: {self._name} was not removed: {error.status} {error.reason}", file=sys.stderr)

    def _pods(self) -> list[Any]:
        pods: list[Any] = self._core.list_namespaced_pod(self._namespace, label_selector=f"job-name={self._name}").items
        return pods


def own_address() -> str:
    """Where others reach this pod: pods have a line for their own name in /etc/hosts."""
    address = socket.getaddrinfo(socket.gethostname(), PORT, type=socket.SOCK_STREAM)[0][4][0]
    return f"[{address}]:{PORT}" if ":" in str(address) else f"{address}:{PORT}"


def worker_address(job: str, number: int, namespace: str) -> str:
    """Where others reach a pod of an indexed job, by the headless service of the job's name."""
    return f"{job}-{number}.{job}.{namespace}.svc:{PORT}"


def _message(error: Any) -> str:
    with contextlib.suppress(ValueError, KeyError, TypeError):
        return str(json.loads(error.body)["message"])
    return "no message"


def _hindrance(pods: list[Any]) -> str:
    """Why pods aren't running, in Kubernetes' words."""
    for pod in pods:
        for status in pod.status.container_statuses or []:
            if status.state and status.state.waiting and status.state.waiting.reason:
                return f"pod {pod.metadata.name}: {status.state.waiting.reason} {status.state.waiting.message or ''}"
        for condition in pod.status.conditions or []:
            if condition.status == "False" and condition.message:
                return f"pod {pod.metadata.name}: {condition.reason}, {condition.message}"
    return progress.counted(len(pods), "pod") + ", not all of them running"


def _ending(pod: Any) -> str:
    for status in pod.status.container_statuses or []:
        if status.state and (end := status.state.terminated):
            return f"pod {pod.metadata.name} on {pod.spec.node_name}: {end.reason}, exit code {end.exit_code}"
    return f"pod {pod.metadata.name}: {pod.status.reason or 'failed'} {pod.status.message or ''}"
