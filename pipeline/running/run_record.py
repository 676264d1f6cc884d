"""What a local run adds to TFX's records in ML Metadata: how it was called, where it ran, what it took, how it ended.

Nothing of it is part of a cache key: it is properties of the run's context, and of executions that have ended.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ml_metadata.proto import metadata_store_pb2
from tfx.orchestration import metadata
from tfx.orchestration.portable.mlmd import context_lib
from tfx.types import standard_artifacts

from coralline.foundation.peak_memory import PeakMemory
from coralline.foundation.printable import without_secrets
from coralline.lineage import recorded_names as names
from pipeline.running.run_facts import surroundings
from pipeline.running.store_locks import RUN_LOCK, beginning_lock, locked

_RUN_CONTEXT = "pipeline_run"
_COMPLETE, _FAILED, _INTERRUPTED, _KILLED = "complete", "failed", "interrupted", "killed"
_UNFINISHED = ("NEW", "RUNNING")


class RunRecord:
    """The record of one run, while it goes on.

    Args:
      connection: the store's ConnectionConfig.
      run_id: the run's.
      call: how the run was called, by the names under which its context has it.
    """

    def __init__(self, connection: Any, run_id: str, call: Mapping[str, str | int]):
        self.connection, self.run_id = connection, run_id
        self._facts = {**surroundings(), **call}
        self._peaks: list[int] = []

    @contextlib.contextmanager
    def written(self) -> Iterator[None]:
        """Within it, the run goes on. Its facts are recorded when it begins, and how it ended at the end.

        A run that ends with an exception leaves no execution as running, and the failed one says why. For a run that
        was killed, the next run in the same SQLite file does this.
        """
        began = time.monotonic()
        with _alive(self.connection, self.run_id, self._facts):
            try:
                yield
            except BaseException as error:
                message = without_secrets(str(error)) or type(error).__name__
                with metadata.Metadata(self.connection) as handle:
                    _fail(handle, self.run_id, message, (*_UNFINISHED, "FAILED"))
                    interrupted = isinstance(error, KeyboardInterrupt)
                    self._end(handle, _INTERRUPTED if interrupted else _FAILED, time.monotonic() - began)
                raise
            with metadata.Metadata(self.connection) as handle:
                self._end(handle, _COMPLETE, time.monotonic() - began)

    @contextlib.contextmanager
    def step(self) -> Iterator[StepRecord]:
        """Within it, a step goes on; what it took is recorded on its execution, if it had one and did the work."""
        with metadata.Metadata(self.connection) as handle:
            before = {execution.id for execution in self._executions(handle)}
        step = StepRecord(time.monotonic(), PeakMemory())
        try:
            yield step
        except BaseException:
            with contextlib.suppress(Exception):  # such as a full disk: the error itself is what must be told
                self._note_step(step, before)
            raise
        self._note_step(step, before)

    def _note_step(self, step: StepRecord, before: set[int]) -> None:
        """Writes what a step took onto the execution that there wasn't before it."""
        seconds, peak = step.seconds, step.peak.bytes
        with metadata.Metadata(self.connection) as handle:
            for execution in self._executions(handle):
                if execution.id in before or _state_name(execution) == "CACHED":
                    continue
                execution.custom_properties[names.STEP_SECONDS].double_value = seconds
                if peak is not None:
                    execution.custom_properties[names.STEP_PEAK_MEMORY_BYTES].int_value = peak
                    self._peaks.append(peak)
                handle.store.put_executions([execution])

    def _executions(self, handle: metadata.Metadata) -> list[Any]:
        context = handle.store.get_context_by_type_and_name(_RUN_CONTEXT, self.run_id)
        return list(handle.store.get_executions_by_context(context.id)) if context else []

    def _end(self, handle: metadata.Metadata, outcome: str, seconds: float) -> None:
        facts: dict[str, str | int | float] = {names.OUTCOME: outcome, names.RUN_SECONDS: seconds}
        facts[names.ENDED_MS] = time.time_ns() // 1_000_000
        if self._peaks:
            facts[names.RUN_PEAK_MEMORY_BYTES] = max(self._peaks)
        _note(handle, self.run_id, facts)


@dataclasses.dataclass(frozen=True)
class StepRecord:
    """What a step takes: since when it goes on (`time.monotonic`), and the memory that it has."""

    began: float
    peak: PeakMemory

    @property
    def seconds(self) -> float:
        """Since its beginning."""
        return time.monotonic() - self.began


def _begin(handle: metadata.Metadata, run_id: str, facts: Mapping[str, str | int]) -> None:
    context_lib.register_context_if_not_exists(handle, _RUN_CONTEXT, run_id)
    _note(handle, run_id, facts)


def _note(handle: metadata.Metadata, run_id: str, facts: Mapping[str, str | int | float]) -> None:
    """Writes properties of a run's context."""
    context = handle.store.get_context_by_type_and_name(_RUN_CONTEXT, run_id)
    for name, value in facts.items() if context else ():
        kind = {str: "string_value", int: "int_value", float: "double_value"}[type(value)]
        setattr(context.custom_properties[name], kind, value)
    if context:
        handle.store.put_contexts([context])


def _fail(handle: metadata.Metadata, run_id: str, message: str, states: tuple[str, ...] = _UNFINISHED) -> None:
    """Marks the executions of a run that are in one of these states as failed."""
    context = handle.store.get_context_by_type_and_name(_RUN_CONTEXT, run_id)
    for execution in handle.store.get_executions_by_context(context.id) if context else ():
        if _state_name(execution) in states:
            execution.last_known_state = metadata_store_pb2.Execution.FAILED
            execution.custom_properties[names.ERROR_MESSAGE].string_value = message
            handle.store.put_executions([execution])


def execution_state(connection: Any, launched: Any) -> str:
    """COMPLETE, CACHED, FAILED, ...; "not registered" for a launch (TFX's ExecutionInfo) that made no execution."""
    if launched is None or not launched.execution_id:
        return "not registered"
    with metadata.Metadata(connection) as handle:
        (execution,) = handle.store.get_executions_by_id([launched.execution_id])
        return _state_name(execution)


def refused_by(connection: Any, run_id: str) -> str:
    """What kept a run from publishing, as EdgeTpuPusher recorded it; empty if nothing did, or there was no such run."""
    with metadata.Metadata(connection) as handle:
        context = handle.store.get_context_by_type_and_name(_RUN_CONTEXT, run_id)
        executions = [e.id for e in handle.store.get_executions_by_context(context.id)] if context else []
        made = {event.artifact_id for event in handle.store.get_events_by_execution_ids(executions)}
        pushed = handle.store.get_artifacts_by_type(standard_artifacts.PushedModel.TYPE_NAME)
        return next((str(a.custom_properties["refused_by"].string_value) for a in pushed if a.id in made), "")


def _state_name(execution: Any) -> str:
    return str(metadata_store_pb2.Execution.State.Name(execution.last_known_state))


@contextlib.contextmanager
def _alive(connection: Any, run_id: str, facts: Mapping[str, str | int]) -> Iterator[None]:
    """Begins the run's record and holds a lock beside the SQLite file; the system releases it if the run is killed."""
    if not connection.HasField("sqlite"):
        with metadata.Metadata(connection) as handle:
            _begin(handle, run_id, facts)
        yield
        return
    store = Path(connection.sqlite.filename_uri)
    with contextlib.ExitStack() as stack:
        # Connecting to an empty SQLite file creates the tables: two runs that begin together must not both do it.
        with locked(beginning_lock(store)), metadata.Metadata(connection) as handle:
            _begin(handle, run_id, facts)
            for left in store.parent.glob(f"{store.name}{RUN_LOCK}*"):
                with contextlib.suppress(BlockingIOError), locked(left, fcntl.LOCK_NB):
                    killed = left.name.split(RUN_LOCK)[1]
                    _fail(handle, killed, "the run was killed")
                    _note(handle, killed, {names.OUTCOME: _KILLED})
                    left.unlink()
            own = Path(f"{store}{RUN_LOCK}{run_id}")
            stack.enter_context(locked(own))
            stack.callback(own.unlink, missing_ok=True)
        yield
