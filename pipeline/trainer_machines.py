"""The section `deployment.trainer`: the machines of a cluster that train one model together."""

from __future__ import annotations

from pydantic import Field

from coralline.foundation.settings_section import SettingsSection


class TrainerMachines(SettingsSection):
    """Machines for QatTrainer, each of which takes its share of every batch."""

    workers: int = Field(
        1,
        ge=1,
        le=64,
        description="Machines that train one model, each with what `steps: {QatTrainer: ...}` asks for. "
        "`train.batch_size` must be a multiple of their devices. More than one needs rights that a single one doesn't "
        "(deployment/kubeflow/manifests).",
    )
    machine_type: str | None = Field(
        None,
        pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)+$",
        description="On Vertex AI, with several workers: the type of each machine, such as n1-standard-8.",
    )
    service_account: str | None = Field(
        None,
        min_length=1,
        description="The workers' account: on Kubeflow a Kubernetes service account, default the namespace's; on "
        "Vertex AI an e-mail address, default that of the run.",
    )
    start_limit_s: int = Field(
        900,
        ge=1,
        description="On Kubeflow: seconds in which all workers must have started, or the step fails.",
    )
