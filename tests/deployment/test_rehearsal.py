"""The compiled spec, rehearsed: every task by its own container command, up to a published model; killed, retried."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from coralline.data.drawn_shapes import CLASSES, draw_dataset
from coralline.publishing import published
from deployment.rehearsal import Rehearsed, TaskFailed, parse_spec, rehearse
from pipeline.config import load_config
from deployment.spec.compiling import compile_pipeline

_DRIVER = "components.voc_example_gen.kubeflow_driver"
_EXECUTOR = "tfx.orchestration.kubeflow.v2.container.kubeflow_v2_run_executor"


def _settings(root: Path, data: Path) -> dict[str, object]:
    return {
        "data.path": str(data),
        "model.preset": "demo_160",
        "train.float_steps": 4,
        "train.qat_steps": 2,
        "train.batch_size": 4,
        "train.checkpoint_every": 2,
        "train.evaluate_every": 1,
        "evaluate.min_ap50": 0.0,
        "evaluate.max_loss_to_float": None,
        "evaluate.pictures": 1,
        "edgetpu.compiler": "off",
        "deployment.pipeline_root": str(root),
    }


_REHEARSE = """
import sys
from pathlib import Path
from deployment.rehearsal import parse_spec, rehearse
list(rehearse(parse_spec(Path(sys.argv[1]).read_bytes()), Path(sys.argv[2])))
"""


def _kill_it_while_it_trains(spec: Path, root: Path) -> None:
    """Ends the rehearsal and its task at once, as a node that goes away does, when a first checkpoint is there."""
    process = subprocess.Popen([sys.executable, "-c", _REHEARSE, str(spec), str(root)], start_new_session=True)
    try:
        while process.poll() is None and not list(root.glob(".training/*/float/checkpoints/checkpoint")):
            time.sleep(0.1)
        assert process.poll() is None, "it ended without a checkpoint"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _evaluated(log_folder: Path) -> list[int]:
    """The steps whose AP TensorBoard shows."""
    import tensorflow as tf

    events = (e for path in sorted(log_folder.iterdir()) for e in tf.compat.v1.train.summary_iterator(str(path)))
    return [event.step for event in events for value in event.summary.value if value.tag == "eval/AP"]


@pytest.mark.slow
def test_every_task_runs_by_its_own_command_up_to_a_published_model_though_the_trainer_was_killed(
    tmp_path: Path,
) -> None:
    data, root = tmp_path / "data", tmp_path / "root"
    draw_dataset(data, images=20, size_px=160, seed=5)
    compiled = compile_pipeline(load_config(None, _settings(root, data)), "kubeflow")
    (tmp_path / "spec.yaml").write_bytes(compiled)
    _kill_it_while_it_trains(tmp_path / "spec.yaml", tmp_path / "run")
    assert not (tmp_path / "run/TfliteExporter").exists()

    spec = parse_spec(compiled)
    tasks = {task.name: task for task in rehearse(spec, tmp_path / "run")}

    assert _evaluated(tmp_path / "run/QatTrainer/model_run/float") == [1, 2, 3, 4], "none is left out, none done twice"
    assert set(tasks) == set(spec.root.dag.tasks)
    modules = {name: [command[2] for command in task.commands] for name, task in tasks.items()}
    assert modules.pop("VocExampleGen") == [_DRIVER, _EXECUTOR]
    assert all(names == [_EXECUTOR] for names in modules.values())

    pushed = tasks["EdgeTpuPusher"].outputs["pushed_model"]["metadata"]
    assert pushed["pushed"] == 1
    manifest = json.loads((root / "published" / pushed["pushed_version"] / "manifest.json").read_text())
    assert manifest["labels"] == sorted(CLASSES)
    assert "model.tflite" in manifest["files"]
    for task in tasks.values():
        if task.name not in ("StatisticsGen", "SchemaGen", "ExampleValidator"):
            assert all(artifact["metadata"].get("git_commit") for artifact in task.outputs.values()), task.name
    _another_model_is_published_after_the_blessing(spec, tmp_path / "run", root / "published")


def _another_model_is_published_after_the_blessing(spec: Any, run: Path, place: Path) -> None:
    """The push is refused; judged again, against that other model, it goes through."""
    ours = (place / "latest" / "model.tflite").read_bytes()
    shutil.rmtree(place)
    other = {"model.tflite": ours + bytes(16)}  # another file, which detects the same
    version = published.publish(str(place), other, {"labels": sorted(CLASSES)})

    pushed = _again(spec, run, "EdgeTpuPusher")["EdgeTpuPusher"].outputs["pushed_model"]["metadata"]
    assert (pushed["pushed"], pushed["refused_by"]) == (0, "baseline")
    assert published.latest_bundle(str(place)) == str(place / version)

    tasks = _again(spec, run, "ServedModelImporter", "Evaluator", "EdgeTpuPusher")
    assert tasks["ServedModelImporter"].outputs["served_model"]["metadata"]["version"] == version
    assert tasks["Evaluator"].outputs["blessing"]["metadata"]["baseline_model"] == f"{place}/{version}"
    assert tasks["EdgeTpuPusher"].outputs["pushed_model"]["metadata"]["pushed"] == 1
    assert (place / "latest" / "model.tflite").read_bytes() == ours


def _again(spec: Any, run: Path, *names: str) -> dict[str, Rehearsed]:
    for name in names:
        shutil.rmtree(run / name)
    return {task.name: task for task in rehearse(spec, run)}


@pytest.mark.slow
def test_a_task_that_fails_ends_the_rehearsal_with_the_end_of_its_log(tmp_path: Path) -> None:
    settings = _settings(tmp_path / "root", tmp_path / "nothing")
    spec = parse_spec(compile_pipeline(load_config(None, settings), "vertex"))
    with pytest.raises(TaskFailed, match=r"VocExampleGen: [\s\S]*there is no such folder"):
        list(rehearse(spec, tmp_path / "run"))
