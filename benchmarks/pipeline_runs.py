"""Runs the command line in a process of its own, as a person does, and times it."""

from __future__ import annotations

import dataclasses
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from figures import GIB, Table

_CORALLINE = Path(sys.executable).with_name("coralline")
_MODELS = ("int8", "qat", "float")


@dataclasses.dataclass(frozen=True)
class TimedRun:
    """A run of the pipeline.

    Attributes:
      summary: what `coralline run --json` prints.
      seconds: from the call to its end, imports included.
      peak_gib: the most memory that a child process of this one has held so far.
    """

    summary: dict[str, Any]
    seconds: float
    peak_gib: float


def timed_run(command: str, out: Path, settings: dict[str, Any], *arguments: str) -> TimedRun:
    """`coralline run` or `coralline demo`, its progress shown on standard error.

    Args:
      command: "run" or "demo".
      out: the output folder.
      settings: {"train.seed": 3, ...}.
      arguments: more of the command's options.

    Raises:
      subprocess.CalledProcessError: it failed, and has said why.
    """
    call = [str(_CORALLINE), command, "--json", "--out", str(out), *arguments]
    for key, value in settings.items():
        call += ["--set", f"{key}={json.dumps(value)}"]
    began = time.monotonic()
    done = subprocess.run(call, stdout=subprocess.PIPE, text=True, check=True)
    seconds = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / GIB
    return TimedRun(json.loads(done.stdout), seconds, peak)


def seconds_of(*command: str) -> float:
    """How long a command takes; what it prints is thrown away.

    Raises:
      subprocess.CalledProcessError: it failed.
    """
    environment = os.environ | {"PATH": f"{_CORALLINE.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    began = time.monotonic()
    subprocess.run(command, capture_output=True, check=True, env=environment)
    return time.monotonic() - began


def tables(run: TimedRun) -> list[Table]:
    """A run's figures: the file that ships beside the models it was made from, then what the run took."""
    metrics, edgetpu = run.summary["metrics"], run.summary["edgetpu"]
    scores: dict[str, list[Any]] = {
        figure: [metrics[model][figure] for model in _MODELS] for figure in ("AP", "AP50", "AP75")
    }
    scores["int8's AP less this AP"] = [metrics["int8"]["AP"] - metrics[model]["AP"] for model in _MODELS]
    costs = {
        "operations on the Edge TPU": f"{edgetpu['mapped']} of {edgetpu['total']}",
        "peak memory, GiB": run.peak_gib,
        "whole run, s": run.seconds,
    }
    costs |= {f"  {node}, s": seconds for node, seconds in run.summary["seconds"].items()}
    return [Table(_MODELS, scores), Table.of(costs)]
