"""What a built image weighs, and how long a container takes to begin and to end.

    python benchmarks/image.py IMAGE

A step's first line is there when its executor is imported, with TensorFlow and TFX; the step is the trainer's, which
imports most. It is ended by SIGTERM while it computes. All as any user, with a read-only root. About 2 minutes.
"""

from __future__ import annotations

import statistics
import subprocess
import time
import uuid

from figures import Table, argument_parser, machine, show

_ROOT_IS_READ_ONLY = ["--user", "12345", "--read-only", "--tmpfs", "/tmp"]
_MEGABYTE = 1e6
_STEP = """
from deployment.entrypoint import run_task
from tfx.orchestration.kubeflow.v2.container import kubeflow_v2_run_executor
from components.qat_trainer import executor
print("begun")
"""
_COMPUTE = "\nimport numpy\nnumpy.random.rand(100_000_000).sort()"


def _docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True).stdout


def _seconds_to_first_line(image: str, *command: str) -> float:
    begin = time.monotonic()
    call = ["docker", "run", "--rm", *_ROOT_IS_READ_ONLY, image, *command]
    with subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        if not process.stdout.readline():
            raise SystemExit(f"{' '.join(command)} printed nothing in {image}")
        return time.monotonic() - begin


def _seconds_to_end(image: str, *options: str) -> float:
    name = f"coralline-{uuid.uuid4().hex[:8]}"
    code = "print('begun')" + _COMPUTE
    _docker("run", "--detach", "--name", name, *_ROOT_IS_READ_ONLY, *options, image, "python", "-c", code)
    try:
        while "begun" not in _docker("logs", name):
            time.sleep(0.1)
        time.sleep(2)
        begin = time.monotonic()
        _docker("stop", "--time", "60", name)
        return time.monotonic() - begin
    finally:
        _docker("rm", "--force", name)


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("image")
    parser.add_argument("--rounds", type=int, default=3, help="medians are of this many rounds")
    options = parser.parse_args()
    on = machine()
    rounds = range(options.rounds)
    rows = {
        "size, MB": int(_docker("image", "inspect", "--format", "{{.Size}}", options.image)) / _MEGABYTE,
        "docker run to the help text, s": statistics.median(
            _seconds_to_first_line(options.image, "--help") for _ in rounds
        ),
        "docker run to a step's first line, s": statistics.median(
            _seconds_to_first_line(options.image, "python", "-c", _STEP) for _ in rounds
        ),
        "SIGTERM to the end, by the entry point, s": _seconds_to_end(options.image),
        "SIGTERM to the end, as process 1, s": _seconds_to_end(options.image, "--entrypoint", ""),
    }
    show(on, [Table.of(rows)], options.json)


if __name__ == "__main__":
    main()
