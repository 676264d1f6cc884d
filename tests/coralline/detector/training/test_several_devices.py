"""Training on two devices of one machine, and on two machines: two processes here, told of each other by TF_CONFIG."""

import itertools
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from coralline.data.drawn_shapes import CLASSES

pytestmark = pytest.mark.slow

# The processor stands in for GPUs: split into logical devices, which TensorFlow treats as it treats these.
_TRAIN = """
import sys
import tensorflow as tf
devices, record, folder = int(sys.argv[1]), *sys.argv[2:4]
if devices > 1:
    [cpu] = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * devices)
from coralline.foundation import progress
from coralline.data.drawn_shapes import CLASSES
from coralline.detector.training import both_phases, distribution
from coralline.detector.training.job import Job
from pipeline import preflight
from pipeline.config import Config

class Steps(progress.LogSink):
    def training(self, step):
        print(f"{step.phase} {step.step} {step.losses['loss']:.9g}")

progress.set_sink(Steps())
schedule = {"float_steps": 12, "qat_steps": 2, "batch_size": 4, "checkpoint_every": 6, "evaluate_every": 12}
schedule["selection_fraction"] = 0.5  # half of the images are held out, the same on each machine
settings = preflight.training_settings(Config.model_validate({"model": {"preset": "demo_160"}, "train": schedule}))
job = Job((record,), (record,), tuple(CLASSES), settings)
placement = distribution.find_distribution()
print("devices", placement.describe())
both_phases.train(job, placement, work=f"{folder}/work", model_folder=f"{folder}/model", log_folder=f"{folder}/logs")
"""


def start(record, folder, devices=1, cluster=None):
    environment = {**os.environ, "TF_CONFIG": json.dumps(cluster or {}), "TMPDIR": str(folder)}
    command = [sys.executable, "-c", _TRAIN, str(devices), record, str(folder)]
    log = open(folder / f"log-{(cluster or {}).get('task', {}).get('index', 0)}", "w+")  # noqa: SIM115 - the process's
    return subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT, text=True), log


def lines(process, log):
    """What it said of devices and steps, once it has ended well."""
    process.wait(timeout=900)
    told = told_in(log)
    log.seek(0)
    assert process.returncode == 0, log.read()[-3000:]
    return told


def told_in(log):
    """What it said of devices and steps until now."""
    log.seek(0)
    return [line for line in log.read().splitlines() if line.startswith(("devices", "float ", "quantization-aware "))]


def assert_detects(model: Path):
    from coralline.detector.network import saved_model

    for which in ("float", "qat"):
        boxes, scores = saved_model.RawModel(str(model), which).predict(np.zeros((1, 160, 160, 3), np.uint8))
        assert np.isfinite(boxes).all() and scores.shape[2] == len(CLASSES) + 1


def free_port():
    with socket.socket() as s:
        s.bind(("localhost", 0))
        return s.getsockname()[1]


@pytest.fixture(scope="module")
def alone(many_shapes_record, tmp_path_factory):
    """What one device says of the same batches."""
    return lines(*start(many_shapes_record, tmp_path_factory.mktemp("alone")))


def assert_same_losses(said, alone):
    """To the digits that the order of additions allows.

    That is few after the first steps: Adam's are as long for a gradient that is nothing but rounding as for any other.
    The same batches in reverse order on one device differed by 1e-6, 1e-6, 1e-3 and 4e-4 in the first four reports.
    """
    found, expected = (
        {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in of[1:]} for of in (said, alone)
    )
    assert found and set(found) <= set(expected)
    for step, loss in found.items():
        tolerance = {"float 1": 1e-5, "float 2": 1e-4}.get(step, 2e-2)
        assert loss == pytest.approx(expected[step], rel=tolerance), step


def test_two_devices_share_each_batch_and_train_the_model_that_one_would(many_shapes_record, tmp_path, alone):
    said = lines(*start(many_shapes_record, tmp_path, devices=2))
    assert said[0] == "devices 2 CPUs" and said[-1].startswith("quantization-aware 2")
    assert_same_losses(said, alone)
    assert_detects(tmp_path / "model")


def start_two(record, folder):
    """Two workers, each a process."""
    workers = [f"localhost:{free_port()}" for _ in range(2)]
    clusters = [{"cluster": {"worker": workers}, "task": {"type": "worker", "index": index}} for index in range(2)]
    return [start(record, folder, cluster=cluster) for cluster in clusters]


def kill_at_checkpoint(processes, work):
    """What the first said until then."""
    while not (work / "float/checkpoints/checkpoint").exists():  # written when a checkpoint is whole
        assert all(process.poll() is None for process, _ in processes)
        time.sleep(0.05)
    for process, _ in processes:
        process.kill()
        process.wait()
    return told_in(processes[0][1])


def test_two_machines_train_the_model_that_one_would_and_the_first_writes_it_though_both_were_killed(
    many_shapes_record, tmp_path, alone
):
    killed = kill_at_checkpoint(start_two(many_shapes_record, tmp_path), tmp_path / "work")
    assert_same_losses(killed, alone)
    killed_workers_own = set(tmp_path.glob("coralline-worker-*"))
    first, second = itertools.starmap(lines, start_two(many_shapes_record, tmp_path))
    assert first[0] == "devices worker 1 of 2, 2 CPUs in all" and second[0] == "devices worker 2 of 2, 2 CPUs in all"
    assert first[1:] == second[1:] and first[-1].startswith("quantization-aware 2"), "the same losses: it's one model"
    steps = [int(line.split()[1]) for line in first if line.startswith("float ")]
    assert all(step > 6 for step in steps), "the first six are in the checkpoint"
    assert_detects(tmp_path / "model")
    assert set(tmp_path.glob("coralline-worker-*")) == killed_workers_own, "what nobody reads is thrown away"
