"""The `deployment` section of the configuration: image, places, and what each step asks of a cluster."""

from __future__ import annotations

from typing import Annotated, Literal

import pydantic
from pydantic import Field

from coralline.foundation.settings_section import SettingsSection
from pipeline.cluster_settings import KubeflowSettings, VertexSettings
from pipeline.trainer_machines import TrainerMachines

_EnvironmentName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
_SecretKey = Annotated[str, Field(pattern=r"^[a-z0-9.-]+/[a-zA-Z0-9._-]+$")]
_Folder = Annotated[str, Field(pattern=r"^/[^:]*[^/:]$")]
_KubernetesName = Annotated[str, Field(pattern=r"^[a-z0-9.-]+$")]


class Toleration(SettingsSection):
    """One of Kubernetes' tolerations."""

    key: str = Field("", description="The taint's key; empty with `Exists`: any.")
    operator: Literal["Exists", "Equal"] = Field("Equal", description="How the value is compared.")
    value: str = Field("", description="The taint's value.")
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = Field(None, description="None: any.")


class StepSettings(SettingsSection):
    """What a step asks of the cluster; None: what holds for all steps, or the cluster's default."""

    cpu: float | None = Field(None, gt=0, description="Cores that a step asks for.")
    cpu_limit: float | None = Field(None, gt=0, description="Cores that it may use at most.")
    memory_gb: float | None = Field(
        None,
        gt=0,
        description="Memory that it asks for, in GB; for the trainer, what `coralline check --measure` says and a "
        "quarter more. Default: 2, QatTrainer 6, the two fingerprints 0.5.",
    )
    memory_limit_gb: float | None = Field(None, gt=0, description="Memory with which it is killed, in GB.")
    accelerator: str | None = Field(
        None, min_length=1, description="Kind of accelerator: nvidia.com/gpu, or on Vertex such as NVIDIA_TESLA_T4."
    )
    accelerators: int = Field(1, ge=1, description="How many of them, where `accelerator` is set.")
    node_selector: dict[str, str] = Field({}, description="Labels that its node must have.")
    tolerations: list[Toleration] = Field([], description="Taints of nodes on which it may run all the same.")
    retries: int | None = Field(
        None, ge=0, description="How often a step that failed is tried again. Default: 2, DataFingerprint 0."
    )
    time_limit_s: int | None = Field(None, ge=1, description="Seconds after which an attempt is ended.")
    volumes: dict[_Folder, _KubernetesName] = Field(
        {}, description="Persistent volume claims to mount: folder in the container -> name of the claim."
    )
    env: dict[_EnvironmentName, str] = Field({}, description="Environment variables.")
    secret_env: dict[_EnvironmentName, _SecretKey] = Field(
        {}, description="Environment variables from secrets: name -> `secret/key`."
    )
    pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = Field(
        None, description="When the image is pulled."
    )
    pull_secret: _KubernetesName | None = Field(None, description="The secret to pull the image with.")


class DeploymentSettings(StepSettings):
    """For pipelines that run on a cluster: what holds for all steps, and for single ones."""

    image: str | None = Field(
        None,
        min_length=1,
        description="The image of all steps, built from the Dockerfile, by digest (`name@sha256:...`) or by a tag that "
        "is never moved.",
    )
    image_has_edgetpu_compiler: bool = Field(
        False, description="Whether the image was built with the Edge TPU compiler."
    )
    pipeline_root: str | None = Field(
        None,
        min_length=1,
        description="Where the steps write: an address such as s3://bucket/coralline, or a folder of a volume in "
        "`volumes`.",
    )
    trainer: TrainerMachines = TrainerMachines()
    target: Literal["kubeflow", "vertex"] | None = Field(
        None, description="The cluster that `submit`, `schedule`, `schedules` and `runs` speak to without --target."
    )
    kubeflow: KubeflowSettings = KubeflowSettings()
    vertex: VertexSettings = VertexSettings()
    steps: dict[str, StepSettings] = Field(
        {}, description="For single steps, by name: what of the above holds for them instead, or beside it."
    )

    @pydantic.field_validator("pipeline_root")
    @classmethod
    def _without_trailing_slash(cls, value: str | None) -> str | None:
        return value if value is None or value.endswith("://") else value.rstrip("/") or "/"
