"""An image that was built, run by a Docker engine: CORALLINE_TEST_IMAGE names it (`.ci/run` builds one where it can).

docker build --tag coralline:test .
CORALLINE_TEST_IMAGE=coralline:test pytest tests/deployment/test_image.py
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_ROOT = Path(__file__).resolve().parents[2]
_IMAGE = os.environ.get("CORALLINE_TEST_IMAGE", "")
_MOST_BYTES = {"cpu": 2_100_000_000, "gpu": 8_000_000_000}
_READ_ONLY = ["--read-only", "--tmpfs", "/tmp:exec,mode=1777"]


def _docker(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)


def _why_not() -> str:
    if not _IMAGE:
        return "CORALLINE_TEST_IMAGE names no image"
    if shutil.which("docker") is None or _docker("info").returncode != 0:
        return "no Docker engine runs here"
    return ""


pytestmark = [pytest.mark.skipif(bool(_why_not()), reason=_why_not()), pytest.mark.slow]


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    """What `docker inspect` says of the image."""
    done = _docker("image", "inspect", _IMAGE)
    assert done.returncode == 0, done.stderr
    [image] = json.loads(done.stdout)
    return image


@pytest.fixture
def container() -> Iterator[str]:
    """A name for a container, which is removed."""
    name = f"coralline-test-{uuid.uuid4().hex[:8]}"
    yield name
    _docker("rm", "--force", name)


def test_it_is_no_larger_than_it_has_to_be(described: dict[str, Any]) -> None:
    variant = described["Config"]["Labels"]["coralline.variant"]
    assert described["Size"] < _MOST_BYTES[variant]


def test_it_runs_as_a_user_that_is_not_root_and_tells_what_it_is(described: dict[str, Any]) -> None:
    config = described["Config"]
    assert config["User"].split(":")[0].isdigit() and config["User"] != "0"
    assert config["Labels"]["org.opencontainers.image.licenses"] == "Apache-2.0"
    commit = config["Labels"]["org.opencontainers.image.revision"]
    assert f"CORALLINE_GIT_COMMIT={commit}" in config["Env"]


def test_its_arguments_are_a_command_of_coralline() -> None:
    done = _docker("run", "--rm", _IMAGE)
    assert done.returncode == 0 and "coralline [OPTIONS] COMMAND" in done.stdout
    assert _docker("run", "--rm", _IMAGE, "nonsense").returncode == 2


_LOOK = """
import getpass, importlib.metadata, importlib.util, json, os, pkgutil, subprocess, sys
import matplotlib, tensorflow as tf
from coralline.foundation.code_version import code_version
from components.qat_trainer import executor
unwanted = ("pytest", "mypy", "ruff", "moto", "jupyterlab", "notebook", "clang", "uv")
print(json.dumps({
    "user": getpass.getuser(), "uid": os.getuid(), "fonts": matplotlib.get_cachedir(),
    "unwanted": [name for name in unwanted if importlib.util.find_spec(name)],
    "headers": os.path.exists(tf.sysconfig.get_include()), "tensorflow": tf.__version__, "version": code_version(),
}))
"""


@pytest.mark.parametrize("user", ["0", "12345", "12345:0"])
def test_any_user_can_run_it_with_a_read_only_root(user: str, described: dict[str, Any]) -> None:
    done = _docker("run", "--rm", "--user", user, *_READ_ONLY, _IMAGE, "python", "-c", _LOOK)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["uid"] == int(user.split(":")[0]) and found["fonts"].startswith("/tmp")
    assert (found["unwanted"], found["headers"]) == ([], False)
    assert found["version"]["git_commit"] == described["Config"]["Labels"]["org.opencontainers.image.revision"]
    assert "unknown" not in found["version"]["lock_sha256"]


_FIND_CUDA = """
import ctypes, glob, json, os, shutil
import tensorflow as tf

folder = os.path.dirname(tf.__file__)
links = [path for path in glob.glob(f"{folder}/lib*.so*") if os.path.islink(path)]
for path in links:
    ctypes.CDLL(path)
names = [os.path.basename(path) for path in links]
print(json.dumps({"gpus": len(tf.config.list_physical_devices("GPU")), "links": names, "ptxas": shutil.which("ptxas")}))
"""


@pytest.mark.skipif(
    shutil.which("cc") is None, reason="no C compiler is here, which builds the stand-in for the driver"
)
def test_tensorflow_finds_cuda_where_a_driver_is(tmp_path: Path, described: dict[str, Any]) -> None:
    """It lists no GPU if one of the libraries that it opens at its start is missing (`MaybeTryDlopenGPULibraries`)."""
    if described["Config"]["Labels"]["coralline.variant"] != "gpu":
        pytest.skip("the image is without CUDA")
    driver = tmp_path / "libcuda.so.1"
    source = Path(__file__).with_name("stand_in_libcuda.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", driver, source], check=True)
    tmp_path.chmod(0o755)
    done = _docker(
        "run", "--rm", "--volume", f"{tmp_path}:/usr/local/nvidia/lib64:ro", _IMAGE, "python", "-c", _FIND_CUDA
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["gpus"] == 1 and found["ptxas"]
    assert {"libcudnn.so.8", "libcublas.so.12", "libnccl.so.2", "libnvrtc.so.12", "libcurand.so.10"} <= set(
        found["links"]
    )


@pytest.mark.parametrize("command", [["python", "-c"], ["/opt/venv/bin/python", "-c"]])
@pytest.mark.parametrize("options", [[], ["--entrypoint", ""]], ids=["by the entry point", "as process 1"])
def test_it_ends_on_sigterm_while_a_library_computes(container: str, options: list[str], command: list[str]) -> None:
    """A sort of 100 million numbers gives Python no chance to call a handler."""
    compute = "print('begun'); import numpy; numpy.random.rand(100_000_000).sort()"
    _docker("run", "--detach", "--name", container, *options, _IMAGE, *command, compute)
    while "begun" not in _docker("logs", container).stdout:
        assert _docker("inspect", "--format", "{{.State.Running}}", container).stdout == "true\n"
        time.sleep(0.2)
    begin = time.monotonic()
    # After that many seconds, the engine would send SIGKILL: 137.
    _docker("stop", "--time", "60", container)
    code = _docker("inspect", "--format", "{{.State.ExitCode}}", container).stdout.strip()
    assert int(code) == 128 + signal.SIGTERM and time.monotonic() - begin < 60


def test_the_demo_publishes_a_model(tmp_path: Path, container: str) -> None:
    """As an unknown user, with a read-only root; the folder that it writes to is the caller's."""
    tmp_path.chmod(0o777)
    options = ["--name", container, "--user", "12345", *_READ_ONLY, "--volume", f"{tmp_path}:/out"]
    done = _docker("run", *options, _IMAGE, "demo", "--json", "--out", "/out/demo")
    assert done.returncode == 0, done.stderr[-3000:]
    summary = json.loads(done.stdout)
    assert summary["pushed"] and summary["metrics"]["int8"]["AP50"] > 0.75


def _compiled(folder: Path) -> Path:
    """A spec of a training too short to be of use, of which everything lies on a volume: the folder."""
    from coralline.data.drawn_shapes import draw_dataset
    from deployment.spec.compiling import compile_pipeline
    from pipeline.config import load_config

    folder.chmod(0o777)
    draw_dataset(folder / "data", images=20, size_px=160, seed=5)
    settings = {
        "data.path": str(folder / "data"),
        "model.preset": "demo_160",
        "train.float_steps": 4,
        "train.qat_steps": 2,
        "train.batch_size": 4,
        "evaluate.min_ap50": 0.0,
        "evaluate.max_loss_to_float": None,
        "evaluate.pictures": 1,
        "push.to": str(folder / "published"),
        "deployment.image": _IMAGE,
        "deployment.pipeline_root": str(folder / "root"),
        "deployment.volumes": {str(folder): "claim"},
    }
    spec = folder / "pipeline.yaml"
    spec.write_bytes(compile_pipeline(load_config(None, settings), "kubeflow"))
    return spec


def _succeeds(folder: Path, *call: str, **environment: str) -> None:
    done = subprocess.run(call, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-5000:]
    assert (folder / "published" / "latest" / "model.tflite").stat().st_size > 100_000


@pytest.mark.skipif(
    not os.environ.get("CORALLINE_KFP_PYTHON"), reason="CORALLINE_KFP_PYTHON names no Python with kfp 2.17 and docker"
)
def test_kfps_docker_runner_runs_the_compiled_file_as_it_is(tmp_path: Path) -> None:
    script = Path(__file__).with_name("kfp_docker_runner.py")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    call = [os.environ["CORALLINE_KFP_PYTHON"], str(script), str(_compiled(tmp_path)), str(tmp_path)]
    _succeeds(tmp_path, *call, **environment)


def test_each_task_of_a_rehearsal_runs_in_a_container(tmp_path: Path) -> None:
    coralline = [sys.executable, "-c", "from pipeline.cli import main; main()"]
    options = ["--docker", _IMAGE, "--claim", f"claim={tmp_path}", "--state", str(tmp_path / "backend")]
    # Without AWS_ENDPOINT_URL it keeps a bucket of its own; other tests of this process may have set it.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    _succeeds(tmp_path, *coralline, "rehearse", str(_compiled(tmp_path)), *options, **environment)
