"""The compiled specs: valid, of schema 2.1.0, the same bytes for the same settings."""

from __future__ import annotations

import json

import pytest
import yaml
from google.protobuf import json_format

from deployment.rehearsal import parse_spec
from pipeline.config import load_config
from deployment.spec.compiling import compile_pipeline

_SETTINGS = {
    "data.path": "gs://bucket/raccoon",
    "deployment.image": "registry/coralline@sha256:1",
    "deployment.pipeline_root": "gs://bucket/root",
}


def test_both_targets_hold_the_same_spec_and_look_each_time_at_what_is_served_and_kubeflow_at_the_data() -> None:
    config = load_config(None, _SETTINGS)
    kubeflow, vertex = compile_pipeline(config, "kubeflow"), compile_pipeline(config, "vertex")
    on_kubeflow, on_vertex = (
        json_format.MessageToDict(parse_spec(kubeflow)),
        json_format.MessageToDict(parse_spec(vertex)),
    )
    caching = {
        name: (task["cachingOptions"], on_vertex["root"]["dag"]["tasks"][name]["cachingOptions"])
        for name, task in on_kubeflow["root"]["dag"]["tasks"].items()
    }
    assert caching.pop("VocExampleGen") == ({}, {"enableCache": True})
    assert caching.pop("ServedModelImporter") == ({}, {})
    assert set(map(str, caching.values())) == {str(({"enableCache": True}, {"enableCache": True}))}
    on_kubeflow["root"]["dag"]["tasks"]["VocExampleGen"]["cachingOptions"] = {"enableCache": True}
    assert on_kubeflow == on_vertex
    job = json.loads(vertex)
    assert job["runtimeConfig"]["gcsOutputDirectory"] == "gs://bucket/root"
    assert yaml.safe_load(kubeflow)["schemaVersion"] == job["pipelineSpec"]["schemaVersion"] == "2.1.0"


@pytest.mark.parametrize("target", ["kubeflow", "vertex"])
def test_the_same_settings_give_the_same_bytes(target: str) -> None:
    first = compile_pipeline(load_config(None, _SETTINGS), target)  # type: ignore[arg-type]
    assert compile_pipeline(load_config(None, _SETTINGS), target) == first  # type: ignore[arg-type]


def test_every_step_runs_in_the_one_image_and_sees_the_settings() -> None:
    spec = parse_spec(compile_pipeline(load_config(None, _SETTINGS), "kubeflow"))
    executors = json_format.MessageToDict(spec.deployment_spec)["executors"]
    assert len(executors) == 9
    assert {e["container"]["image"] for e in executors.values()} == {"registry/coralline@sha256:1"}
    data = spec.root.dag.tasks["VocExampleGen"].inputs.parameters["data"].runtime_value.constant.string_value
    assert json.loads(data)["path"] == "gs://bucket/raccoon"


def test_data_and_published_models_lie_below_the_pipeline_root_unless_set() -> None:
    spec = parse_spec(compile_pipeline(load_config(None, {"deployment.pipeline_root": "/mnt/disk/"}), "kubeflow"))
    tasks = spec.root.dag.tasks
    data = tasks["VocExampleGen"].inputs.parameters["data"].runtime_value.constant.string_value
    assert json.loads(data)["path"] == "/mnt/disk/data"
    push_to = tasks["EdgeTpuPusher"].inputs.parameters["push_to"].runtime_value.constant.string_value
    assert push_to == "/mnt/disk/published"
    history = tasks["VocExampleGen"].inputs.parameters["history"].runtime_value.constant.string_value
    assert history == "/mnt/disk/data_history"


def test_where_models_are_published_is_told_to_the_warm_start_for_the_latest_one_only() -> None:
    def published_at(**settings: str) -> str:
        spec = parse_spec(compile_pipeline(load_config(None, {**_SETTINGS, **settings}), "kubeflow"))
        parameters = spec.root.dag.tasks["WarmStartImporter"].inputs.parameters
        assert spec.root.dag.tasks["QatTrainer"].inputs.artifacts["warm_start"]
        return parameters["published_at"].runtime_value.constant.string_value

    assert published_at(**{"model.warm_start": "latest_blessed"}) == "gs://bucket/root/published"
    assert published_at(**{"model.warm_start": "gs://bucket/model"}) == ""


def test_without_a_warm_start_there_is_no_task_for_it() -> None:
    tasks = parse_spec(compile_pipeline(load_config(None, _SETTINGS), "kubeflow")).root.dag.tasks
    assert "WarmStartImporter" not in tasks and "warm_start" not in tasks["QatTrainer"].inputs.artifacts


def test_the_served_model_is_looked_at_when_the_candidate_is_there() -> None:
    tasks = parse_spec(compile_pipeline(load_config(None, _SETTINGS), "kubeflow")).root.dag.tasks
    assert list(tasks["ServedModelImporter"].dependent_tasks) == ["TFLiteExporter"]
    assert tasks["Evaluator"].inputs.artifacts["baseline"].task_output_artifact.producer_task == "ServedModelImporter"
