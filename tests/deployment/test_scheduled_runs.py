"""Runs that a schedule begins: submitted through the stand-in for the API, run by the emulated backend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from coralline.data.drawn_shapes import draw_dataset
from coralline.publishing import published
from deployment.emulation import own_bucket
from deployment.emulation.cluster_description import ClusterDescription
from deployment.emulation.emulated_backend import EmulatedBackend, open_metadata
from deployment.emulation.process_pods import ProcessPods
from deployment.emulation.run_progress import TaskProgress
from deployment.emulation.task_driver import BackendOptions
from pipeline import cli

_VOLUME = "/mnt/coralline"
_SETTINGS = {
    "name": "yard",
    "data": {"path": f"{_VOLUME}/data"},
    "model": {"preset": "demo_160", "warm_start": "latest_blessed"},
    "train": {"float_steps": 4, "qat_steps": 2, "batch_size": 4, "checkpoint_every": 2, "evaluate_every": 4},
    "evaluate": {"min_ap50": 0.0, "max_loss_to_float": None, "max_loss_to_baseline": 1.0, "pictures": 1},
    "edgetpu": {"compiler": "off"},
    "push": {"to": f"{_VOLUME}/published"},
    "deployment": {
        "target": "kubeflow",
        "image": "coralline:1",
        "pipeline_root": "minio://bucket/yard",
        "retries": 0,
        "volumes": {_VOLUME: "coralline"},
    },
}
_STATES = {"succeeded": "SUCCEEDED", "cached": "SKIPPED"}


@pytest.fixture
def backend(tmp_path: Path, s3_bucket: str) -> EmulatedBackend:
    draw_dataset(tmp_path / "claim" / "data", images=20, size_px=160, seed=5)
    cluster = ClusterDescription(claims={"coralline": tmp_path / "claim"})
    return EmulatedBackend(tmp_path / "backend", own_bucket.with_object_store(cluster), ProcessPods(), BackendOptions())


def _called(folder: Path, *arguments: str) -> str:
    done = CliRunner().invoke(
        cli._coralline, [*arguments, "--config", str(folder / "yard.yaml")], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    return done.output


def _scheduled_run(kubeflow: Any, backend: EmulatedBackend) -> tuple[str, dict[str, TaskProgress]]:
    """The schedule's time has come: the run that starts, as the backend does it, up to its end."""
    run_id = kubeflow.tick(*kubeflow.recurring_runs)
    run = kubeflow.runs[run_id]
    content = kubeflow.contents[run["pipeline_version_reference"]["pipeline_version_id"]]
    runtime = run["runtime_config"]
    begun = backend.begin(content, "spec.yaml", runtime["pipeline_root"], runtime.get("parameters", {}))
    tasks = dict(backend.perform(begun))
    kubeflow.end(run_id, "SUCCEEDED", {name: _STATES[task.state] for name, task in tasks.items()})
    return run_id, tasks


def _said(backend: EmulatedBackend, task: TaskProgress, output: str) -> dict[str, Any]:
    """An output's metadata, as the store has them."""
    metadata: dict[str, Any] = (
        open_metadata(backend.state).get_output_artifacts(task.execution)[output].as_input()["metadata"]
    )
    return metadata


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_second_scheduled_run_on_the_same_data_does_nothing_and_says_so(kubeflow, backend, tmp_path) -> None:
    (tmp_path / "yard.yaml").write_text(yaml.safe_dump(_SETTINGS))
    _called(tmp_path, "schedule", "--cron", "0 4 * * 1")

    run_id, tasks = _scheduled_run(kubeflow, backend)
    assert {task.state for task in tasks.values()} == {"succeeded"}
    assert "nothing new" not in _called(tmp_path, "runs", "show", run_id)
    assert published.latest_bundle(str(tmp_path / "claim" / "published"))
    assert not _said(backend, tasks["WarmStartImporter"], "warm_start").get("version"), "there was none to start from"

    run_id, tasks = _scheduled_run(kubeflow, backend)
    did = {name for name, task in tasks.items() if task.state == "succeeded"}
    assert did == {"DataFingerprint", "ServedFingerprint", "EdgeTpuPusher"}
    assert "nothing new, nothing done" in _called(tmp_path, "runs", "show", run_id)
