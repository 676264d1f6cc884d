"""Beam on an engine: the pipeline of a component that is sent elsewhere, and what is told when it fails there."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from typing import Any

from tfx.dsl.components.base import base_beam_executor

from coralline.foundation import storage
from coralline.foundation.errors import UserError

_IN_THIS_PROCESS = {"", "directrunner", "fnapirunner", "bundlebaseddirectrunner"}
_RUNNER = re.compile(r"--runner[= ](.*)")
# The end of a Python traceback, among the lines of a Java one.
_PYTHON_ERROR = re.compile(r"^(?:RuntimeError: )?((?:[a-zA-Z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Interrupt): .+)$", re.M)
_MOST = 600


def runs_on_engine(beam_args: Sequence[str]) -> bool:
    """Whether these flags of Beam's send the work out of this process and its children."""
    given = (_RUNNER.fullmatch(arg) for arg in beam_args)
    runner = next((found.group(1) for found in given if found), "")
    return runner.rsplit(".", 1)[-1].lower() not in _IN_THIS_PROCESS


class EngineExecutor(base_beam_executor.BaseBeamExecutor):
    """An executor whose Beam pipeline may run on an engine, which is told of in one message when that fails."""

    @property
    def on_engine(self) -> bool:
        """Whether the pipeline runs elsewhere."""
        return self._make_beam_pipeline_fn is None and runs_on_engine([str(arg) for arg in self._beam_pipeline_args])

    def _make_beam_pipeline(self) -> Any:
        pipeline = super()._make_beam_pipeline()
        return _WatchedPipeline(pipeline) if self.on_engine else pipeline

    @contextlib.contextmanager
    def scratch(self, output: str) -> Iterator[str]:
        """The name of a folder, new each time, so that leftovers of an earlier attempt aren't taken for this one's.

        On an engine it lies beside an output, where all workers can reach it, and goes with the context.

        Args:
          output: the address of one of the outputs.
        """
        name = f"beam-{secrets.token_hex(4)}"
        if not self.on_engine:
            yield os.path.join(self._get_tmp_dir(), name)
            return
        folder = f"{os.path.dirname(output.rstrip('/'))}/.{name}"
        try:
            yield folder
        finally:
            with contextlib.suppress(OSError):
                storage.remove_tree(folder)


class _WatchedPipeline:
    """Runs at the end of its context, as Beam's own; what fails on the engine becomes a UserError."""

    def __init__(self, pipeline: Any):
        self._pipeline = pipeline

    def __enter__(self) -> Any:
        return self._pipeline.__enter__()

    def __exit__(self, error_type: Any, error: Any, traceback: Any) -> Any:
        try:
            return self._pipeline.__exit__(error_type, error, traceback)
        except UserError:
            raise
        except Exception as e:
            raise _failed_on_engine(e) from e
        except BaseException:  # Ctrl-C: nobody waits for the job any more
            with contextlib.suppress(Exception):
                self._pipeline.result.cancel()
            raise


def _failed_on_engine(error: Exception) -> UserError:
    return UserError(
        "the Beam engine hasn't done its work; nothing of it is used",
        expected="the job to end as DONE",
        found=told_by_engine(error),
        fix="look at the job on the engine's page and in its workers' logs (docs/engines.md), then run again",
    )


def told_by_engine(error: BaseException) -> str:
    """What has gone wrong, out of the many lines that an engine gives: the worker's own error, else the first line."""
    text = str(error).strip()
    if type(error).__name__ == "FutureTimeoutError":  # grpc's
        return "the job server didn't answer in time"
    if found := _PYTHON_ERROR.findall(text):
        return str(found[-1])[:_MOST]
    first = re.sub(r":\s*\n\s*", ": ", text).splitlines()[0] if text else type(error).__name__
    return re.sub(r"^Pipeline \S+ failed in state (\w+): ", r"\1: ", first)[:_MOST]
