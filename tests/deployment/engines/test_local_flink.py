"""The steps that run Beam, on a real Flink of one job manager and two task managers with one slot each."""

import contextlib
import json
import urllib.request
from pathlib import Path

import pytest

from coralline.foundation.errors import UserError
from deployment.engines.engine_process import wait_until
from pipeline.beam_settings import BeamSettings, require_engine

pytestmark = pytest.mark.slow


def on(flink, **more):
    return BeamSettings(runner="flink", job_endpoint=flink.job_endpoint, **{"parallelism": 2, **more})


def children(process):
    found = []
    for task in Path(f"/proc/{process.pid}/task").iterdir():
        with contextlib.suppress(OSError):  # a thread that has just ended
            found += (task / "children").read_text().split()
    return found


def running_tasks(flink):
    with urllib.request.urlopen(f"{flink.rest_address}/jobs/overview", timeout=30) as answer:
        return sum(job["tasks"]["running"] for job in json.load(answer)["jobs"])


def lose_a_worker_of(flink, work):
    """Kills a task manager as soon as it has begun its part of the job, for which it starts a worker."""
    wait_until(lambda: (running_tasks(flink) > 1 and children(flink.task_manager(1))) or not work.running, 120)
    assert work.running, "the job has ended before a worker could be lost"
    flink.task_manager(1).kill()


def test_records_statistics_and_ap_are_those_of_the_direct_runner(flink, steps_on, same_as_in_memory):
    require_engine(on(flink))
    same_as_in_memory(steps_on(on(flink)))


def test_a_job_that_loses_a_worker_begins_again(flink, steps_on, in_memory, in_background):
    steps = steps_on(on(flink, retries=3))
    work = in_background(steps.make_examples)
    lose_a_worker_of(flink, work)
    flink.start_task_manager(1)
    assert work.result() == in_memory[0]


def test_without_retries_it_fails_with_one_message_and_leaves_no_half_of_a_file(flink, steps_on, in_background):
    steps = steps_on(on(flink, retries=0))
    work = in_background(steps.make_examples)
    lose_a_worker_of(flink, work)
    with pytest.raises(UserError, match="the Beam engine hasn't done its work; nothing of it is used") as told:
        work.result()
    assert "FAILED" in told.value.found or "Error" in told.value.found or "Exception" in told.value.found
    assert list(steps.out.rglob("*.part")) == []
    assert not (steps.out / "label_map" / "label_map.pbtxt").exists()
    flink.start(2)


def test_workers_that_dont_start_are_one_message(flink, steps_on):
    with pytest.raises(UserError, match="the Beam engine hasn't done its work") as told:
        steps_on(on(flink, environment_command="/bin/false")).make_examples()
    assert "Process died with exit code 1" in told.value.found


def test_it_is_there_until_it_is_stopped(flink):
    health = flink.health()
    assert health["slots-total"] == 2
    assert all(health["processes"].values())
