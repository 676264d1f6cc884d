"""`coralline tensorboard`: the server itself, over the logs of a run."""

import contextlib
import json
import re
import subprocess
import sys
import time
import urllib.request

import pytest
from click.testing import CliRunner

from coralline.foundation.errors import UserError
from pipeline.commands.tensorboard import command


def test_refuses_a_folder_without_a_training(tmp_path):
    for folder in (tmp_path, tmp_path / "gone"):
        with pytest.raises(UserError, match="no training in this folder"):
            CliRunner().invoke(command, [str(folder)], catch_exceptions=False)


@pytest.mark.slow
def test_serves_the_losses_of_finished_and_running_trainings(tmp_path):
    import tensorflow as tf

    logs = tmp_path / "artifacts" / "QatTrainer"
    for place in ("model_run/7/float", ".training/0123/qat/logs"):
        with tf.summary.create_file_writer(str(logs / place)).as_default():
            tf.summary.scalar("training_loss", 0.5, step=1)
    program = "from pipeline.cli import main; main()"
    call = [sys.executable, "-c", program, "tensorboard", str(tmp_path), "--port", "0"]
    server = subprocess.Popen(call, stderr=subprocess.PIPE, text=True)
    try:
        address = next(found[0] for line in server.stderr if (found := re.search(r"http://127\.0\.0\.1:\d+/", line)))
        assert set(_runs(address, wanted=2)) == {"model_run/7/float", ".training/0123/qat/logs"}
    finally:
        server.terminate()
        server.wait(20)


def _runs(address, wanted):
    """What TensorBoard has found so far; it looks around in the background."""
    for _ in range(60):
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}data/runs", timeout=5) as answer:
            runs = json.load(answer)
            if len(runs) >= wanted:
                return runs
        time.sleep(0.5)
    return []
