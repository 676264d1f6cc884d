"""The cluster that a rehearsal plays: its nodes, volume claims, secrets and the backend's defaults, from a YAML file.

    namespace: kubeflow
    default_root: minio://mlpipeline/v2/artifacts    # ConfigMap kfp-launcher, defaultPipelineRoot
    nodes:
      - {cpu: 8, memory: 32G, labels: {pool: training}, taints: [{key: gpu, effect: NoSchedule}], nvidia.com/gpu: 1}
    claims:
      coralline: /srv/coralline                      # a folder of this machine
    secrets:
      s3-keys: {access: $AWS_ACCESS_KEY_ID, secret: $AWS_SECRET_ACCESS_KEY}
    services:
      minio-service.kubeflow:9000: 127.0.0.1:9000    # what the cluster's DNS has; replaced in variables of pods
    pod_env:
      HTTPS_PROXY: $HTTPS_PROXY                      # what the cluster adds to every pod

Values that are `$NAME` come from the environment. Without nodes, placements aren't checked.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pydantic
import yaml

from coralline.foundation.errors import UserError
from deployment.emulation.bucket_uris import DEFAULT_ROOT


class NodeDescription(pydantic.BaseModel):
    """A node: what pods may ask of it. Further keys are extended resources, such as `nvidia.com/gpu`."""

    model_config = pydantic.ConfigDict(extra="allow")

    cpu: str | float = 1
    memory: str | float = "4G"
    labels: dict[str, str] = {}
    taints: list[dict[str, str]] = []


class ClusterDescription(pydantic.BaseModel):
    """A cluster.

    Attributes:
      default_root: the root of runs that name none.
      nodes: None: not described, and placements aren't checked.
      claims: folders of this machine by the name of the claim.
      secrets: {secret: {key: value}}.
      services: {name and port in the cluster: address that it has on this machine}.
      pod_env: variables of every pod, as a service account or an admission hook adds them.
    """

    model_config = pydantic.ConfigDict(extra="forbid")

    namespace: str = "kubeflow"
    default_root: str = DEFAULT_ROOT
    nodes: list[NodeDescription] | None = None
    claims: dict[str, Path] = {}
    secrets: dict[str, dict[str, str]] = {}
    services: dict[str, str] = {}
    pod_env: dict[str, str] = {}


def read_cluster(path: Path) -> ClusterDescription:
    """Reads a description.

    Raises:
      UserError: it can't be read, has another form, or names a variable that isn't set.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        described = ClusterDescription.model_validate(content)
    except (OSError, yaml.YAMLError) as error:
        raise UserError("the description of the cluster can't be read", file=path, found=error) from error
    except pydantic.ValidationError as error:
        wrong = error.errors()[0]
        where = ".".join(map(str, wrong["loc"]))
        raise UserError(f"`{where}`: {wrong['msg']}", file=path, found=repr(wrong["input"])) from error
    secrets = {name: _from_environment(keys, path) for name, keys in described.secrets.items()}
    return described.model_copy(update={"secrets": secrets, "pod_env": _from_environment(described.pod_env, path)})


def _from_environment(values: dict[str, str], path: Path) -> dict[str, str]:
    found: dict[str, Any] = {}
    for key, value in values.items():
        if value.startswith("$"):
            if value[1:] not in os.environ:
                raise UserError(f"`{key}` is {value}, and no such variable is set", file=path, fix=f"set {value[1:]}")
            value = os.environ[value[1:]]
        found[key] = value
    return found
