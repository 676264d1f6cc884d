"""Processor, memory, accelerator, environment and retries of each step, in the PipelineSpec."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deployment.spec.steps import step_settings

if TYPE_CHECKING:
    from pipeline.deployment_settings import DeploymentSettings, StepSettings

# A node that went away is replaced within minutes.
_BACKOFF = {"backoffDuration": "60s", "backoffFactor": 2.0, "backoffMaxDuration": "600s"}


def set_resources(spec: dict[str, Any], deployment: DeploymentSettings, target: str) -> None:
    """Writes what each step asks for.

    In the fields that all versions since Kubeflow Pipelines 2.0 read (`initPodSpecPatch` in
    backend/src/v2/driver/driver.go); memory is in GB. Vertex AI chooses a machine by the limits.
    """
    for name, task in spec["root"]["dag"]["tasks"].items():
        settings = step_settings(deployment, name)
        label = spec["components"][task["componentRef"]["name"]]["executorLabel"]
        container = spec["deploymentSpec"]["executors"][label]["container"]
        if resources := _resources(settings, target):
            container["resources"] = resources
        if settings.env:
            container["env"] = [{"name": key, "value": value} for key, value in sorted(settings.env.items())]
        if settings.retries:
            task["retryPolicy"] = {"maxRetryCount": settings.retries, **_BACKOFF}


def _resources(settings: StepSettings, target: str) -> dict[str, Any]:
    asked = {
        "cpuRequest": settings.cpu,
        "memoryRequest": settings.memory_gb,
        "cpuLimit": settings.cpu_limit,
        "memoryLimit": settings.memory_limit_gb,
    }
    if target == "vertex":
        asked = {
            "cpuLimit": settings.cpu_limit or settings.cpu,
            "memoryLimit": settings.memory_limit_gb or settings.memory_gb,
        }
    resources: dict[str, Any] = {key: value for key, value in asked.items() if value is not None}
    if settings.accelerator is not None:
        resources["accelerator"] = {"type": settings.accelerator, "count": settings.accelerators}
    return resources
