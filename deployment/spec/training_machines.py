"""Several machines that train one model: what QatTrainer's step is told of them, on Kubeflow and on Vertex AI."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from coralline.foundation.errors import UserError
from deployment.spec.measured_memory import TRAINER
from deployment.spec.steps import step_settings
from deployment.spec.worker_pods import worker_job, worker_service

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.deployment_settings import DeploymentSettings

TRAINING_WORKERS = "--training_workers"
"""On Kubeflow: the manifests of the other machines, for `deployment.entrypoint.run_task`."""
CUSTOM_JOB = "--custom_job"
"""On Vertex AI: the job that trains, for `deployment.entrypoint.vertex_training`."""
VERTEX_EXECUTOR = "deployment.entrypoint.vertex_training.Executor"
_WAITING_GB = 2.0
"""For the step that waits for the job."""
# Filled in by Vertex AI: google_cloud_pipeline_components.placeholders has the same.
_OF_THE_RUN = {
    "--project": "{{$.pipeline_google_cloud_project_id}}",
    "--location": "{{$.pipeline_google_cloud_location}}",
    "--run_service_account": "{{$.pipeline_service_account}}",
}


def use_several_machines(spec: dict[str, Any], deployment: DeploymentSettings, target: str) -> None:
    """Changes QatTrainer's step if `deployment.trainer.workers` is more than one; else nothing.

    On Kubeflow, the step is the first machine and starts the others. On Vertex AI, whose steps can't reach each other,
    it starts a custom job of worker pools, and waits for that.
    """
    if deployment.trainer.workers == 1:
        return
    label = spec["components"][TRAINER]["executorLabel"]
    container = spec["deploymentSpec"]["executors"][label]["container"]
    step = step_settings(deployment, TRAINER)
    if target == "kubeflow":
        manifests = {
            "job": worker_job(deployment.trainer, step, container["image"]),
            "service": worker_service(),
            "start_limit_s": deployment.trainer.start_limit_s,
        }
        container["args"] += [TRAINING_WORKERS, json.dumps(manifests, sort_keys=True)]
        return
    container["resources"] = {"memoryLimit": _WAITING_GB}
    at = container["args"].index("--executor_class_path") + 1
    container["args"][at] = VERTEX_EXECUTOR
    job = _custom_job(deployment, container["image"])
    container["args"] += [CUSTOM_JOB, json.dumps(job, sort_keys=True)]
    for flag, value in _OF_THE_RUN.items():
        container["args"] += [flag, value]


def _custom_job(deployment: DeploymentSettings, image: str) -> dict[str, Any]:
    """A CustomJobSpec (projects.locations.customJobs of Vertex AI's REST API); the step fills in the commands."""
    trainer, step = deployment.trainer, step_settings(deployment, TRAINER)
    machine: dict[str, Any] = {"machineType": trainer.machine_type}
    if step.accelerator:
        machine |= {"acceleratorType": step.accelerator, "acceleratorCount": step.accelerators}
    container: dict[str, Any] = {"imageUri": image}
    if step.env:
        container["env"] = [{"name": name, "value": value} for name, value in sorted(step.env.items())]
    pools = [
        {"machineSpec": machine, "replicaCount": str(count), "containerSpec": container}
        for count in (1, trainer.workers - 1)
    ]
    job: dict[str, Any] = {"workerPoolSpecs": pools}
    return job | ({"serviceAccount": trainer.service_account} if trainer.service_account else {})


def require_machines_possible(config: Config, target: str) -> None:
    """Looks at the machines of a training.

    Raises:
      UserError: the target can't have them, or the batch can't be shared by their devices.
    """
    trainer = config.deployment.trainer
    if target == "kubeflow" and trainer.machine_type is not None:
        raise UserError(
            "`deployment.trainer.machine_type` is one of Vertex AI's machines, which Kubeflow doesn't have",
            expected="what QatTrainer asks for in deployment.steps.QatTrainer: cpu, memory_gb, accelerator",
            found=trainer.machine_type,
            fix="remove deployment.trainer.machine_type for this target",
        )
    if trainer.workers == 1:
        return
    if target == "vertex" and trainer.machine_type is None:
        raise UserError(
            f"no machine was named for the {trainer.workers} workers that train",
            expected="a machine type of Vertex AI, such as n1-standard-8",
            fix="set deployment.trainer.machine_type, or deployment.trainer.workers to 1",
        )
    _require_equal_shares(config)


def _require_equal_shares(config: Config) -> None:
    from pipeline.preflight import training_settings

    step, workers = step_settings(config.deployment, TRAINER), config.deployment.trainer.workers
    devices = workers * (step.accelerators if step.accelerator else 1)
    batch = training_settings(config).preset.batch_size
    if batch % devices:
        raise UserError(
            "the batch can't be shared by the devices of all workers",
            expected=f"a train.batch_size that is a multiple of {devices}: {workers} workers with "
            f"{devices // workers} device" + "s" * (devices > workers) + " each",
            found=str(batch),
            fix=f"set train.batch_size to {-(-batch // devices) * devices}, or deployment.trainer.workers to another "
            "number",
        )
