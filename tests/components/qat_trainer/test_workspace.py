import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from components.qat_trainer.workspace import held, open_workspace, unfinished_trainings, workspace
from coralline.foundation import storage
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


def test_where_workspaces_are_kept_is_no_part_of_a_job(tmp_path):
    name = folder().rsplit("/", 1)[-1]
    for place in ("/mnt/kept", "s3://bucket/kept/"):
        work = workspace("/out/QatTrainer/model_run/1", "/out/data", "cat\n", SETTINGS, place)
        assert work == f"{place.rstrip('/')}/{name}"


@pytest.mark.parametrize("kind", ["folder", "s3", "gs"])
def test_a_training_that_ends_early_finds_its_checkpoints_again_and_one_that_is_done_leaves_none(
    tmp_path, request, kind, notes
):
    work = f"{tmp_path if kind == 'folder' else request.getfixturevalue(f'{kind}_bucket')}/{tmp_path.name}/kept/job"
    with contextlib.suppress(KeyboardInterrupt), open_workspace(work, chief=True) as (at, keep):
        storage.write_bytes(f"{at}/float/checkpoints/ckpt-2.index", b"1")
        keep()
        raise KeyboardInterrupt
    with open_workspace(work, chief=True) as (at, keep):
        assert storage.read_bytes(f"{at}/float/checkpoints/ckpt-2.index") == b"1"
        keep()
    assert not storage.exists(work)
    with open_workspace(work, chief=True) as (at, _):
        assert storage.list_tree(at).files == []
    if kind != "folder":
        assert notes == [f"going on from what is kept in {work} (1 file)"] and not os.path.exists(at)


def test_checkpoints_that_cannot_be_read_are_one_message_and_nothing_is_trained_anew(s3_bucket):
    with (
        pytest.raises(UserError, match="the checkpoints of an earlier try can't be read") as refused,
        open_workspace("s3://nowhere/job", chief=True),
    ):
        pytest.fail("it would begin anew")
    assert "there is no bucket `nowhere`" in str(refused.value)
