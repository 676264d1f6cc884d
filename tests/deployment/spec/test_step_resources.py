"""What each step asks of a cluster, in both documents."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coralline.foundation.errors import UserError
from deployment.spec.measured_memory import with_measured_memory
from pipeline.config import load_config

Compiled = Callable[..., list[dict[str, Any]]]


def _container(spec: dict[str, Any], name: str) -> dict[str, Any]:
    container: dict[str, Any] = spec["deploymentSpec"]["executors"][f"{name}_executor"]["container"]
    return container


def _pod(platform: dict[str, Any], name: str) -> dict[str, Any]:
    pod: dict[str, Any] = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"][f"{name}_executor"]
    return pod


def test_without_settings_each_step_asks_for_memory_and_is_tried_three_times(compiled: Compiled) -> None:
    documents = compiled()
    assert len(documents) == 1, "Kubernetes is to know nothing more"
    asked = {
        name: _container(documents[0], name)["resources"] for name in ("QatTrainer", "Evaluator", "DataFingerprint")
    }
    assert asked == {
        "QatTrainer": {"memoryRequest": 6},
        "Evaluator": {"memoryRequest": 2},
        "DataFingerprint": {"memoryRequest": 0.5},
    }
    retries = {task["retryPolicy"]["maxRetryCount"] for task in documents[0]["root"]["dag"]["tasks"].values()}
    assert retries == {2}


def test_a_step_has_its_own_settings_and_those_for_all(compiled: Compiled) -> None:
    trainer = {"memory_gb": 16, "cpu_limit": 8, "accelerator": "nvidia.com/gpu", "retries": 0, "env": {"B": "2"}}
    spec, platform = compiled(
        deployment__cpu=2,
        deployment__env={"A": "1"},
        deployment__node_selector={"pool": "ml"},
        deployment__pull_secret="registry",
        deployment__secret_env={"PASSWORD": "store/password"},
        deployment__steps={"QatTrainer": {**trainer, "time_limit_s": 7200, "tolerations": [{"key": "gpu"}]}},
    )
    container = _container(spec, "QatTrainer")
    assert container["resources"] == {
        "cpuRequest": 2,
        "cpuLimit": 8,
        "memoryRequest": 16,
        "accelerator": {"type": "nvidia.com/gpu", "count": 1},
    }
    assert container["env"] == [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    assert "retryPolicy" not in spec["root"]["dag"]["tasks"]["QatTrainer"]
    for_all = {
        "nodeSelector": {"labels": {"pool": "ml"}},
        "imagePullSecret": [{"secretName": "registry"}],
        "secretAsEnv": [{"secretName": "store", "keyToEnv": [{"secretKey": "password", "envVar": "PASSWORD"}]}],
    }
    own = {"activeDeadlineSeconds": 7200, "tolerations": [{"key": "gpu", "operator": "Equal"}]}
    assert _pod(platform, "QatTrainer") == for_all | own
    assert _pod(platform, "SchemaGen") == for_all


def test_vertex_chooses_machines_by_limits(compiled: Compiled) -> None:
    [spec] = compiled("vertex", deployment__steps={"QatTrainer": {"cpu": 8, "accelerator": "NVIDIA_TESLA_T4"}})
    assert _container(spec, "QatTrainer")["resources"] == {
        "cpuLimit": 8.0,
        "memoryLimit": 6.0,
        "accelerator": {"type": "NVIDIA_TESLA_T4", "count": 1.0},
    }


def test_minio_is_reached_with_kubeflows_own_secret_unless_told_otherwise(compiled: Compiled) -> None:
    root = "minio://mlpipeline/coralline"
    spec, platform = compiled(deployment__pipeline_root=root)
    assert {"name": "AWS_ENDPOINT_URL", "value": "http://minio-service.kubeflow:9000"} in _container(
        spec, "EdgeTpuPusher"
    )["env"]
    [secret] = _pod(platform, "EdgeTpuPusher")["secretAsEnv"]
    assert secret["secretName"] == "mlpipeline-minio-artifact"
    own = {"AWS_ACCESS_KEY_ID": "mine/id", "AWS_SECRET_ACCESS_KEY": "mine/key"}
    spec, platform = compiled(
        deployment__pipeline_root=root,
        deployment__secret_env=own,
        deployment__env={"AWS_ENDPOINT_URL": "https://store.example"},
    )
    assert {e["value"] for e in _container(spec, "Evaluator")["env"] if e["name"] == "AWS_ENDPOINT_URL"} == {
        "https://store.example"
    }
    assert [s["secretName"] for s in _pod(platform, "Evaluator")["secretAsEnv"]] == ["mine"]


def test_the_trainer_asks_for_what_was_measured_and_a_quarter_more(tmp_path: Path) -> None:
    (tmp_path / "check.json").write_text(json.dumps({"estimate": {"peak_bytes": 4_000_000_000}}))
    config = load_config(None, {"deployment.steps": {"QatTrainer": {"cpu": 4}}})
    trainer = with_measured_memory(config, tmp_path / "check.json").deployment.steps["QatTrainer"]
    assert (trainer.memory_gb, trainer.cpu) == (5.0, 4)
    (tmp_path / "check.json").write_text("{}")
    with pytest.raises(UserError, match="nothing about a training's memory"):
        with_measured_memory(config, tmp_path / "check.json")
