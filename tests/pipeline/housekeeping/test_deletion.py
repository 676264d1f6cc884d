"""Deleting, and what is left of it when it ends in the middle."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from coralline.foundation.errors import UserError
from coralline.lineage.deleted_files import DELETED_BY, DELETED_MS
from pipeline.housekeeping.deletion import Deletion, delete
from pipeline.housekeeping.deletion_plan import Choice, plan_deletion
from pipeline.running.store_locks import RUN_LOCK, beginning_lock, locked, no_run

CHOICE = Choice(keep_last=1, keep_published=False)

# Ends the process as `kill -9` does when it is about to delete the nth file or folder.
_KILLED = """
import os, signal, sys
from pathlib import Path
from pipeline.housekeeping.deletion import delete
from pipeline.housekeeping.deletion_plan import Choice
from pipeline.running.out_folder import OutFolder
left, began = int(sys.argv[2]), False
def watch(event, arguments):
    global left, began
    if event in ("os.remove", "os.rmdir", "shutil.rmtree"):
        began = began or str(arguments[0]).startswith(sys.argv[1])
        left -= began
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(watch)
delete(OutFolder(Path(sys.argv[1])), Choice(1, False))
"""


def whole(artifact: Any) -> bool:
    content = Path(artifact.uri, "inner", "content")
    return content.is_file() and content.stat().st_size == 8192


def old_and_new(yard: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The artifacts of a run that may go, and of the one that is served."""
    _, old = yard.run(blessed=False)
    _, new = yard.run()
    return old, new


def test_files_go_and_the_store_says_so(yard: Any) -> None:
    old, new = old_and_new(yard)
    done = delete(yard.out, CHOICE)
    assert {removal.artifact for removal in done.removed} >= {artifact.id for artifact in old.values()}
    assert done.failed == []
    for artifact in old.values():
        assert (yard.state(artifact), os.path.exists(artifact.uri)) == ("DELETED", False)
        (stored,) = yard.store.get_artifacts_by_id([artifact.id])
        assert stored.custom_properties[DELETED_BY].string_value == "coralline gc"
        assert stored.custom_properties[DELETED_MS].int_value > 1_700_000_000_000
    assert all(yard.state(artifact) == "LIVE" and whole(artifact) for artifact in new.values())
    assert delete(yard.out, CHOICE).removed == []


def test_what_was_planned_is_what_is_deleted(yard: Any) -> None:
    old_and_new(yard)
    planned = plan_deletion(yard.out, CHOICE)
    assert planned.removals == delete(yard.out, CHOICE).removed != []


@pytest.mark.parametrize("moment", [0, 2, 3, 5, 8, 13, 21, 37])
def test_killed_in_the_middle_nothing_that_is_live_is_missing_anything(yard: Any, moment: int) -> None:
    old, new = old_and_new(yard)
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(yard.out.path), str(moment)], check=False)
    assert killed.returncode == -9
    for artifact in (*old.values(), *new.values()):
        assert yard.state(artifact) != "LIVE" or whole(artifact)
    assert delete(yard.out, CHOICE).failed == []
    assert [yard.state(artifact) for artifact in old.values()] == ["DELETED"] * len(old)
    assert not any(os.path.exists(artifact.uri) for artifact in old.values())
    assert all(yard.state(artifact) == "LIVE" and whole(artifact) for artifact in new.values())


def test_what_an_ended_gc_began_to_delete_is_finished_even_if_it_would_be_kept_now(yard: Any) -> None:
    old, _ = old_and_new(yard)
    subprocess.run([sys.executable, "-c", _KILLED, str(yard.out.path), "3"], check=False)
    begun = [artifact for artifact in old.values() if yard.state(artifact) == "MARKED_FOR_DELETION"]
    assert begun
    done = delete(yard.out, Choice(keep_last=5, keep_published=True))
    assert {removal.artifact for removal in done.removed} == {artifact.id for artifact in begun}
    assert {removal.reason for removal in done.removed} == {"an earlier gc began to delete it"}


def test_nothing_is_deleted_while_a_run_is_going_on(yard: Any) -> None:
    old, _ = old_and_new(yard)
    with locked(Path(f"{yard.out.store}{RUN_LOCK}20260109-000000-abcd")):
        assert plan_deletion(yard.out, CHOICE).running == ["20260109-000000-abcd"]
        with pytest.raises(UserError, match="run 20260109-000000-abcd"):
            delete(yard.out, CHOICE)
    assert all(whole(artifact) for artifact in old.values())
    Path(f"{yard.out.store}{RUN_LOCK}20260108-000000-dead").touch()  # of a run that was killed
    assert delete(yard.out, CHOICE).removed != []


def test_a_run_that_is_started_meanwhile_waits(yard: Any) -> None:
    old_and_new(yard)
    began = threading.Event()

    def begin() -> None:
        with locked(beginning_lock(yard.out.store)):
            began.set()

    with no_run(yard.out.store):
        waiting = threading.Thread(target=begin)
        waiting.start()
        assert not began.wait(0.2)
    waiting.join()
    assert began.is_set()


def test_two_at_once_do_the_work_once(yard: Any) -> None:
    old, new = old_and_new(yard)
    done: list[Deletion] = []
    both = [threading.Thread(target=lambda: done.append(delete(yard.out, CHOICE))) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    removed = [removal.path for deletion in done for removal in deletion.removed]
    assert len(removed) == len(set(removed)) and len(done) == 2
    assert [yard.state(artifact) for artifact in old.values()] == ["DELETED"] * len(old)
    assert all(whole(artifact) for artifact in new.values())


def test_links_in_an_artifact_go_and_what_they_name_stays(yard: Any, tmp_path: Path) -> None:
    old, _ = old_and_new(yard)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "photo").write_text("mine")
    os.symlink(tmp_path / "mine", Path(old["trained_model"].uri, "inner", "link"))
    os.symlink(tmp_path / "mine" / "photo", Path(old["trained_model"].uri, "photo"))
    delete(yard.out, CHOICE)
    assert not os.path.exists(old["trained_model"].uri)
    assert (tmp_path / "mine" / "photo").read_text() == "mine"


def test_a_store_that_cannot_be_written_loses_no_artifact(yard: Any, as_nobody: Any) -> None:
    old, _ = old_and_new(yard)
    for path in (beginning_lock(yard.out.store), *yard.out.artifacts.rglob("*")):
        path.touch()
        os.chmod(path, 0o777)
    with as_nobody(), pytest.raises(UserError, match="can't be written"):
        delete(yard.out, CHOICE)
    assert all(whole(artifact) for artifact in old.values())


def test_without_the_lock_nothing_is_deleted(yard: Any, as_nobody: Any) -> None:
    old, _ = old_and_new(yard)
    beginning_lock(yard.out.store).touch()
    with as_nobody(), pytest.raises(UserError, match="lock of this output folder can't be taken"):
        delete(yard.out, CHOICE)
    assert all(whole(artifact) for artifact in old.values())


@pytest.fixture
def small_disk(tmp_path: Path) -> Any:
    """A file system of 3 MiB."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)], capture_output=True)
    if mounted.returncode:
        pytest.skip("this user may not mount a file system")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(disk: Path) -> None:
    with open(disk / "filled", "wb", buffering=0) as filler:
        for size in (4096, 1):
            with contextlib.suppress(OSError):
                while filler.write(b"\0" * size):
                    pass


def test_a_full_disk_is_freed(small_disk: Path, yard: Any) -> None:
    full = type(yard)(small_disk / "out")
    run, old = full.run(blessed=False)
    full.log(run, os.urandom(200_000))
    _, new = full.run()
    fill(small_disk)
    assert delete(full.out, CHOICE).failed == []
    assert not any(os.path.exists(artifact.uri) for artifact in old.values())
    assert all(full.state(artifact) == "LIVE" and whole(artifact) for artifact in new.values())


def test_a_disk_without_room_for_the_store_loses_nothing(small_disk: Path, yard: Any) -> None:
    full = type(yard)(small_disk / "out")
    run, old = full.run(blessed=False)
    full.out.log(run).unlink()
    full.run()
    fill(small_disk)
    with pytest.raises(UserError, match="a little room"):
        delete(full.out, CHOICE)
    assert all(full.state(artifact) == "LIVE" and whole(artifact) for artifact in old.values())
    (small_disk / "filled").unlink()
    assert delete(full.out, CHOICE).failed == []


def test_another_disk_in_an_artifact_keeps_it(small_disk: Path, yard: Any) -> None:
    old, _ = old_and_new(yard)
    place = Path(old["trained_model"].uri, "inner", "mounted")
    place.mkdir()
    subprocess.run(["mount", "--bind", str(small_disk), str(place)], check=True)
    try:
        done = delete(yard.out, CHOICE)
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)
    assert whole(old["trained_model"]) and not whole(old["model_run"])
    assert any("another disk is mounted" in left.reason for left in done.plan.left)
