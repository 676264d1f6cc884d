"""Settings that a run may be given anew: shown with defaults, and taken by those steps only that they concern."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Compiled = Callable[..., list[dict[str, Any]]]


def _takers(spec: dict[str, Any], parameter: str) -> set[str]:
    return {
        name
        for name, task in spec["root"]["dag"]["tasks"].items()
        for source in task.get("inputs", {}).get("parameters", {}).values()
        if source.get("componentInputParameter") == parameter
    }


@pytest.mark.parametrize(
    ("parameter", "default", "takers"),
    [
        ("data_path", "s3://bucket/raccoon", {"VocExampleGen"}),
        ("train_float_steps", "", {"QatTrainer", "WarmStartImporter"}),
        ("train_qat_steps", "30", {"QatTrainer", "WarmStartImporter"}),
        ("model_warm_start", "latest_blessed", {"QatTrainer", "WarmStartImporter"}),
        ("evaluate_min_ap50", "0.3", {"Evaluator"}),
        ("evaluate_max_loss_to_baseline", "", {"Evaluator"}),
    ],
)
def test_of_kubeflow(compiled: Compiled, parameter: str, default: str, takers: set[str]) -> None:
    spec = compiled(model__warm_start="latest_blessed", train__qat_steps=30, evaluate__max_loss_to_baseline=None)[0]
    offered = spec["root"]["inputDefinitions"]["parameters"][parameter]
    assert (offered["defaultValue"], offered["parameterType"]) == (default, "STRING")
    assert _takers(spec, parameter) == {"DataFingerprint", *takers}


def test_the_publish_address_reaches_all_that_look_there_on_both_targets(compiled: Compiled) -> None:
    kubeflow, vertex = (compiled(target, push__to="gs://models/yard")[0] for target in ("kubeflow", "vertex"))
    assert kubeflow["root"]["inputDefinitions"]["parameters"]["push_to"]["defaultValue"] == "gs://models/yard"
    assert set(vertex["root"]["inputDefinitions"]["parameters"]) == {"push_to"}
    assert _takers(vertex, "push_to") == {"ServedModelImporter", "EdgeTpuPusher"}
    assert _takers(kubeflow, "push_to") == {"ServedModelImporter", "EdgeTpuPusher", "ServedFingerprint"}


def test_a_warm_start_is_offered_only_where_a_step_looks_for_it(compiled: Compiled) -> None:
    assert "model_warm_start" not in compiled()[0]["root"]["inputDefinitions"]["parameters"]
