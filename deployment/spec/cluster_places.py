"""Where a cluster's steps read and write: addresses, or folders of volumes that they mount.

Kubeflow Pipelines takes the root of a run's artifacts from the run's `runtime_config.pipeline_root`, else from the
ConfigMap `kfp-launcher`, and nothing else (`RootDAG` in backend/src/v2/driver/driver.go); a root in the spec is looked
at by Vertex AI's client. The pipeline's own places (data, history, checkpoints, published models) are absolute, so that
they are the same whatever root a run is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deployment.entrypoint.launcher_mirror import SCHEMES
from deployment.spec.steps import with_minio_defaults

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.deployment_settings import DeploymentSettings


def for_cluster(config: Config, target: str) -> Config:
    """The configuration with the places that a cluster's steps use filled in below `deployment.pipeline_root`.

    On Kubeflow with `minio://` addresses, with the way to its object store, too.
    """
    root = config.deployment.pipeline_root
    placed = config.model_copy(
        update={
            "data": config.data.model_copy(update={"path": config.data.path or f"{root}/data"}),
            "push": config.push.model_copy(update={"to": config.push.to or f"{root}/published"}),
        }
    )
    return placed.model_copy(update={"deployment": with_minio_defaults(placed)}) if target == "kubeflow" else placed


def is_on_a_volume(path: str, deployment: DeploymentSettings) -> bool:
    """Whether a folder is one of a volume that all steps mount."""
    return any(f"{path}/".startswith(f"{folder}/") for folder in deployment.volumes)


def root_in_bucket(deployment: DeploymentSettings) -> str | None:
    """The root of a run's artifacts; None if they lie on a volume: Kubeflow's launcher wants a bucket all the same."""
    root = deployment.pipeline_root or ""
    return root if root.startswith(SCHEMES) else None


def artifacts_on_volume(deployment: DeploymentSettings) -> str:
    """The folder of the artifacts, if they lie on a volume; else empty."""
    return "" if root_in_bucket(deployment) else f"{deployment.pipeline_root}/artifacts"


def set_default_root(spec: dict[str, Any], deployment: DeploymentSettings) -> None:
    """Names the root in the spec, for whoever looks there."""
    if (root := root_in_bucket(deployment)) is not None:
        spec["defaultPipelineRoot"] = root


def how_to_submit(config: Config) -> str:
    """What a run must be given, in one sentence."""
    if (root := root_in_bucket(config.deployment)) is None:
        folder = artifacts_on_volume(config.deployment)
        return f"Artifacts lie in {folder}; any pipeline root will do for a run, it names them only."
    return (
        f"Give each run the pipeline root {root} (`coralline submit` does; else in the UI, or in kfp's pipeline_root): "
        "Kubeflow takes none from a spec."
    )
