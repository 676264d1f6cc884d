"""Beam on an engine: the pipeline of a component that is sent elsewhere, and what is told when it fails there."""

from __future__ import annotations

import contextlib
import copy
import logging
import os
import re
import secrets
import time
from collections.abc import Iterator, Sequence
from typing import Any

from tfx.dsl.components.base import base_beam_executor

from components.beam_flags import RETRIES_FLAG
from coralline.foundation import storage
from coralline.foundation.errors import UserError

_IN_THIS_PROCESS = {"", "directrunner", "fnapirunner", "bundlebaseddirectrunner"}
_RUNNER = re.compile(r"--runner[= ](.*)")
_BEFORE_A_RETRY_S = 5.0  # An engine takes a moment to see that a worker is gone.
_GIVEN_UP = "failed in state FAILED"  # portable_runner.PipelineResult's words
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

    def __init__(self, context: base_beam_executor.BaseBeamExecutor.Context | None = None):
        flags = [str(arg) for arg in (context.beam_pipeline_args if context else None) or []]
        own = [flag for flag in flags if flag.startswith(f"{RETRIES_FLAG}=")]
        self._retries = int(own[-1].partition("=")[2]) if own else 0
        if context and own:
            context = copy.copy(context)
            context.beam_pipeline_args = [flag for flag in flags if flag not in own]
        super().__init__(context)

    @property
    def on_engine(self) -> bool:
        """Whether the pipeline runs elsewhere."""
        return self._make_beam_pipeline_fn is None and runs_on_engine([str(arg) for arg in self._beam_pipeline_args])

    def _make_beam_pipeline(self) -> Any:
        pipeline = super()._make_beam_pipeline()
        return _WatchedPipeline(pipeline, self._retries) if self.on_engine else pipeline

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
    """Runs at the end of its context, as Beam's own; what fails on the engine becomes a UserError.

    A job that the engine gave up is sent again, unless it was our own code that failed: all that a step writes is
    written under a name of its own and moved when it is whole, so that a second job may write it again.
    """

    def __init__(self, pipeline: Any, retries: int = 0):
        self._pipeline, self._retries = pipeline, retries

    def __enter__(self) -> Any:
        return self._pipeline.__enter__()

    def __exit__(self, error_type: Any, error: Any, traceback: Any) -> Any:
        try:
            try:
                return self._pipeline.__exit__(error_type, error, traceback)
            except Exception as e:
                if error_type is not None:
                    raise
                self._send_again(e)
        except UserError:
            raise
        except Exception as e:
            raise _failed_on_engine(e) from e
        except BaseException:  # Ctrl-C: nobody waits for the job any more
            with contextlib.suppress(Exception):
                self._pipeline.result.cancel()
            raise

    def _send_again(self, error: Exception) -> None:
        """Until a job has ended well, or was sent as often as may be; then the last error is raised."""
        for attempt in range(1, self._retries + 1):
            if not _lost_by_engine(error):
                break
            logging.warning(
                "The engine gave up the job (%s); it is sent again (%d of %d)",
                told_by_engine(error),
                attempt,
                self._retries,
            )
            time.sleep(_BEFORE_A_RETRY_S)
            try:
                self._pipeline.result = self._pipeline.run()
                self._pipeline.result.wait_until_finish()
                return
            except Exception as e:
                error = e
        raise error


def _lost_by_engine(error: Exception) -> bool:
    """Whether it is the engine that failed; a Python error among the lines is our own code's, and would come again."""
    text = str(error)
    return not isinstance(error, UserError) and _GIVEN_UP in text and not _PYTHON_ERROR.search(text)


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
