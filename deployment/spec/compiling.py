"""Compiles the pipeline for a cluster: TFX's PipelineSpec, then each concern's changes to it.

The same settings give the same bytes.
"""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import yaml

from deployment.spec import (
    cluster_places,
    container_steps,
    platform_document,
    reuse,
    run_parameters,
    step_resources,
    training_machines,
)
from deployment.spec.refusals import require_compilable

if TYPE_CHECKING:
    from pipeline.config import Config

Target = Literal["kubeflow", "vertex"]
Spec = dict[str, Any]
"""A PipelineSpec in its JSON form."""


def compile_pipeline(config: Config, target: Target) -> bytes:
    """The spec, as the target takes it.

    Args:
      config: all settings; paths are as the cluster's steps see them.
      target: "kubeflow": a PipelineSpec in YAML, and in a second document what Kubernetes is to know of each step;
        "vertex": a PipelineJob in JSON.

    Raises:
      UserError: the settings are none for that target.
    """
    job = run_tfx(config, target)
    if target == "vertex":
        return (json.dumps(job, indent=2, sort_keys=True) + "\n").encode()
    spec = _with_whole_numbers(job["pipelineSpec"])
    documents = [spec, *platform_document.documents(spec, cluster_places.for_cluster(config, target).deployment)]
    return _comment(config).encode() + yaml.safe_dump_all(documents, sort_keys=True, allow_unicode=True).encode()


def run_tfx(config: Config, target: Target, write_to: str | None = None) -> dict[str, Any]:
    """Runs TFX's compiler; gives the PipelineJob in its JSON form.

    Args:
      config, target: as for `compile_pipeline`.
      write_to: a file's name, for TFX's command line, which has a folder for it; None: nothing is written.

    Raises:
      UserError: the settings are none for that target.
    """
    require_compilable(config, target)
    from tfx.orchestration.kubeflow.v2 import kubeflow_v2_dag_runner

    from components.voc_example_gen.kubeflow_driver import content_driver
    from pipeline.beam_settings import beam_args
    from pipeline.create_pipeline import create_pipeline

    config = cluster_places.for_cluster(config, target)
    root, push_to = config.deployment.pipeline_root, config.push.to
    assert root is not None and push_to is not None
    pipeline = create_pipeline(
        config,
        pipeline_root=root,
        push_to=push_to,
        workspaces=f"{root}/training",
        beam_pipeline_args=beam_args(config.beam, config.deployment.image),
    )
    runner_config = kubeflow_v2_dag_runner.KubeflowV2DagRunnerConfig(
        default_image=config.deployment.image, use_pipeline_spec_2_1=True
    )
    with content_driver(), _changed(functools.partial(_for_target, config, target)):
        runner = kubeflow_v2_dag_runner.KubeflowV2DagRunner(runner_config, None, write_to)
        job: dict[str, Any] = runner.run(pipeline, write_out=write_to is not None)
    return job


def _for_target(config: Config, target: Target, spec: Spec) -> None:
    if target == "kubeflow":
        reuse.add_fingerprints(spec, config)
        run_parameters.add_run_parameters(spec, config)
        container_steps.use_own_entry_point(spec, config, run_parameters.SETTING_OF)
        cluster_places.set_default_root(spec, config.deployment)
    else:
        reuse.look_each_time(spec)
        run_parameters.add_publish_address(spec, config)
    step_resources.set_resources(spec, config.deployment, target)
    training_machines.use_several_machines(spec, config.deployment, target)


@contextlib.contextmanager
def _changed(change: Any) -> Iterator[None]:
    """Within it, `change` is applied to what TFX compiles, whoever asks TFX to: its own command line does, too."""
    from google.protobuf import json_format
    from kfp.pipeline_spec import pipeline_spec_pb2
    from tfx.orchestration.kubeflow.v2.pipeline_builder import PipelineBuilder

    stock = PipelineBuilder.build

    def build(self: Any) -> Any:
        spec = json_format.MessageToDict(stock(self))
        change(spec)
        return json_format.ParseDict(spec, pipeline_spec_pb2.PipelineSpec())

    PipelineBuilder.build = build  # type: ignore[method-assign]
    try:
        yield
    finally:
        PipelineBuilder.build = stock  # type: ignore[method-assign]


def _with_whole_numbers(value: Any) -> Any:
    """Numbers of a protobuf Struct come back as 3.0."""
    if isinstance(value, dict):
        return {key: _with_whole_numbers(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_whole_numbers(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _comment(config: Config) -> str:
    lines = [f"The pipeline {config.name} for Kubeflow Pipelines.", cluster_places.how_to_submit(config)]
    return "".join(f"# {line}\n" for line in lines)
