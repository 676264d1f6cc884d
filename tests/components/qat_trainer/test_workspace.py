import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from components.qat_trainer.workspace import held, unfinished_trainings, workspace
from coralline.foundation.errors import UserError

SETTINGS = {"model": '{"preset": "p"}', "train": '{"seed": 1}', "warm_start_sha256": "", "network_version": 1}


def folder(execution=1, labels="cat\n", **settings):
    return workspace(f"/out/QatTrainer/model_run/{execution}", "/out/data", labels, {**SETTINGS, **settings})


def test_a_later_run_of_the_same_job_finds_its_checkpoints():
    assert folder(1) == folder(2) and folder().startswith("/out/QatTrainer/.training/")


def test_any_change_begins_anew():
    others = [folder(labels="dog\n"), folder(train='{"seed": 2}'), folder(warm_start_sha256="1")]
    assert len({folder(), *others, folder(network_version=2)}) == 5


def test_one_run_at_a_time_trains_a_job_and_others_go_on_beside_it(tmp_path):
    a, b = str(tmp_path / "a"), str(tmp_path / "b")
    with held(a), held(b), pytest.raises(UserError, match="another run is training this same model"), held(a):
        pass
    with held(a):
        pass


def test_a_killed_run_gives_the_job_free(tmp_path):
    script = (
        "import sys, time\nfrom components.qat_trainer.workspace import held\n"
        "with held(sys.argv[1]): print('held', flush=True); time.sleep(60)"
    )
    root = Path(__file__).parents[3]
    holder = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "a")], stdout=subprocess.PIPE, cwd=root, text=True
    )
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(UserError), held(str(tmp_path / "a")):
        pass
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    with held(str(tmp_path / "a")):
        pass


def test_unfinished_trainings_are_those_that_no_process_uses(tmp_path):
    work, other, used = (str(tmp_path / ".training" / name) for name in ("mine", "other", "used"))
    assert unfinished_trainings(work) == []
    with held(other):
        pass
    with held(used), held(work):
        assert unfinished_trainings(work) == [other]
