"""What is refused when compiling: everything that could only fail on the cluster."""

from __future__ import annotations

from typing import Any

import pytest

from coralline.foundation.errors import UserError
from deployment.spec.refusals import require_compilable
from pipeline.config import load_config


def _refusal(settings: dict[str, Any], target: str) -> str:
    with pytest.raises(UserError) as caught:
        require_compilable(load_config(None, settings), target)
    assert caught.value.fix
    return str(caught.value)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"deployment.image": None}, "no image was named"),
        ({"deployment.image": "registry:5000/coralline"}, "no tag, which means `latest`"),
        ({"deployment.image": "registry/coralline:latest"}, "the tag `latest`"),
        ({"deployment.pipeline_root": None}, "no place was named"),
        ({"deployment.pipeline_root": "azure://account/root"}, "can't write there"),
        ({"deployment.pipeline_root": "http://host/root"}, "can't write there"),
        ({"deployment.pipeline_root": "gs://"}, "names no bucket"),
        ({"data.path": "/srv/yard"}, "`data.path` is a path"),
        ({"push.to": "models"}, "`push.to` is a path"),
        ({"data.label_map": "/srv/label_map.pbtxt"}, "`data.label_map` is a path"),
        ({"model.warm_start": "/srv/weights.tflite"}, "`model.warm_start` is a path"),
        ({"edgetpu.compiler": "required"}, "isn't said to have the Edge TPU compiler"),
        ({"deployment.steps": {"Trainer": {"cpu": 1}}}, "a step that this pipeline doesn't have: Trainer"),
        ({"deployment.steps": {"WarmStartImporter": {"cpu": 1}}}, "set model.warm_start"),
        ({"deployment.steps": {"QatTrainer": {"memory_limit_gb": 1}}}, "asks for more than it may use"),
        ({"deployment.env": {"PROXY": "http://me:s3cr3t@host"}}, "has a password"),
        ({"beam.runner": "portable"}, "the runner `portable` needs `beam.job_endpoint`"),
    ],
    ids=lambda value: str(value)[:60],
)
@pytest.mark.parametrize("target", ["kubeflow", "vertex"])
def test_on_both_targets(cluster_settings: dict[str, Any], changed: dict[str, Any], told: str, target: str) -> None:
    message = _refusal({**cluster_settings, **changed}, target)
    assert told in message and "s3cr3t" not in message


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"deployment.pipeline_root": "/mnt/coralline"}, "is a path on no volume"),
        ({"deployment.pipeline_root": "/mnt2/x", "deployment.volumes": {"/mnt": "claim"}}, "mounted: /mnt"),
        ({"deployment.steps": {"QatTrainer": {"volumes": {"/scratch": "claim"}}}}, "in one step only"),
        ({"beam.runner": "flink", "beam.job_endpoint": "flink:8099"}, "a Beam engine don't see what the steps write"),
    ],
)
def test_on_kubeflow(cluster_settings: dict[str, Any], changed: dict[str, Any], told: str) -> None:
    assert told in _refusal({**cluster_settings, **changed}, "kubeflow")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"deployment.pipeline_root": "s3://bucket/root"}, "Vertex AI can't write there"),
        ({"deployment.pipeline_root": "/mnt/root"}, "no folder in common"),
        ({"deployment.volumes": {"/mnt": "claim"}}, "`deployment.volumes` can't be had on Vertex AI"),
        ({"deployment.steps": {"QatTrainer": {"node_selector": {"gpu": "t4"}}}}, "QatTrainer.node_selector` can't"),
        ({"deployment.secret_env": {"KEY": "secret/key"}}, "`deployment.secret_env` can't"),
        ({"deployment.steps": {"DataFingerprint": {"cpu": 1}}}, "doesn't have: DataFingerprint"),
        ({"deployment.accelerator": "nvidia.com/gpu"}, "`deployment.accelerator` is none of Vertex AI's"),
        ({"deployment.steps": {"QatTrainer": {"cpu": 128}}}, "no machine for `deployment.steps.QatTrainer.cpu`"),
        ({"deployment.memory_limit_gb": 1000}, "no machine for `deployment.memory_limit_gb`"),
    ],
)
def test_on_vertex(cluster_settings: dict[str, Any], changed: dict[str, Any], told: str) -> None:
    assert told in _refusal({**cluster_settings, **changed}, "vertex")


@pytest.mark.parametrize(
    "changed",
    [
        {"deployment.image": "registry:5000/coralline:1.2"},
        {"data.path": "/mnt/yard/data", "push.to": "/mnt/yard", "deployment.volumes": {"/mnt/yard": "claim"}},
        {"edgetpu.compiler": "required", "deployment.image_has_edgetpu_compiler": True},
        {"model.warm_start": "latest_blessed", "deployment.steps": {"WarmStartImporter": {"cpu": 1}}},
        {"deployment.pipeline_root": "minio://mlpipeline/coralline"},
    ],
    ids=str,
)
def test_what_can_be_passes(cluster_settings: dict[str, Any], changed: dict[str, Any]) -> None:
    require_compilable(load_config(None, {**cluster_settings, **changed}), "kubeflow")
