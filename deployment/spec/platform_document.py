"""The second document of a Kubeflow spec: what Kubernetes is to know of each step's pod.

Its form is KubernetesExecutorConfig (kubernetes_platform/proto/kubernetes_executor_config.proto of kubeflow/pipelines),
by the label of the executor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deployment.spec.steps import step_settings

if TYPE_CHECKING:
    from pipeline.deployment_settings import DeploymentSettings, StepSettings


def documents(spec: dict[str, Any], deployment: DeploymentSettings) -> list[dict[str, Any]]:
    """The document; none if no step asks for anything in it."""
    executors = {}
    for name, task in spec["root"]["dag"]["tasks"].items():
        if asked := _pod(step_settings(deployment, name)):
            executors[spec["components"][task["componentRef"]["name"]]["executorLabel"]] = asked
    return [{"platforms": {"kubernetes": {"deploymentSpec": {"executors": executors}}}}] if executors else []


def _pod(settings: StepSettings) -> dict[str, Any]:
    asked = {
        "nodeSelector": {"labels": settings.node_selector} if settings.node_selector else None,
        "tolerations": [_toleration(toleration) for toleration in settings.tolerations],
        "activeDeadlineSeconds": settings.time_limit_s,
        "pvcMount": [_mount(folder, claim) for folder, claim in sorted(settings.volumes.items())],
        "secretAsEnv": _secrets(settings.secret_env),
        "imagePullPolicy": settings.pull_policy,
        "imagePullSecret": [{"secretName": settings.pull_secret}] if settings.pull_secret else None,
    }
    return {key: value for key, value in asked.items() if value}


def _toleration(toleration: Any) -> dict[str, Any]:
    return {key: value for key, value in toleration.model_dump().items() if value}


def _mount(folder: str, claim: str) -> dict[str, Any]:
    """By the claim's name in the form that versions before 2.5 read, and in the one that took its place."""
    return {"mountPath": folder, "constant": claim, "pvcNameParameter": {"runtimeValue": {"constant": claim}}}


def _secrets(secret_env: dict[str, str]) -> list[dict[str, Any]]:
    keys: dict[str, list[dict[str, str]]] = {}
    for variable, secret_key in sorted(secret_env.items()):
        secret, _, key = secret_key.partition("/")
        keys.setdefault(secret, []).append({"secretKey": key, "envVar": variable})
    return [{"secretName": secret, "keyToEnv": known} for secret, known in sorted(keys.items())]
