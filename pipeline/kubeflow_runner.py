"""Compiles the pipeline for Kubeflow Pipelines v2 and Vertex AI: the spec, schema 2.1.0, that a cluster runs.

`coralline compile` comes here, and so does TFX's own command line:

    tfx pipeline create --engine=vertex --pipeline-path pipeline/kubeflow_runner.py

with the configuration as `local_runner.py` finds it. Kubeflow takes the bare PipelineSpec as YAML, Vertex a PipelineJob
around it as JSON. The same settings give the same bytes.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from pipeline.config import Config

Target = Literal["kubeflow", "vertex"]

# TFX's runner chooses the form by the file's name.
_FILE_NAMES: dict[str, str] = {"kubeflow": "pipeline.yaml", "vertex": "pipeline.json"}
_HERE = os.path.dirname(os.path.realpath(__file__))


def for_cluster(config: Config) -> Config:
    """The configuration with the places that a cluster's steps use filled in below `deployment.pipeline_root`."""
    root = config.deployment.pipeline_root.rstrip("/")
    return config.model_copy(
        update={
            "data": config.data.model_copy(update={"path": config.data.path or f"{root}/data"}),
            "push": config.push.model_copy(update={"to": config.push.to or f"{root}/published"}),
        }
    )


def compile_pipeline(config: Config, target: Target) -> bytes:
    """The spec, as the target takes it.

    Args:
      config: all settings; paths are as the cluster's steps see them.
      target: "kubeflow": a PipelineSpec in YAML; "vertex": a PipelineJob in JSON.
    """
    with tempfile.TemporaryDirectory() as folder:
        _run(config, folder, target)
        return Path(folder, _FILE_NAMES[target]).read_bytes()


def _require_no_secrets(config: Config) -> None:
    """A spec is kept by the cluster and shown on its pages, and its steps don't have what was withheld here.

    Raises:
      UserError: an address had a password or a signature.
    """
    from coralline.foundation.errors import UserError
    from pipeline.config import addresses_with_secrets

    for key, address in addresses_with_secrets(config).items():
        raise UserError(
            f"the address in `{key}` has a password or a signature, which a cluster would keep and show",
            file=address,
            expected="an address without one",
            fix="give the steps credentials in their environment: a service account, or a secret as variables such as "
            "AWS_ACCESS_KEY_ID; a signed file can be copied to storage that the steps can read",
        )


def _run(config: Config, folder: str | None, target: Target, file_name: str | None = None) -> None:
    from tfx.orchestration.kubeflow.v2 import kubeflow_v2_dag_runner

    from components.voc_example_gen.kubeflow_driver import content_driver
    from pipeline.create_pipeline import create_pipeline

    _require_no_secrets(config)
    config = for_cluster(config)
    push_to: Any = config.push.to
    pipeline = create_pipeline(config, pipeline_root=config.deployment.pipeline_root, push_to=push_to)
    runner_config = kubeflow_v2_dag_runner.KubeflowV2DagRunnerConfig(
        default_image=config.deployment.image, use_pipeline_spec_2_1=True
    )
    with content_driver(), _looking_each_time(target):
        runner = kubeflow_v2_dag_runner.KubeflowV2DagRunner(runner_config, folder, file_name or _FILE_NAMES[target])
        runner.run(pipeline)


@contextlib.contextmanager
def _looking_each_time(target: Target) -> Iterator[None]:
    """Within it, tasks that look at what is outside the pipeline are compiled so that no cache answers for them.

    The cache key has the address of what is served, not its content. So it is with a data set, unless its driver adds
    the content. Vertex runs that driver (the `preCacheCheck` hook of the executor); open-source Kubeflow Pipelines
    doesn't know the hook (seen in 2.5), and would take changed data for the same. TFX has one setting for all tasks.
    """
    from tfx.orchestration.kubeflow.v2.pipeline_builder import PipelineBuilder

    stock = PipelineBuilder.build

    def build(self: Any) -> Any:
        spec = stock(self)
        for name in ("ServedModelImporter", *(["VocExampleGen"] if target == "kubeflow" else [])):
            spec.root.dag.tasks[name].caching_options.enable_cache = False
        return spec

    PipelineBuilder.build = build  # type: ignore[method-assign]
    try:
        yield
    finally:
        PipelineBuilder.build = stock  # type: ignore[method-assign]


def main() -> None:
    """What TFX's command line executes."""
    if os.path.realpath(sys.path[0] or ".") == _HERE:
        # A script finds its own folder first on the path, where the modules of this package have other names.
        sys.path[0] = os.path.dirname(_HERE)
    from pipeline.local_runner import configuration_of_environment

    config = configuration_of_environment()
    # TFX's command line looks for the file under the pipeline's name, in a folder that it chooses.
    _run(config, None, "vertex", f"{config.name}.json")


if __name__ == "__main__":
    main()
