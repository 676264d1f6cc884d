"""The command line itself: starts fast, tells a person's mistakes in one message, ends with the right code."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from coralline.data.drawn_shapes import draw_dataset
from pipeline.cli import COMMANDS

_CORALLINE = [sys.executable, "-c", "from pipeline.cli import main; main()"]


def _call(*arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*_CORALLINE, *arguments], capture_output=True, text=True, cwd=folder, check=False)


def _data(folder: Path) -> Path:
    draw_dataset(folder / "data", images=10, size_px=64)
    return folder / "data"


def test_help_names_every_command() -> None:
    done = _call("--help")
    assert done.returncode == 0
    assert all(name in done.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "test"])
def test_help_of_every_command_needs_neither_tensorflow_nor_tfx(name: str) -> None:
    script = (
        "import sys\nfrom pipeline.cli import main\n"
        f"try: main([{name!r}, '--help'])\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "assert not [m for m in sys.modules if m in ('tensorflow', 'tfx', 'ml_metadata')]"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Usage: coralline" in done.stdout


def test_name_that_is_not_utf8_can_be_told(tmp_path: Path) -> None:
    (_data(tmp_path) / b"\xe4.xml".decode("utf-8", "surrogateescape")).write_text("<annotation>")
    strict = os.environ | {"PYTHONIOENCODING": "utf-8:strict"}
    done = subprocess.run(
        [*_CORALLINE, "check", "--data", str(tmp_path / "data")], capture_output=True, env=strict, check=False
    )
    assert done.returncode == 1 and rb"\xe4.xml" in done.stdout and not done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["run"], "no data set was named"),
        (["run", "--data", "nothing"], "there is no such folder"),
        (["run", "--data", "data", "--set", "trian.seed=3"], "unknown key `trian`"),
        (["run", "--data", "data", "--set", "model.preset=mobilenet"], "unknown preset"),
        (["run", "--data", "data", "--set", "model.warm_start=no.tflite"], "`model.warm_start` can't be read"),
        (["run", "--data", "data", "--set", "edgetpu.compiler=required"], "no usable Edge TPU compiler"),
        (["run", "--data", "data", "--out", "/proc/nothing"], "output folder can't be written to"),
        (["run", "--config", "nothing.yaml"], "can't read the configuration"),
        (
            ["compile", "--target", "vertex", "-o", "f.json", "--set", "train.seed=x"],
            "`train.seed` must be a whole number",
        ),
        (["lineage", "list"], "no store of ML Metadata"),
    ],
)
def test_mistakes_are_told_in_one_message(tmp_path: Path, arguments: list[str], told: str) -> None:
    _data(tmp_path)
    done = _call(*arguments, folder=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ")
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_refused_run_leaves_nothing_behind(tmp_path: Path) -> None:
    annotation = next(_data(tmp_path).rglob("*.xml"))
    annotation.write_text(re.sub(r"<xmax>\d+", "<xmax>0", annotation.read_text()))
    done = _call("run", "--data", "data", "--set", "data.on_inverted_box=fail", folder=tmp_path)
    assert done.returncode == 1
    assert f"{annotation.name}:" in done.stderr
    assert "expected: xmin < xmax" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


@pytest.mark.parametrize("arguments", [["nosuch"], ["run", "--set", "seed"], ["compile"], ["run", "--nosuch"]])
def test_wrong_calls_end_with_2(arguments: list[str]) -> None:
    done = _call(*arguments)
    assert done.returncode == 2
    assert "Usage: coralline" in done.stderr


@pytest.mark.parametrize(
    ("number", "code", "told"), [("SIGINT", 130, "interrupted"), ("SIGTERM", 143, "ended by SIGTERM")]
)
def test_ctrl_c_and_sigterm_end_with_a_code_of_their_own_and_no_traceback(number: str, code: int, told: str) -> None:
    script = (
        "import os, signal, threading, time, click, pipeline.cli as cli, types, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a background job begins without it
        "threading.Thread(target=time.sleep, args=(600,)).start()\n"
        f"command = click.Command('run', callback=lambda: os.kill(os.getpid(), signal.{number}) or time.sleep(600))\n"
        "sys.modules['pipeline.commands.run'] = types.SimpleNamespace(command=command)\n"
        "cli.main(['run'])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == code
    assert done.stderr.strip() == told


def test_a_reader_that_leaves_early_is_no_error() -> None:
    process = subprocess.Popen(
        [*_CORALLINE, "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=_default_sigpipe
    )
    assert process.stdout is not None
    process.stdout.close()
    _, told = process.communicate(timeout=300)
    assert b"Traceback" not in told


def _default_sigpipe() -> None:
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)


def test_test_hands_everything_on_to_pytest(tmp_path: Path) -> None:
    done = _call("test", "--version", folder=tmp_path)
    assert done.returncode == 0
    assert "pytest" in done.stdout


def test_demo_draws_its_data_once(tmp_path: Path) -> None:
    from pipeline.commands import demo

    drawing = dict(demo._DRAWING)
    try:
        demo._DRAWING.update(images=2)
        data = demo.draw_once(tmp_path)
        marks = {path: path.stat().st_mtime_ns for path in data.rglob("*")}
        assert len(list(data.glob("images/*.jpg"))) == 2
        assert demo.draw_once(tmp_path) == data
        assert {path: path.stat().st_mtime_ns for path in data.rglob("*")} == marks
        (data / "drawn.json").write_text(json.dumps({"images": 1}))
        demo.draw_once(tmp_path)
        assert json.loads((data / "drawn.json").read_text()) == demo._DRAWING
        assert os.listdir(tmp_path) == ["data"]
    finally:
        demo._DRAWING.update(drawing)
