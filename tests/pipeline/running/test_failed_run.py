"""What a run leaves that fails or is interrupted: its summary, in `OUT/runs` and with `--json` on standard output."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from coralline.data.drawn_shapes import draw_dataset
from coralline.foundation.errors import UserError
from pipeline.running.failed_run import record_failed_run
from pipeline.running.out_folder import OutFolder

_CORALLINE = [sys.executable, "-c", "from pipeline.cli import main; main()"]


@pytest.fixture
def call(tmp_path: Path) -> list[str]:
    draw_dataset(tmp_path / "data", images=40, size_px=96)
    settings = ["--set", "model.preset=demo_160", "--set", "train.batch_size=4"]
    return [*_CORALLINE, "run", "--data", str(tmp_path / "data"), "--out", str(tmp_path / "out"), *settings, "--json"]


def _written(out: Path) -> str:
    [summary] = (out / "runs").glob("*.json")
    return summary.read_text()


def test_it_says_what_failed_where_and_why(tmp_path: Path, valid_document: Any) -> None:
    out = OutFolder(tmp_path)
    out.prepare()
    error = UserError("a class is unknown", file="a.xml", line=3, expected="cat", found="car", fix="correct it")
    record_failed_run(out, "run-1", error, "QatTrainer", {"VocExampleGen": 1.23456}, ["VocExampleGen"])
    summary = valid_document(_written(tmp_path))
    assert (summary["state"], summary["component"], summary["exit_code"]) == ("failed", "QatTrainer", 1)
    assert summary["error"] == {
        "type": "user_error",
        "message": "a class is unknown",
        **{"file": "a.xml", "line": 3, "expected": "cat", "found": "car", "fix": "correct it"},
    }
    assert (summary["seconds"], summary["reused"]) == ({"VocExampleGen": 1.235}, ["VocExampleGen"])


def test_what_cannot_be_written_does_not_hide_the_error(tmp_path: Path) -> None:
    record_failed_run(OutFolder(tmp_path / "gone"), "run-1", KeyboardInterrupt(), None, {}, [])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_component_that_fails_is_named(call: list[str], tmp_path: Path, valid_document: Any) -> None:
    (tmp_path / "out/artifacts").mkdir(parents=True)
    (tmp_path / "out/artifacts/VocExampleGen").write_text("no folder")
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    summary = valid_document(done.stdout)
    assert (done.returncode, summary["state"], summary["component"]) == (1, "failed", "VocExampleGen")
    assert summary["error"]["message"].startswith("VocExampleGen failed")
    assert json.loads(_written(tmp_path / "out")) == summary
    assert "Traceback" in Path(summary["log"]).read_text() and "error: VocExampleGen failed" in done.stderr


@pytest.mark.slow
def test_a_store_that_cannot_be_read_leaves_a_summary_too(call: list[str], tmp_path: Path, valid_document: Any) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/metadata.sqlite").write_text(
        "this is no SQLite file, and long enough to be taken for a damaged one"
    )
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    summary = valid_document(done.stdout)
    assert (done.returncode, summary["state"], summary["component"]) == (1, "failed", None)
    assert json.loads(_written(tmp_path / "out")) == summary


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_and_sigterm_leave_a_summary_too(
    call: list[str], tmp_path: Path, valid_document: Any, number: signal.Signals, code: int
) -> None:
    script = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "  # a background job lacks it
    call = [call[0], call[1], script + call[2], *call[3:]]
    with subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        for line in run.stderr:
            if line.startswith("  VocExampleGen"):
                run.send_signal(number)
                break
        out, _ = run.communicate()
    summary = valid_document(out)
    assert (run.returncode, summary["exit_code"], summary["state"]) == (code, code, "interrupted")
    assert summary["error"]["type"] == "interrupted" and "VocExampleGen" in summary["seconds"]
    assert json.loads(_written(tmp_path / "out")) == summary
