"""Compiles the pipeline for Kubeflow Pipelines v2 and Vertex AI: the spec, schema 2.1.0, that a cluster runs.

`coralline compile` comes here, and so does TFX's own command line:

    tfx pipeline create --engine=vertex --pipeline-path pipeline/kubeflow_runner.py

with the configuration as `local_runner.py` finds it. Kubeflow takes the bare PipelineSpec as YAML, Vertex a PipelineJob
around it as JSON. The same settings give the same bytes.
"""

from __future__ import annotations

import os
import sys
import tempfile
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
        _run(config, folder, _FILE_NAMES[target])
        spec = Path(folder, _FILE_NAMES[target]).read_bytes()
    return _reading_data_each_time(spec) if target == "kubeflow" else spec


def _reading_data_each_time(spec: bytes) -> bytes:
    """A PipelineSpec whose first task is never taken from the cache.

    The cache key of a data set is its path, unless the driver adds the content to it. Vertex runs that driver (the
    `preCacheCheck` hook of the executor); open-source Kubeflow Pipelines doesn't know the hook (seen in 2.5), and
    would take changed data for the same.
    """
    import yaml

    content = yaml.safe_load(spec)
    content["root"]["dag"]["tasks"]["VocExampleGen"]["cachingOptions"] = {"enableCache": False}
    return yaml.safe_dump(content, sort_keys=True).encode()


def _run(config: Config, folder: str | None, file_name: str) -> None:
    from tfx.orchestration.kubeflow.v2 import kubeflow_v2_dag_runner

    from components.voc_example_gen.kubeflow_driver import content_driver
    from pipeline.create_pipeline import create_pipeline

    config = for_cluster(config)
    push_to: Any = config.push.to
    pipeline = create_pipeline(config, pipeline_root=config.deployment.pipeline_root, push_to=push_to)
    runner_config = kubeflow_v2_dag_runner.KubeflowV2DagRunnerConfig(
        default_image=config.deployment.image, use_pipeline_spec_2_1=True
    )
    with content_driver():
        kubeflow_v2_dag_runner.KubeflowV2DagRunner(runner_config, folder, file_name).run(pipeline)


def main() -> None:
    """What TFX's command line executes."""
    if os.path.realpath(sys.path[0] or ".") == _HERE:
        # A script finds its own folder first on the path, where the modules of this package have other names.
        sys.path[0] = os.path.dirname(_HERE)
    from pipeline.local_runner import configuration_of_environment

    config = configuration_of_environment()
    # TFX's command line looks for the file under the pipeline's name, in a folder that it chooses.
    _run(config, None, f"{config.name}.json")


if __name__ == "__main__":
    main()
