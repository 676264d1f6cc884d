"""What becomes of a detector's process, seen from the one that asked for it."""

import os
import signal
import time

import numpy as np
import pytest

from coralline.foundation.child_process import ChildCrashedError, ChildHangsError, ChildMemoryError, ChildProcess
from coralline.foundation.errors import UserError
from coralline.tflite.detector import Detector
from coralline.tflite.isolated_detector import IsolatedDetector

MEGABYTE = 1 << 20


@pytest.fixture
def model(quadrant_detector, tmp_path):
    (tmp_path / "model.tflite").write_bytes(quadrant_detector())
    return tmp_path / "model.tflite"


@pytest.fixture
def child():
    """`child(answer)`: a process that gives `answer()` to each request."""
    made = []

    def make(answer, memory_bytes=64 * MEGABYTE):
        def serve(receive, reply):
            while receive():
                reply(answer())

        made.append(ChildProcess(serve, memory_bytes))
        return made[-1]

    yield make
    for process in made:
        process.close()


def test_finds_what_the_detector_in_this_process_finds(model):
    image = np.random.default_rng(1).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    here = Detector(model).run(image)
    with IsolatedDetector(model) as detector:
        there = detector.run(image)
        assert len(detector.run_seconds) == 1 and detector.run_seconds[0] > 0
    np.testing.assert_array_equal(here.boxes_ymin_xmin_ymax_xmax, there.boxes_ymin_xmin_ymax_xmax)
    assert here.class_ids.tolist() == there.class_ids.tolist() and here.scores.tolist() == there.scores.tolist()


def test_a_process_that_dies_is_one_message_that_names_the_file(model):
    with IsolatedDetector(model) as detector:
        os.kill(detector._child._pid, signal.SIGSEGV)
        with pytest.raises(UserError, match=r"model\.tflite: this model crashes the TFLite runtime"):
            detector.run(np.zeros((32, 32, 3), np.uint8))


def test_no_process_is_left_behind(model):
    with IsolatedDetector(model) as detector:
        pid = detector._child._pid
        detector.run(np.zeros((32, 32, 3), np.uint8))
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_crash_a_hang_and_a_lack_of_memory_are_told_apart(child):
    with pytest.raises(ChildCrashedError, match="signal 11"):
        ask(child(lambda: os.kill(os.getpid(), signal.SIGSEGV)))
    with pytest.raises(ChildHangsError):
        ask(child(lambda: time.sleep(600)), seconds=0.2)
    with pytest.raises(ChildMemoryError):
        ask(child(lambda: bytes(512 * MEGABYTE)))


def test_a_mistake_of_the_user_is_told_as_it_is(child):
    def answer():
        raise UserError("wrong", file="a.tflite", expected="right", found="left", fix="turn it")

    with pytest.raises(UserError) as told:
        ask(child(answer))
    assert (told.value.file, told.value.expected, told.value.fix) == ("a.tflite", "right", "turn it")


def ask(process, seconds=300):
    process.ask(b"x")
    return process.answer(seconds)
