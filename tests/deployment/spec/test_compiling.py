"""The compiled specs: valid, the same bytes for the same settings, steps and what they hand on."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf import json_format
from kfp import components
from kfp.pipeline_spec import pipeline_spec_pb2

from deployment.spec.compiling import compile_pipeline
from deployment.spec.steps import FINGERPRINTS, OF_TFX
from pipeline.config import load_config

# Run by a Python with `kfp[kubernetes]` of another version: its loader takes the file, and the second document has no
# field which that version doesn't know.
_LOADED_BY = """
import sys
from google.protobuf import json_format
from kfp import components
from kfp.kubernetes.kubernetes_executor_config_pb2 import KubernetesExecutorConfig
loaded = components.load_component_from_file(sys.argv[1])
executors = loaded.platform_spec.platforms["kubernetes"].deployment_spec.executors
for executor in executors.values():
    json_format.ParseDict(json_format.MessageToDict(executor), KubernetesExecutorConfig())
print(len(loaded.pipeline_spec.root.dag.tasks), len(executors))
"""
_EVERYTHING = {
    "model.warm_start": "latest_blessed",
    "deployment.pipeline_root": "minio://mlpipeline/coralline",
    "deployment.volumes": {"/mnt/data": "yard"},
    "deployment.node_selector": {"pool": "cpu"},
    "deployment.time_limit_s": 86400,
    "deployment.pull_policy": "IfNotPresent",
    "deployment.pull_secret": "registry",
    "deployment.steps": {
        "QatTrainer": {
            "accelerator": "nvidia.com/gpu",
            "tolerations": [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}],
        }
    },
}
Compiled = Callable[..., list[dict[str, Any]]]


def tasks_of(spec: dict[str, Any]) -> dict[str, Any]:
    tasks: dict[str, Any] = spec["root"]["dag"]["tasks"]
    return tasks


def container_of(spec: dict[str, Any], name: str) -> dict[str, Any]:
    container: dict[str, Any] = spec["deploymentSpec"]["executors"][f"{name}_executor"]["container"]
    return container


@pytest.fixture(scope="module")
def full(cluster_settings: dict[str, Any]) -> bytes:
    return compile_pipeline(load_config(None, {**cluster_settings, **_EVERYTHING}), "kubeflow")


def test_the_same_settings_give_the_same_bytes_of_less_than_200_kb(
    full: bytes, cluster_settings: dict[str, Any]
) -> None:
    assert compile_pipeline(load_config(None, {**cluster_settings, **_EVERYTHING}), "kubeflow") == full
    assert len(full) < 200_000


def test_the_locked_kfp_loads_it_with_both_documents(full: bytes) -> None:
    loaded = components.load_component_from_text(full.decode())
    assert set(loaded.pipeline_spec.root.dag.tasks) == {*FINGERPRINTS, *OF_TFX}
    assert set(loaded.platform_spec.platforms) == {"kubernetes"}
    assert loaded.pipeline_spec.default_pipeline_root == "minio://mlpipeline/coralline"


def test_a_newer_kfp_loads_it_and_knows_every_field_for_kubernetes(full: bytes, tmp_path: Path) -> None:
    python = os.environ.get("CORALLINE_KFP_PYTHON")
    if python is None:
        pytest.skip("CORALLINE_KFP_PYTHON names no Python with kfp[kubernetes] 2.17, as .ci/run makes one")
    (tmp_path / "pipeline.yaml").write_bytes(full)
    call = [python, "-c", _LOADED_BY, str(tmp_path / "pipeline.yaml")]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(call, capture_output=True, text=True, check=False, env=environment)
    assert (done.stdout.split(), done.returncode) == (["12", "12"], 0), done.stderr


@pytest.mark.parametrize("target", ["kubeflow", "vertex"])
def test_every_field_is_one_of_the_specification(compiled: Compiled, target: str) -> None:
    spec = compiled(target)[0]
    json_format.ParseDict(spec, pipeline_spec_pb2.PipelineSpec())
    json_format.ParseDict(spec["deploymentSpec"], pipeline_spec_pb2.PipelineDeploymentConfig())
    assert spec["schemaVersion"] == "2.1.0"


def test_each_input_comes_from_a_task_that_is_waited_for_and_makes_it(full: bytes) -> None:
    spec = next(yaml.safe_load_all(full))
    for name, task in tasks_of(spec).items():
        inputs = task.get("inputs", {})
        sources = [
            (
                source["taskOutputArtifact"]["producerTask"],
                "artifacts",
                source["taskOutputArtifact"]["outputArtifactKey"],
            )
            for source in inputs.get("artifacts", {}).values()
        ] + [
            (made["producerTask"], "parameters", made["outputParameterKey"])
            for source in inputs.get("parameters", {}).values()
            if (made := source.get("taskOutputParameter"))
        ]
        for producer, kind, key in sources:
            assert producer in task["dependentTasks"], name
            assert key in spec["components"][producer]["outputDefinitions"][kind], name
        defined = spec["components"][name].get("inputDefinitions", {})
        assert set(inputs.get("parameters", {})) == set(defined.get("parameters", {})), name


def test_kubeflow_runs_our_entry_point_and_vertex_that_of_tfx(compiled: Compiled) -> None:
    kubeflow, vertex = compiled("kubeflow")[0], compiled("vertex")[0]
    steps = [name for name in OF_TFX if name != "WarmStartImporter"]
    assert {tuple(container_of(kubeflow, name)["command"]) for name in steps} == {
        ("python", "-m", "deployment.entrypoint.run_task")
    }
    stock = ("python", "-m", "tfx.orchestration.kubeflow.v2.container.kubeflow_v2_run_executor")
    assert {tuple(container_of(vertex, name)["command"]) for name in steps} == {stock}
    assert "lifecycle" in container_of(vertex, "VocExampleGen")
    assert "lifecycle" not in container_of(kubeflow, "VocExampleGen")
    assert {container_of(kubeflow, name)["image"] for name in (*FINGERPRINTS, *steps)} == {
        "registry/coralline@sha256:1"
    }
    assert set(tasks_of(kubeflow)) - set(tasks_of(vertex)) == set(FINGERPRINTS)


def test_each_command_has_the_definitions_of_its_component(compiled: Compiled) -> None:
    spec = compiled()[0]
    args = container_of(spec, "VocExampleGen")["args"]
    given = dict(zip(args[::2], args[1::2], strict=True))
    component = spec["components"]["VocExampleGen"]
    assert json.loads(given["--json_serialized_inputs_spec_args"]) == component["inputDefinitions"]
    assert json.loads(given["--outputs_spec"]) == component["outputDefinitions"]
    assert json.loads(given["--run_parameters"]) == {"data_path": "data.path"}
    assert "data_content" in component["inputDefinitions"]["parameters"]


def test_what_looks_outside_is_never_answered_from_the_cache(compiled: Compiled) -> None:
    def uncached(target: str) -> set[str]:
        tasks = tasks_of(compiled(target)[0])
        return {name for name, task in tasks.items() if not task["cachingOptions"].get("enableCache")}

    assert uncached("kubeflow") == {*FINGERPRINTS, "EdgeTpuPusher"}
    assert uncached("vertex") == {"ServedModelImporter", "EdgeTpuPusher"}


def test_what_the_fingerprints_say_decides_about_the_steps_after_them(compiled: Compiled) -> None:
    tasks = tasks_of(compiled()[0])

    def said_by(name: str, parameter: str) -> str:
        return str(tasks[name]["inputs"]["parameters"][parameter]["taskOutputParameter"]["producerTask"])

    assert said_by("VocExampleGen", "data_content") == "DataFingerprint"
    assert said_by("ServedModelImporter", "served_content") == "ServedFingerprint"
    assert tasks["ServedFingerprint"]["dependentTasks"] == ["TFLiteExporter"]
    assert tasks["DataFingerprint"].get("dependentTasks", []) == []


def test_places_lie_below_the_pipeline_root_unless_set(compiled: Compiled) -> None:
    spec = compiled(data__path="")[0]
    defaults = {name: p["defaultValue"] for name, p in spec["root"]["inputDefinitions"]["parameters"].items()}
    assert (defaults["data_path"], defaults["push_to"]) == ("gs://bucket/root/data", "gs://bucket/root/published")
    history = tasks_of(spec)["VocExampleGen"]["inputs"]["parameters"]["history"]
    assert history["runtimeValue"]["constant"] == "gs://bucket/root/data_history"
    assert spec["defaultPipelineRoot"] == "gs://bucket/root"


def test_artifacts_on_a_volume_are_found_by_each_step(compiled: Compiled) -> None:
    root = {"deployment__pipeline_root": "/mnt/yard/coralline", "deployment__volumes": {"/mnt/yard": "yard-claim"}}
    spec, platform = compiled(**root)
    assert "defaultPipelineRoot" not in spec
    for name in tasks_of(spec):
        args = container_of(spec, name)["args"]
        assert name == "DataFingerprint" or args[args.index("--artifacts") + 1] == "/mnt/yard/coralline/artifacts"
    executors = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    mount = {"mountPath": "/mnt/yard", "constant": "yard-claim"}
    mounted: list[Any] = [mount | {"pvcNameParameter": {"runtimeValue": {"constant": "yard-claim"}}}]
    assert [executor["pvcMount"] for executor in executors.values()] == [mounted] * 11


def test_the_root_of_a_vertex_job_is_the_pipeline_root(cluster_settings: dict[str, Any]) -> None:
    job = json.loads(compile_pipeline(load_config(None, cluster_settings), "vertex"))
    assert job["runtimeConfig"]["gcsOutputDirectory"] == "gs://bucket/root"


def test_the_warm_start_has_a_step_only_if_there_is_one(compiled: Compiled) -> None:
    without, latest = compiled()[0], compiled(model__warm_start="latest_blessed")[0]
    assert "WarmStartImporter" not in tasks_of(without) and "WarmStartImporter" in tasks_of(latest)
    address = compiled(model__warm_start="gs://bucket/model")[0]
    published_at = [
        tasks_of(spec)["WarmStartImporter"]["inputs"]["parameters"]["published_at"] for spec in (latest, address)
    ]
    assert published_at == [{"componentInputParameter": "push_to"}, {"runtimeValue": {"constant": ""}}]


@pytest.mark.parametrize("target", ["kubeflow", "vertex"])
def test_the_steps_that_run_beam_get_its_flags_and_no_other(compiled: Compiled, target: str) -> None:
    engine: dict[str, Any] = {"beam__runner": "portable", "beam__job_endpoint": "prism:8073"}
    if target == "kubeflow":
        engine |= {"deployment__pipeline_root": "/mnt/coralline", "deployment__volumes": {"/mnt/coralline": "claim"}}
        engine |= {"data__path": "/mnt/coralline/raccoon"}
    spec = compiled(target, **engine)[0]
    given = {
        name: [arg for arg in container_of(spec, name)["args"] if arg.startswith(("--runner=", "--job_endpoint="))]
        for name in OF_TFX
        if f"{name}_executor" in spec["deploymentSpec"]["executors"]
    }
    with_flags = {name for name, args in given.items() if args}
    assert with_flags == {"VocExampleGen", "StatisticsGen", "Evaluator"}
    assert given["Evaluator"] == ["--runner=PortableRunner", "--job_endpoint=prism:8073"]


def test_without_an_engine_no_step_has_a_flag_of_beams(compiled: Compiled) -> None:
    spec = compiled()[0]
    executors = spec["deploymentSpec"]["executors"].values()
    args = [arg for executor in executors for arg in executor["container"].get("args", [])]
    assert not any(arg.startswith(("--runner", "--sdk_container_image")) for arg in args)
