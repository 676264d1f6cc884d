"""The compiled pipeline on the emulated backend: every step by its own command, up to a published model, and after."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from coralline.data.drawn_shapes import CLASSES, draw_dataset
from coralline.detector import presets
from coralline.detector.warm_start import weights_source
from coralline.foundation import storage
from coralline.publishing import published
from deployment.emulation import own_bucket
from deployment.emulation.blob_transfer import download_blob
from deployment.emulation.bucket_client import open_bucket
from deployment.emulation.bucket_uris import bucket_of_artifact, bucket_of_root
from deployment.emulation.cluster_description import ClusterDescription
from deployment.emulation.emulated_backend import EmulatedBackend, TaskFailedError, open_metadata
from deployment.emulation.process_pods import ProcessPods
from deployment.emulation.run_progress import RunProgress, TaskProgress
from deployment.emulation.task_driver import BackendOptions
from deployment.spec.compiling import compile_pipeline
from pipeline.config import load_config

_VOLUME = "/mnt/coralline"
_SETTINGS = {
    "data.path": f"{_VOLUME}/data",
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
    "push.to": f"{_VOLUME}/published",
    "deployment.image": "coralline:1",
    "deployment.retries": 0,
    "deployment.volumes": {_VOLUME: "coralline"},
}


_NAMES_ONLY = "minio://bucket/names-only"


def _compiled(root: str, **places: Any) -> bytes:
    settings = _SETTINGS | {"deployment.pipeline_root": root} | places
    return compile_pipeline(load_config(None, settings), "kubeflow")


@pytest.fixture
def backend(tmp_path: Path, s3_bucket: str) -> EmulatedBackend:
    draw_dataset(tmp_path / "claim" / "data", images=20, size_px=160, seed=5)
    cluster = ClusterDescription(claims={"coralline": tmp_path / "claim"})
    return EmulatedBackend(tmp_path / "backend", own_bucket.with_object_store(cluster), ProcessPods(), BackendOptions())


def _said(backend: EmulatedBackend, task: TaskProgress, output: str) -> dict[str, Any]:
    """An output's URI and metadata, as the store has them."""
    artifact = open_metadata(backend.state).get_output_artifacts(task.execution)[output].as_input()
    return artifact["metadata"] | {"uri": artifact["uri"]}


def _read(uri: str, folder: Path) -> bytes:
    config = bucket_of_artifact(uri)
    open_bucket(config).download(config.key_of(uri), folder / "object")
    return (folder / "object").read_bytes()


def _states(tasks: dict[str, TaskProgress], state: str) -> set[str]:
    return {name for name, task in tasks.items() if task.state == state}


_PERFORM = """
import json
import sys
from pathlib import Path
from deployment.emulation.cluster_description import ClusterDescription
from deployment.emulation.emulated_backend import EmulatedBackend
from deployment.emulation.process_pods import ProcessPods
from deployment.emulation.task_driver import BackendOptions
cluster, options = ClusterDescription.model_validate_json(sys.argv[2]), BackendOptions(**json.loads(sys.argv[4]))
backend = EmulatedBackend(Path(sys.argv[1]), cluster, ProcessPods(), options)
list(backend.perform(backend.resumed(sys.argv[3])))
"""


def _killed_while_it_trains(backend: EmulatedBackend, run: RunProgress, root: str) -> None:
    """Ends the backend and its pod at once, as a node that goes away does, when a first checkpoint is there."""
    options = json.dumps(dataclasses.asdict(backend.options))
    arguments = [str(backend.state), backend.cluster.model_dump_json(), run.run_id, options]
    command = [sys.executable, "-c", _PERFORM, *arguments]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    process = subprocess.Popen(command, env=environment)
    config = bucket_of_root(f"{root}/training")
    bucket = open_bucket(config)
    try:
        while process.poll() is None and not any(key.endswith("/manifest.json") for key in bucket.keys(config.prefix)):
            time.sleep(0.2)
        assert process.poll() is None, "it ended without a checkpoint"
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def _evaluated(model_run: str, folder: Path) -> list[int]:
    """The steps whose AP TensorBoard shows."""
    import tensorflow as tf

    config = bucket_of_artifact(model_run)
    download_blob(open_bucket(config), config.prefix, config.key_of(f"{model_run}/float"), folder)
    events = (e for path in sorted(folder.iterdir()) for e in tf.compat.v1.train.summary_iterator(str(path)))
    return [event.step for event in events for value in event.summary.value if value.tag == "eval/AP"]


def _in_buckets(tmp_path: Path) -> tuple[str, str, bytes]:
    """A run's root, the place of published models, and the pipeline with nothing on a volume: each kind of bucket."""
    data, place = f"s3://bucket/{tmp_path.name}/data", f"minio://bucket/{tmp_path.name}/published"
    root = f"gs://bucket/{tmp_path.name}"
    for file in (tmp_path / "claim" / "data").rglob("*.*"):
        storage.write_bytes(f"{data}/{file.relative_to(tmp_path / 'claim' / 'data')}", file.read_bytes())
    return root, place, _compiled(root, **{"data.path": data, "push.to": place, "deployment.volumes": {}})


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_runs_on_unchanged_data_train_once_though_killed_and_judge_what_is_served(
    gs_bucket: str, backend: EmulatedBackend, tmp_path: Path
) -> None:
    root, place, spec = _in_buckets(tmp_path)
    run = backend.begin(spec, "spec.yaml", root, {})
    _killed_while_it_trains(backend, run, root)

    first: dict[str, TaskProgress] = {}
    for name, task in backend.perform(backend.resumed(run.run_id)):
        first[name] = task
        if name == "Evaluator":  # somebody else publishes between blessing and push
            model = _read(f"{_said(backend, first['TFLiteExporter'], 'tflite_model')['uri']}/model.tflite", tmp_path)
            other = published.publish(place, {"model.tflite": model + bytes(16)}, {"labels": sorted(CLASSES)})
    trained = _said(backend, first["QatTrainer"], "model_run")["uri"]
    assert _evaluated(trained, tmp_path / "log") == [1, 2, 3, 4], "none is left out, none done twice"
    assert {task.attempts for task in first.values()} == {1}, "the killed one left no word of its pod"
    assert _states(first, "succeeded") == set(first) and len(first) == 11
    pushed = _said(backend, first["EdgeTpuPusher"], "pushed_model")
    assert (pushed["pushed"], pushed["refused_by"]) == (0, "baseline")
    assert published.latest_bundle(place) == f"{place}/{other}"

    second = dict(backend.perform(backend.begin(spec, "spec.yaml", root, {})))
    looked = {"DataFingerprint", "ServedFingerprint", "EdgeTpuPusher"}
    assert _states(second, "succeeded") == {*looked, "ServedModelImporter", "Evaluator"}
    assert _said(backend, second["Evaluator"], "blessing")["baseline_model"].endswith(other)
    pushed = _said(backend, second["EdgeTpuPusher"], "pushed_model")
    assert pushed["pushed"] == 1
    served = published.latest_bundle(place)
    assert served == f"{place}/{pushed['pushed_version']}"
    manifest = json.loads(storage.read_bytes(f"{served}/manifest.json"))
    assert manifest["labels"] == sorted(CLASSES)
    weights = weights_source.obtain(served, None, presets.get("demo_160"))
    assert weights.path.startswith(f"{root}/"), "what the next training begins with is in the bucket"
    assert storage.read_bytes(f"{served}/model.tflite") == model
    _rolled_back_and_not_blessed_at_once(backend, spec, root, place, looked)


def _rolled_back_and_not_blessed_at_once(
    backend: EmulatedBackend, spec: bytes, root: str, place: str, looked: set[str]
) -> None:
    published.roll_back(place, reason="misses crosses")
    runs = [backend.begin(spec, "spec.yaml", root, given) for given in ({}, {"evaluate_min_ap50": "1.0"})]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        rolled_back, not_blessed = pool.map(lambda run: dict(backend.perform(run)), runs)
    assert _states(rolled_back, "succeeded") == looked
    assert _states(not_blessed, "succeeded") == {*looked, "Evaluator"}
    reasons = [_said(backend, run["EdgeTpuPusher"], "pushed_model") for run in (rolled_back, not_blessed)]
    assert [(said["pushed"], said["refused_by"]) for said in reasons] == [(0, "rollback"), (0, "blessing")]


@pytest.mark.slow
def test_a_run_that_failed_goes_on_and_changed_data_are_taken(backend, tmp_path: Path) -> None:
    """On an older backend, with artifacts on a volume."""
    spec, data = _compiled(_VOLUME), tmp_path / "claim" / "data"
    backend = dataclasses.replace(backend, options=BackendOptions(publish_logs=False, old_output_file=True))
    run = backend.begin(spec, "spec.yaml", _NAMES_ONLY, {})
    data.rename(tmp_path / "gone")
    with pytest.raises(TaskFailedError, match="DataFingerprint: exit status 1") as failed:
        list(backend.perform(run))
    assert failed.value.log is not None and "there is no such" in failed.value.log.read_text()
    (tmp_path / "gone").rename(data)
    assert _examples_of(backend, backend.resumed(run.run_id)) == "succeeded"
    assert run.run_id in str(next((tmp_path / "claim").glob("artifacts/**/Split-train")))
    assert _examples_of(backend, backend.begin(spec, "spec.yaml", _NAMES_ONLY, {})) == "cached"
    draw_dataset(data, images=21, size_px=160, seed=5)
    assert _examples_of(backend, backend.begin(spec, "spec.yaml", _NAMES_ONLY, {})) == "succeeded"


def _examples_of(backend: EmulatedBackend, run: RunProgress) -> str:
    """Whether a run makes its examples or finds them; it goes no further."""
    return next(task.state for name, task in backend.perform(run) if name == "VocExampleGen")
