"""Library output goes to the log, whoever writes it and however."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_SCRIPT = """
import os, subprocess, sys, warnings
from pathlib import Path
from coralline.foundation.output_capture import output_to
with output_to(Path(sys.argv[1])) as terminal:
    print("python out"); print("python err", file=sys.stderr); warnings.warn("python warning")
    os.write(2, b"c++ err\\n"); subprocess.run(["echo", "child"])
    print("for people", file=terminal.stderr); print("for programs", file=terminal.stdout)
print("afterwards")
"""


def test_only_what_is_for_people_reaches_the_terminal(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "run.log"
    done = subprocess.run([sys.executable, "-c", _SCRIPT, str(log)], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("for programs\nafterwards\n", "for people\n")
    written = log.read_text()
    for line in ("python out", "python err", "python warning", "c++ err", "child"):
        assert line in written


def test_streams_are_put_back_after_an_exception(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from coralline.foundation.output_capture import output_to\n"
        "with output_to(Path(sys.argv[1])):\n    print('hidden'); raise ValueError('seen')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "log")], capture_output=True, text=True, check=False
    )
    assert "ValueError: seen" in done.stderr
    assert (done.stdout, (tmp_path / "log").read_text()) == ("", "hidden\n")


def test_quiet_hands_the_output_over_only_for_a_bug() -> None:
    script = (
        "import sys; from coralline.foundation.errors import UserError\n"
        "from coralline.foundation.output_capture import quiet\n"
        "try:\n  with quiet():\n    print('detail'); raise {}\nexcept Exception: pass"
    )
    for error, told in (("ValueError()", "detail\n"), ("UserError('x')", "")):
        done = subprocess.run([sys.executable, "-c", script.format(error)], capture_output=True, text=True, check=True)
        assert (done.stdout, done.stderr) == ("", told)
