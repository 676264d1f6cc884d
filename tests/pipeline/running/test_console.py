"""What a run shows, on a terminal and where there is none."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys

import pytest

from coralline.foundation.progress import TrainingStep
from pipeline.running.console import RunConsole, duration


def _step(step: int, phase: str = "float") -> TrainingStep:
    return TrainingStep(phase, step, 100, {"loss": 0.5}, 87.6, 12.3)


def test_without_a_terminal_there_are_plain_lines() -> None:
    stream = io.StringIO()
    console = RunConsole(stream)
    console.begin("QatTrainer")
    for step in range(101):
        console.training(_step(step))
    console.training(_step(1, "qat"))
    console.note("ranges calibrated on 8 [batches]")
    console.end("QatTrainer", "8.0 s")
    assert stream.getvalue().splitlines() == [
        "    float 0/100  loss 0.500  88 images/s  12.3 s left",
        "    float 100/100  loss 0.500  88 images/s  12.3 s left",
        "    qat 1/100  loss 0.500  88 images/s  12.3 s left",
        "    ranges calibrated on 8 [batches]",
        "  QatTrainer                       8.0 s",
    ]


def test_speed_is_left_out_until_it_is_known() -> None:
    stream = io.StringIO()
    RunConsole(stream).training(TrainingStep("float", 1, 100, {"loss": 0.5}, None, None))
    assert stream.getvalue().splitlines() == ["    float 1/100  loss 0.500"]


def test_on_a_terminal_there_is_a_bar_that_goes_away() -> None:
    script = (
        "import sys, time; from pipeline.running.console import RunConsole\n"
        "from coralline.foundation.progress import TrainingStep\n"
        "console = RunConsole(sys.stdout); console.begin('QatTrainer')\n"
        "console.training(TrainingStep('float', 50, 100, {'loss': .5}, 90., 9.)); time.sleep(.6)\n"
        "print('a library', file=sys.stderr); console.end('QatTrainer', '8.0 s')"
    )
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-c", script],
        stdout=theirs,
        stderr=subprocess.PIPE,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "120"},
        check=True,
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:
            break
        if not part:
            break
        shown += part
    assert b"float 50/100" in shown
    assert b"90 images/s" in shown
    assert shown.rstrip().endswith(b"8.0 s")
    # What libraries write to standard error isn't drawn onto the terminal.
    assert (b"a library" in shown, done.stderr) == (False, b"a library\n")


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0.0 s"), (59.94, "59.9 s"), (60, "1:00"), (185, "3:05"), (3729, "1:02:09")]
)
def test_durations_read_as_people_write_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text
