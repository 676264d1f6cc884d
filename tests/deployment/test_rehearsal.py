"""The compiled spec, rehearsed: every task by its own container command, up to a published model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from components.dataset.drawn_shapes import CLASSES, draw_dataset
from deployment.rehearsal import TaskFailed, parse, rehearse
from pipeline.config import load
from pipeline.kubeflow_runner import compile_pipeline

_DRIVER = "components.voc_example_gen.kubeflow_driver"
_EXECUTOR = "tfx.orchestration.kubeflow.v2.container.kubeflow_v2_run_executor"


def _settings(root: Path, data: Path) -> dict[str, object]:
    return {
        "data.path": str(data),
        "model.preset": "demo_160",
        "train.float_steps": 2,
        "train.qat_steps": 2,
        "train.batch_size": 4,
        "evaluate.min_ap50": 0.0,
        "evaluate.max_loss_to_float": None,
        "evaluate.pictures": 1,
        "edgetpu.compiler": "off",
        "deployment.pipeline_root": str(root),
    }


@pytest.mark.slow
def test_every_task_runs_by_its_own_command_up_to_a_published_model(tmp_path: Path) -> None:
    data, root = tmp_path / "data", tmp_path / "root"
    draw_dataset(data, images=20, size_px=160, seed=5)
    spec = parse(compile_pipeline(load(None, _settings(root, data)), "kubeflow"))

    tasks = {task.name: task for task in rehearse(spec, tmp_path / "run")}

    assert set(tasks) == set(spec.root.dag.tasks)
    modules = {name: [command[2] for command in task.commands] for name, task in tasks.items()}
    assert modules.pop("VocExampleGen") == [_DRIVER, _EXECUTOR]
    assert set(map(tuple, modules.values())) == {(_EXECUTOR,)}

    pushed = tasks["EdgeTpuPusher"].outputs["pushed_model"]["metadata"]
    assert pushed["pushed"] == 1
    manifest = json.loads((root / "published" / pushed["pushed_version"] / "manifest.json").read_text())
    assert manifest["labels"] == sorted(CLASSES)
    assert "model.tflite" in manifest["files"]
    for task in tasks.values():
        if task.name not in ("StatisticsGen", "SchemaGen", "ExampleValidator"):
            assert all(artifact["metadata"].get("git_commit") for artifact in task.outputs.values()), task.name


@pytest.mark.slow
def test_a_task_that_fails_ends_the_rehearsal_with_the_end_of_its_log(tmp_path: Path) -> None:
    settings = _settings(tmp_path / "root", tmp_path / "nothing")
    spec = parse(compile_pipeline(load(None, settings), "vertex"))
    with pytest.raises(TaskFailed, match=r"VocExampleGen: [\s\S]*there is no such folder"):
        list(rehearse(spec, tmp_path / "run"))
