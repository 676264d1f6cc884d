"""Several machines for one training, in the compiled spec of both targets."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf import json_format

from coralline.foundation.errors import UserError
from deployment.spec.refusals import require_compilable
from pipeline.config import load_config

Compiled = Callable[..., list[dict[str, Any]]]
_FOUR_GPUS = {"QatTrainer": {"accelerator": "nvidia.com/gpu", "accelerators": 2, "memory_gb": 16}}


def _container(spec: dict[str, Any], name: str) -> dict[str, Any]:
    container: dict[str, Any] = spec["deploymentSpec"]["executors"][f"{name}_executor"]["container"]
    return container


def _given(container: dict[str, Any], flag: str) -> str:
    return str(container["args"][container["args"].index(flag) + 1])


def test_one_machine_is_told_of_no_others(compiled: Compiled) -> None:
    args = _container(compiled()[0], "QatTrainer")["args"]
    assert "--training_workers" not in args and args == _container(compiled()[0], "QatTrainer")["args"]


def test_on_kubeflow_the_step_starts_pods_that_ask_for_what_it_asks_for(compiled: Compiled) -> None:
    spec, _ = compiled(
        deployment__trainer={"workers": 2, "service_account": "coralline-worker"},
        deployment__steps=_FOUR_GPUS,
        deployment__secret_env={"AWS_ACCESS_KEY_ID": "keys/id"},
    )
    trainer = _container(spec, "QatTrainer")
    job = json.loads(_given(trainer, "--training_workers"))["job"]
    pod = job["spec"]["template"]["spec"]
    [worker] = pod["containers"]
    assert trainer["resources"]["memoryRequest"] == 16 and worker["resources"]["requests"] == {"memory": "16G"}
    assert worker["resources"]["limits"] == {"nvidia.com/gpu": "2"} and worker["image"] == trainer["image"]
    assert worker["env"][0]["valueFrom"]["secretKeyRef"] == {"name": "keys", "key": "id"}
    assert pod["serviceAccountName"] == "coralline-worker"
    assert "--training_workers" not in _container(spec, "Evaluator")["args"]


def test_on_vertex_the_step_starts_worker_pools_and_needs_no_accelerator_itself(compiled: Compiled) -> None:
    aiplatform = pytest.importorskip("google.cloud.aiplatform_v1")
    [spec] = compiled(
        "vertex",
        deployment__trainer={"workers": 4, "machine_type": "n1-standard-8"},
        deployment__steps={"QatTrainer": {"accelerator": "NVIDIA_TESLA_T4", "env": {"A": "1"}}},
    )
    trainer = _container(spec, "QatTrainer")
    assert trainer["resources"] == {"memoryLimit": 2.0}
    assert _given(trainer, "--executor_class_path") == "deployment.entrypoint.vertex_training.Executor"
    assert _given(trainer, "--location") == "{{$.pipeline_google_cloud_location}}"
    # Strictly: a field that Vertex AI doesn't know is an error.
    known = aiplatform.CustomJobSpec()
    json_format.ParseDict(json.loads(_given(trainer, "--custom_job")), known._pb)
    first, others = known.worker_pool_specs
    assert (first.replica_count, others.replica_count) == (1, 3)
    assert first.machine_spec.accelerator_type.name == "NVIDIA_TESLA_T4" and first.machine_spec.accelerator_count == 1
    assert first.container_spec.image_uri == "registry/coralline@sha256:1"


@pytest.mark.parametrize(
    ("target", "settings", "what"),
    [
        ("kubeflow", {"machine_type": "n1-standard-8"}, "one of Vertex AI's machines"),
        ("vertex", {"workers": 2}, "no machine was named for the 2 workers"),
        ("kubeflow", {"workers": 3}, "can't be shared by the devices of all workers"),
        ("kubeflow", {"workers": 0}, "deployment.trainer.workers"),
    ],
)
def test_what_cannot_be_is_refused_when_compiling(
    cluster_settings: dict[str, Any], target: str, settings: dict[str, Any], what: str
) -> None:
    given = {**cluster_settings, "data.path": "gs://bucket/data", "train.batch_size": 8}
    with pytest.raises(UserError, match=what):
        require_compilable(load_config(None, {**given, "deployment.trainer": settings}), target)


def test_the_batch_is_shared_by_the_accelerators_of_all_machines(cluster_settings: dict[str, Any]) -> None:
    given = {**cluster_settings, "deployment.trainer": {"workers": 2}, "deployment.steps": _FOUR_GPUS}
    require_compilable(load_config(None, {**given, "train.batch_size": 8}), "kubeflow")
    with pytest.raises(UserError, match="can't be shared") as error:
        require_compilable(load_config(None, {**given, "train.batch_size": 6}), "kubeflow")
    assert "a multiple of 4: 2 workers with 2 devices each" in str(error.value)
    assert "set train.batch_size to 8" in str(error.value)
