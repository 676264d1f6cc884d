"""What a local run writes into ML Metadata beside TFX: the code version, and how a failed run ended."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from typing import Any

from ml_metadata.proto import metadata_store_pb2
from tfx.orchestration import metadata
from tfx.orchestration.portable.mlmd import context_lib

from components.code_version import code_version

_RUN_CONTEXT = "pipeline_run"
_UNFINISHED = ("NEW", "RUNNING")


def begin(connection: Any, run_id: str) -> None:
    """Records that a run begins, with the code version as custom properties of its context."""
    with _first_connection(connection), metadata.Metadata(connection) as handle:
        context = context_lib.register_context_if_not_exists(handle, _RUN_CONTEXT, run_id)
        for name, value in code_version().items():
            context.custom_properties[name].string_value = value
        handle.store.put_contexts([context])


def fail(connection: Any, run_id: str, error: BaseException) -> None:
    """Records that a run has failed: no execution of it is left as running, and the one that failed says why."""
    with metadata.Metadata(connection) as handle:
        context = handle.store.get_context_by_type_and_name(_RUN_CONTEXT, run_id)
        for execution in handle.store.get_executions_by_context(context.id):
            state = _state_name(execution)
            if state in (*_UNFINISHED, "FAILED"):
                execution.last_known_state = metadata_store_pb2.Execution.FAILED
                execution.custom_properties["error_message"].string_value = str(error) or type(error).__name__
                handle.store.put_executions([execution])


def execution_state(connection: Any, launched: Any) -> str:
    """COMPLETE, CACHED, FAILED, ...; "not registered" for a launch (TFX's ExecutionInfo) that made no execution."""
    if launched is None or not launched.execution_id:
        return "not registered"
    with metadata.Metadata(connection) as handle:
        (execution,) = handle.store.get_executions_by_id([launched.execution_id])
        return _state_name(execution)


def _state_name(execution: Any) -> str:
    return str(metadata_store_pb2.Execution.State.Name(execution.last_known_state))


@contextlib.contextmanager
def _first_connection(connection: Any) -> Iterator[None]:
    """Connecting to an empty SQLite file makes the tables: two runs that begin together must not both do it."""
    if not connection.HasField("sqlite"):
        yield
        return
    with open(f"{connection.sqlite.filename_uri}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
