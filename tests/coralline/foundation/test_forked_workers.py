"""Work on all cores."""

import gc
import os
import signal
import subprocess
import sys
import time
from typing import ClassVar

import pytest

from coralline.foundation import forked_workers, progress
from coralline.foundation.forked_workers import in_shares


@pytest.fixture(params=["forked", "here"])
def way(request, monkeypatch):
    monkeypatch.setattr(forked_workers, "_can_fork", lambda: request.param == "forked")
    monkeypatch.setattr(forked_workers, "_workers", lambda: 2)
    return request.param


def test_shares_come_in_order_and_are_done_by_workers_where_a_fork_is_safe(way):
    done = list(in_shares(lambda start, end: (os.getpid(), list(range(start, end))), 10, 3))
    assert [numbers for _, numbers in done] == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]]
    assert (os.getpid() in {pid for pid, _ in done}) == (way == "here")


def test_what_the_work_raises_is_raised(way):
    def work(start, end):
        raise ValueError(f"{start} to {end}")

    with pytest.raises(ValueError, match="0 to 2"):
        list(in_shares(work, 4, 2))


@pytest.fixture
def notes(monkeypatch):
    """What is told."""
    told = []
    monkeypatch.setattr(forked_workers, "_can_fork", lambda: True)
    monkeypatch.setattr(progress, "note", told.append)
    return told


def test_what_killed_workers_leave_is_done_here_and_told(notes):
    here = os.getpid()

    def work(start, end):
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return start, end

    assert list(in_shares(work, 5, 2)) == [(0, 2), (2, 4), (4, 5)]
    assert [note.partition(":")[0] for note in notes] == ["the work goes on in one process, without workers"]


@pytest.mark.parametrize("error", [BlockingIOError("no more processes"), NotImplementedError("no semaphores")])
def test_where_no_worker_can_be_had_the_work_is_done_here_and_told(notes, monkeypatch, error):
    def none(*_):
        raise error

    monkeypatch.setattr(forked_workers.concurrent.futures, "ProcessPoolExecutor", none)
    assert list(in_shares(lambda start, end: (start, end), 3, 2)) == [(0, 2), (2, 3)]
    assert notes == [f"the work goes on in one process, without workers: {error}"]


class Garbage:
    """Its collection is told."""

    collected: ClassVar[list[int]] = []

    def __init__(self):
        self.itself = self

    def __del__(self):
        self.collected.append(os.getpid())


def test_workers_leave_the_garbage_of_their_parent_alone(notes):
    def work(start, end):
        gc.collect()
        return os.getpid() in Garbage.collected

    gc.disable()
    try:
        Garbage()
        assert list(in_shares(work, 2, 1)) == [False, False]
    finally:
        gc.enable()
    gc.collect()
    assert Garbage.collected == [os.getpid()]


def test_one_share_needs_no_worker():
    assert list(in_shares(lambda *_: os.getpid(), 3, 3)) == [os.getpid()] and not list(in_shares(os.kill, 0, 3))


def test_workers_end_with_a_killed_parent(tmp_path):
    program = f"""
import os, time
from coralline.foundation.forked_workers import in_shares
def work(start, end):
    open(f"{tmp_path}/{{os.getpid()}}", "w").close()
    time.sleep(60)
list(in_shares(work, 2, 1))
"""
    parent = subprocess.Popen([sys.executable, "-c", program])
    _wait_until(lambda: any(tmp_path.iterdir()))
    parent.kill()
    parent.wait()
    _wait_until(lambda: not any(_lives(int(pid)) for pid in os.listdir(tmp_path) if int(pid) != parent.pid))


def _lives(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _wait_until(true):
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)
