"""The machines that train beside QatTrainer's own on Kubernetes: a job of pods, and the service that gives them names.

An indexed job needs nothing that isn't in every Kubernetes since 1.24: no training operator. TFJob is of the operator
that Kubeflow Trainer took the place of, and that has no TensorFlow runtime. The step itself is the chief: what the
launcher has brought for it and takes from it is in its own pod. The manifests are whole but for what only a run knows,
which `deployment.entrypoint.kubernetes_workers` fills in: names, owner, and the arguments of the command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.deployment_settings import StepSettings, TrainerMachines

PORT = 2222
"""Where the machines of a training listen for each other."""
# Those that the backend mounts in each step (backend/src/v2/compiler/argocompiler/container.go), so that a worker finds
# what a step finds; and /tmp, so that it runs with a read-only root.
_EMPTY_FOLDERS = ("/gcs", "/s3", "/minio", "/.local", "/.cache", "/.config", "/tmp")
_KEEP_S = 3600


def worker_job(machines: TrainerMachines, step: StepSettings, image: str) -> dict[str, Any]:
    """The job (batch/v1) of all machines but the first.

    Args:
      machines: how many there are.
      step: what QatTrainer asks of the cluster; each machine asks for the same.
      image: of all steps.
    """
    spec = {
        "completionMode": "Indexed",
        "completions": machines.workers - 1,
        "parallelism": machines.workers - 1,
        # A machine that ended takes the others with it; the step is tried again as a whole.
        "backoffLimit": 0,
        "ttlSecondsAfterFinished": _KEEP_S,
        "activeDeadlineSeconds": step.time_limit_s,
        "template": {"metadata": _metadata(), "spec": _pod(machines, step, image)},
    }
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": _metadata(), "spec": _without_empty(spec)}


def worker_service() -> dict[str, Any]:
    """The headless service (v1) by which the pods of the job have names, from their start on."""
    spec = {
        "clusterIP": "None",
        "publishNotReadyAddresses": True,
        "ports": [{"name": "training", "port": PORT}],
    }
    return {"apiVersion": "v1", "kind": "Service", "metadata": _metadata(), "spec": spec}


def _metadata() -> dict[str, Any]:
    # Istio's proxy, which Kubeflow's namespaces inject, would take gRPC between the machines for its own.
    return {"labels": {"app.kubernetes.io/name": "coralline-worker", "sidecar.istio.io/inject": "false"}}


def _pod(machines: TrainerMachines, step: StepSettings, image: str) -> dict[str, Any]:
    claims = sorted(step.volumes.items())
    empty = [folder for folder in _EMPTY_FOLDERS if folder not in step.volumes]
    folders = [(f"empty-{n}", folder) for n, folder in enumerate(empty)]
    mounts = folders + [(f"claim-{n}", folder) for n, (folder, _) in enumerate(claims)]
    volumes: list[dict[str, Any]] = [{"name": name, "emptyDir": {}} for name, _ in folders]
    volumes += [
        {"name": f"claim-{n}", "persistentVolumeClaim": {"claimName": claim}} for n, (_, claim) in enumerate(claims)
    ]
    container = {
        "name": "worker",
        "image": image,
        "imagePullPolicy": step.pull_policy,
        "env": _environment(step),
        "resources": _resources(step),
        "ports": [{"containerPort": PORT}],
        "volumeMounts": [{"name": name, "mountPath": folder} for name, folder in mounts],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    return _without_empty(
        {
            "restartPolicy": "Never",
            "serviceAccountName": machines.service_account,
            "automountServiceAccountToken": False,
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "nodeSelector": step.node_selector,
            "tolerations": [
                {key: value for key, value in toleration.model_dump().items() if value}
                for toleration in step.tolerations
            ],
            "imagePullSecrets": [{"name": step.pull_secret}] if step.pull_secret else None,
            "containers": [_without_empty(container)],
            "volumes": volumes,
        }
    )


def _environment(step: StepSettings) -> list[dict[str, Any]]:
    plain: list[dict[str, Any]] = [{"name": name, "value": value} for name, value in sorted(step.env.items())]
    for name, place in sorted(step.secret_env.items()):
        secret, _, key = place.partition("/")
        plain.append({"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}})
    return plain


def _resources(step: StepSettings) -> dict[str, Any]:
    requests = {"cpu": _quantity(step.cpu), "memory": _quantity(step.memory_gb, "G")}
    limits = {"cpu": _quantity(step.cpu_limit), "memory": _quantity(step.memory_limit_gb, "G")}
    if step.accelerator:
        limits[step.accelerator] = str(step.accelerators)
    return _without_empty({"requests": _without_empty(requests), "limits": _without_empty(limits)})


def _quantity(value: float | None, unit: str = "") -> str | None:
    return None if value is None else f"{value:g}{unit}"


def _without_empty(mapping: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if value not in (None, {}, [])}
