"""The bootstrap script, with a stand-in for uv that makes an environment of two small scripts.

The stand-in knows the three calls that the script makes (`venv`, `pip sync`, `pip install`), counts them, and can be
told to be slow or to fail. Whether the real uv takes these calls is seen by every test run: it begins with the script.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]

_UV = """#!/bin/bash
echo "$*" >>"$UV_CALLS"
case "$1 $2" in
"--version "*) echo "uv 1.2.3" ;;
venv*)
    venv=${@: -1}
    mkdir -p "$venv/bin"
    ln -sf "$REAL_PYTHON" "$venv/bin/python"
    ;;
"pip sync")
    [[ ! -e $UV_CALLS.fail ]] || { echo "no network" >&2; exit 1; }
    sleep "${UV_SLEEP:-0}"
    ;;
"pip install")
    printf '#!/bin/sh\\necho "coralline $*"\\n' >"$(dirname "$5")/coralline"
    chmod +x "$(dirname "$5")/coralline"
    ;;
esac
"""

_PYTHON = """#!/bin/bash
# Stands for a Python of version {version}; refuses to run as pyenv's shims do when {version} is "none".
[[ {version} != none ]] || {{ echo "pyenv: python3.10: command not found" >&2; exit 127; }}
[[ $1 == -c && $2 == *version_info* ]] && {{ [[ $3 == {version} ]]; exit; }}
[[ $1 == -c ]] && echo "$0"
"""


class Machine:
    """A clone with the script, and a PATH of our own."""

    def __init__(self, folder: Path):
        self.clone, self.bin, self.home = folder / "clone", folder / "bin", folder / "home"
        for made in (self.clone, self.bin, self.home):
            made.mkdir()
        shutil.copy(_ROOT / "coralline", self.clone)
        (self.clone / "requirements.lock").write_text("click==8.1.7 --hash=sha256:00\n")
        (self.clone / "pyproject.toml").write_text("[project]\n")
        self.calls = folder / "calls"
        self.calls.touch()

    def put(self, path: Path, text: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
        return path

    def put_uv(self) -> None:
        self.put(self.bin / "uv", _UV)

    def put_python(self, path: Path, version: str) -> Path:
        return self.put(path, _PYTHON.format(version=version))

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(self.clone / "coralline"), *arguments],
            env={
                "PATH": f"{self.bin}:/usr/bin:/bin",
                "HOME": str(self.home),
                "UV_CALLS": str(self.calls),
                "REAL_PYTHON": sys.executable,
                **environment,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def call(self, *arguments: str, **environment: str) -> tuple[int, str, str]:
        process = self.start(*arguments, **environment)
        out, err = process.communicate(timeout=300)
        return process.returncode, out, err

    def count(self, command: str) -> int:
        return sum(line.startswith(command) for line in self.calls.read_text().splitlines())


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path)
    made.put_uv()
    made.put_python(made.bin / "python3.10", "3.10")
    return made


def test_sets_up_once_and_hands_on_at_once_afterwards(machine: Machine) -> None:
    code, out, err = machine.call("demo", "--out", "x y")
    assert (code, out) == (0, "coralline demo --out x y\n")
    assert "Setting up" in err
    calls = machine.calls.read_text()
    assert machine.call("--help") == (0, "coralline --help\n", "")
    assert machine.calls.read_text() == calls


def test_installs_with_hashes_from_the_lock(machine: Machine) -> None:
    machine.call("--help")
    (sync,) = [line for line in machine.calls.read_text().splitlines() if line.startswith("pip sync")]
    assert "--require-hashes" in sync
    assert sync.endswith(str(machine.clone / "requirements.lock"))


def test_passes_over_a_shim_that_refuses_to_run(machine: Machine) -> None:
    machine.put_python(machine.bin / "python3.10", "none")
    real = machine.put_python(machine.home / ".pyenv/versions/3.10.13/bin/python3.10", "3.10")
    machine.call("--help")
    assert f"--python {real}" in machine.calls.read_text()


def test_lets_uv_download_a_python_where_none_is_3_10(machine: Machine) -> None:
    machine.put_python(machine.bin / "python3.10", "none")
    machine.put_python(machine.bin / "python3", "3.11")
    machine.put_python(machine.bin / "python", "3.11")
    assert machine.call("--help")[0] == 0
    assert "--python 3.10 " in machine.calls.read_text()


def test_coralline_python_overrides(machine: Machine) -> None:
    mine = machine.put_python(machine.home / "mine", "3.10")
    machine.call("--help", CORALLINE_PYTHON=str(mine))
    assert f"--python {mine}" in machine.calls.read_text()


def test_says_so_when_coralline_python_is_another_version(machine: Machine) -> None:
    other = machine.put_python(machine.home / "other", "3.12")
    code, out, err = machine.call("--help", CORALLINE_PYTHON=str(other))
    assert (code, out) == (1, "")
    assert "CORALLINE_PYTHON is not a Python 3.10" in err
    assert str(other) in err


def test_says_how_to_get_uv_when_nothing_can_install_it(machine: Machine) -> None:
    (machine.bin / "uv").unlink()
    for name in ("python3", "python", "python3.10"):
        machine.put_python(machine.bin / name, "none")
    _link_tools(machine)
    code, _, err = machine.call("--help", PATH=str(machine.bin))
    assert code == 1
    assert "uv is not on this machine" in err
    assert "fix: install Python's venv module" in err


def test_installs_uv_with_the_python_that_is_named(machine: Machine) -> None:
    (machine.bin / "uv").unlink()
    _link_tools(machine)
    named = machine.put(machine.home / "python", '#!/bin/bash\necho "named $*" >>"$UV_CALLS"\n[[ $1 == -c ]]\n')
    machine.call("--help", PATH=str(machine.bin), CORALLINE_PYTHON=str(named))
    assert "named -m venv" in machine.calls.read_text()


def _link_tools(machine: Machine) -> None:
    """Only what the script itself calls, so that no other Python is at hand."""
    for name in (
        "bash",
        "cat",
        "env",
        "readlink",
        "dirname",
        "sha256sum",
        "cut",
        "mkdir",
        "ls",
        "flock",
        "rm",
        "sleep",
    ):
        (machine.bin / name).symlink_to(shutil.which(name) or name)


def test_changed_lock_updates_the_environment(machine: Machine) -> None:
    machine.call("--help")
    (machine.clone / "requirements.lock").write_text("click==8.1.8 --hash=sha256:00\n")
    assert machine.call("--help")[0] == 0
    assert (machine.count("venv"), machine.count("pip sync")) == (1, 2)


def test_failed_installation_is_told_and_taken_up_again(machine: Machine) -> None:
    Path(f"{machine.calls}.fail").touch()
    code, out, err = machine.call("--help")
    assert (code, out) == (1, "")
    assert "could not be installed" in err
    assert "no network" in err
    Path(f"{machine.calls}.fail").unlink()
    assert machine.call("--help")[:2] == (0, "coralline --help\n")


def test_interrupted_setup_is_made_anew(machine: Machine) -> None:
    first = machine.start("--help", UV_SLEEP="30")
    while not machine.count("pip sync"):
        time.sleep(0.05)
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    assert machine.call("--help")[:2] == (0, "coralline --help\n")
    assert machine.count("venv") == 2


def test_two_calls_at_once_set_up_once(machine: Machine) -> None:
    both = [machine.start("--help", UV_SLEEP="1") for _ in range(2)]
    assert [process.communicate(timeout=300)[0] for process in both] == ["coralline --help\n"] * 2
    assert machine.count("pip sync") == 1


def test_leaves_a_folder_alone_that_it_did_not_make(machine: Machine) -> None:
    other = machine.home / "other"
    other.mkdir()
    (other / "precious").touch()
    code, _, err = machine.call("--help", CORALLINE_VENV=str(other))
    assert code == 1
    assert "was not made by this script" in err
    assert (other / "precious").exists()


def test_moved_clone_gets_a_new_environment(machine: Machine) -> None:
    machine.call("--help")
    machine.clone = machine.clone.rename(machine.clone.with_name("moved"))
    assert machine.call("--help")[0] == 0
    assert machine.count("venv") == 2


def test_names_the_compiler_when_that_may_be_what_is_missing(machine: Machine) -> None:
    Path(f"{machine.calls}.fail").touch()
    assert "C++ compiler" not in machine.call("--help")[2]
    tools = [
        "bash",
        "env",
        "readlink",
        "dirname",
        "sha256sum",
        "cut",
        "mkdir",
        "ls",
        "flock",
        "rm",
        "sleep",
        "ln",
        "touch",
        "grep",
        "tail",
        "mv",
    ]
    for name in tools:
        (machine.bin / name).symlink_to(shutil.which(name) or name)
    assert "install a C++ compiler" in machine.call("--help", PATH=str(machine.bin))[2]
