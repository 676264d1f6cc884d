"""What a local run adds to TFX's records in ML Metadata: the code version, and how a failed run ended."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ml_metadata.proto import metadata_store_pb2
from tfx.orchestration import metadata
from tfx.orchestration.portable.mlmd import context_lib
from tfx.types import standard_artifacts

from coralline.foundation.code_version import code_version
from coralline.foundation.printable import without_secrets
from pipeline.running.store_locks import RUN_LOCK, beginning_lock, locked

_RUN_CONTEXT = "pipeline_run"
_UNFINISHED = ("NEW", "RUNNING")


@contextlib.contextmanager
def recorded(connection: Any, run_id: str) -> Iterator[None]:
    """Records the start of a run, with the code version as custom properties of its context, and how it ends.

    A run that ends with an exception leaves no execution as running, and the failed one says why. For a run that was
    killed, the next run in the same SQLite file does this.
    """
    with _alive(connection, run_id):
        try:
            yield
        except BaseException as error:
            with metadata.Metadata(connection) as handle:
                _fail(handle, run_id, without_secrets(str(error)) or type(error).__name__, (*_UNFINISHED, "FAILED"))
            raise


def _begin(handle: metadata.Metadata, run_id: str) -> None:
    context = context_lib.register_context_if_not_exists(handle, _RUN_CONTEXT, run_id)
    for name, value in code_version().items():
        context.custom_properties[name].string_value = value
    handle.store.put_contexts([context])


def _fail(handle: metadata.Metadata, run_id: str, message: str, states: tuple[str, ...] = _UNFINISHED) -> None:
    """Marks the executions of a run that are in one of these states as failed."""
    context = handle.store.get_context_by_type_and_name(_RUN_CONTEXT, run_id)
    for execution in handle.store.get_executions_by_context(context.id) if context else ():
        if _state_name(execution) in states:
            execution.last_known_state = metadata_store_pb2.Execution.FAILED
            execution.custom_properties["error_message"].string_value = message
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
def _alive(connection: Any, run_id: str) -> Iterator[None]:
    """Begins the run's record and holds a lock beside the SQLite file; the system releases it if the run is killed."""
    if not connection.HasField("sqlite"):
        with metadata.Metadata(connection) as handle:
            _begin(handle, run_id)
        yield
        return
    store = Path(connection.sqlite.filename_uri)
    with contextlib.ExitStack() as stack:
        # Connecting to an empty SQLite file creates the tables: two runs that begin together must not both do it.
        with locked(beginning_lock(store)), metadata.Metadata(connection) as handle:
            _begin(handle, run_id)
            for left in store.parent.glob(f"{store.name}{RUN_LOCK}*"):
                with contextlib.suppress(BlockingIOError), locked(left, fcntl.LOCK_NB):
                    _fail(handle, left.name.split(RUN_LOCK)[1], "the run was killed")
                    left.unlink()
            own = Path(f"{store}{RUN_LOCK}{run_id}")
            stack.enter_context(locked(own))
            stack.callback(own.unlink, missing_ok=True)
        yield
