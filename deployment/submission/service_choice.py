"""Which cluster is spoken to, from the command line and the configuration."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Literal

from coralline.foundation.errors import UserError

if TYPE_CHECKING:
    from deployment.submission.pipeline_service import PipelineService
    from pipeline.config import Config

_OPENED_BY = {
    "kubeflow": ("deployment.kubeflow.kubeflow_service", "open_kubeflow"),
    "vertex": ("deployment.vertex.vertex_service", "open_vertex"),
}
"""Target -> module and function, which takes the configuration and gives the service, loading clients only then."""


def target_of(given: Literal["kubeflow", "vertex"] | None, config: Config) -> Literal["kubeflow", "vertex"]:
    """The target that was given, else the configuration's.

    Raises:
      UserError: neither names one.
    """
    target = given or config.deployment.target
    if target is None:
        raise UserError(
            "no target was named",
            expected="kubeflow or vertex",
            fix="give --target, or set deployment.target in the configuration",
        )
    return target


def open_pipeline_service(target: Literal["kubeflow", "vertex"], config: Config) -> PipelineService:
    """A cluster's API, with credentials looked for; whether they are taken shows with the first request.

    Raises:
      UserError: the configuration and the environment don't say where it is, or credentials can't be read.
    """
    module, function = _OPENED_BY[target]
    service: PipelineService = getattr(importlib.import_module(module), function)(config)
    return service
