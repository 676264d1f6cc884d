"""What a store of ML Metadata holds, in a pipeline's terms: runs, executions, artifacts, and how they hang together.

TFX writes a context of type `pipeline_run` a run and one of type `node` (named `<pipeline>.<node>`) a component. An
execution whose result was reused has the state CACHED, and an OUTPUT event of its own for what another one made.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Sequence
from os import PathLike
from typing import Any

from ml_metadata import ListOptions, MetadataStore, OrderByField
from ml_metadata.proto import metadata_store_pb2 as pb

from coralline.lineage.store import open_store

_RUN, _NODE, _PIPELINE = "pipeline_run", "node", "pipeline"
_OUTPUT_EVENTS = (pb.Event.OUTPUT, pb.Event.DECLARED_OUTPUT, pb.Event.INTERNAL_OUTPUT)
_INPUT_EVENTS = (pb.Event.INPUT, pb.Event.DECLARED_INPUT, pb.Event.INTERNAL_INPUT)


def open_lineage(store: str | PathLike[str]) -> RunHistory:
    """Opens the lineage that runs have recorded in ML Metadata, for reading.

    Args:
      store: the output folder of runs, a SQLite file, or `mysql://` or `postgresql://user:password@host:port/database`.

    Raises:
      UserError: there is no store, or it can't be read.
    """
    return RunHistory(open_store(store))


@dataclasses.dataclass(frozen=True)
class Artifact:
    """An artifact; `properties` holds the typed and the custom ones, `created_ms` is since the epoch."""

    id: int
    type: str
    uri: str
    state: str
    created_ms: int
    properties: dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Execution:
    """One component's part of a run.

    `state` is ML Metadata's (COMPLETE, CACHED, FAILED, RUNNING, ...); `settings` are its exec properties, JSON decoded.
    """

    id: int
    node: str
    type: str
    run_id: str
    state: str
    created_ms: int
    updated_ms: int
    settings: dict[str, Any]

    @property
    def seconds(self) -> float:
        """From its registration to its last change."""
        return (self.updated_ms - self.created_ms) / 1000


@dataclasses.dataclass(frozen=True)
class Run:
    """A run of a pipeline; `properties` holds the code version that it was recorded with."""

    run_id: str
    pipeline: str
    created_ms: int
    properties: dict[str, Any]
    executions: tuple[Execution, ...]

    @property
    def state(self) -> str:
        """FAILED or RUNNING when one execution is, else COMPLETE."""
        states = {execution.state for execution in self.executions}
        return next((state for state in ("FAILED", "CANCELED", "RUNNING", "NEW") if state in states), "COMPLETE")

    @property
    def seconds(self) -> float:
        """From the first execution's start to the last one's end."""
        end = max((execution.updated_ms for execution in self.executions), default=self.created_ms)
        return (end - self.created_ms) / 1000


class RunHistory:
    """Reads runs, executions and artifacts from a store."""

    def __init__(self, store: MetadataStore):
        self._store = store

    def runs(self, limit: int | None = None) -> list[Run]:
        """The newest runs first."""
        newest = ListOptions(
            limit=limit, order_by=OrderByField.CREATE_TIME, is_asc=False, filter_query=f"type = '{_RUN}'"
        )
        return [self._run(context) for context in self._contexts(newest)]

    def run(self, run_id: str) -> Run | None:
        """The run with this id; `latest` is the newest; else the only one whose id begins so."""
        if run_id == "latest":
            return next(iter(self.runs(1)), None)
        quoted = run_id.replace("\\", "\\\\").replace("'", "\\'").replace("%", "\\%").replace("_", "\\_")
        found = self._contexts(ListOptions(filter_query=f"type = '{_RUN}' AND name LIKE '{quoted}%'"))
        exact = [context for context in found if context.name == run_id]
        matching = exact or found
        return self._run(matching[0]) if len(matching) == 1 else None

    def executions(self, ids: Iterable[int]) -> list[Execution]:
        """The executions with these ids, in the order of the ids; unknown ones are left out."""
        wanted = list(dict.fromkeys(ids))
        found = {e.id: e for e in self._store.get_executions_by_id(wanted)} if wanted else {}
        return [self._execution(found[i]) for i in wanted if i in found]

    def artifacts(self, ids: Iterable[int]) -> list[Artifact]:
        """The artifacts with these ids, in the order of the ids; unknown ones are left out."""
        wanted = list(dict.fromkeys(ids))
        found = {a.id: a for a in self._store.get_artifacts_by_id(wanted)} if wanted else {}
        return [_artifact(found[i]) for i in wanted if i in found]

    def artifacts_of_type(self, type_name: str) -> list[Artifact]:
        """Every artifact of a type, newest first."""
        found = self._store.get_artifacts_by_type(type_name)
        return [_artifact(a) for a in sorted(found, key=lambda a: a.id, reverse=True)]

    def artifacts_at(self, uri: str) -> list[Artifact]:
        """The artifacts with exactly this address, newest first."""
        return [_artifact(a) for a in sorted(self._store.get_artifacts_by_uri(uri), key=lambda a: a.id, reverse=True)]

    def inputs(self, execution_ids: Sequence[int]) -> list[tuple[int, str, int]]:
        """(execution id, input name, artifact id) of everything that went into these executions."""
        return self._events(self._of_executions(execution_ids), _INPUT_EVENTS)

    def outputs(self, execution_ids: Sequence[int]) -> list[tuple[int, str, int]]:
        """(execution id, output name, artifact id) of everything that came out of these executions."""
        return self._events(self._of_executions(execution_ids), _OUTPUT_EVENTS)

    def producers(self, artifact_ids: Sequence[int]) -> dict[int, tuple[int, str]]:
        """artifact id -> (id of the execution that made it, output name): the first one, later ones reused it."""
        made: dict[int, tuple[int, str]] = {}
        for execution, name, artifact in sorted(self._events(self._of_artifacts(artifact_ids), _OUTPUT_EVENTS)):
            made.setdefault(artifact, (execution, name))
        return made

    def consumers(self, artifact_ids: Sequence[int]) -> list[tuple[int, str, int]]:
        """(execution id, input name, artifact id) of every execution that took one of these artifacts."""
        return self._events(self._of_artifacts(artifact_ids), _INPUT_EVENTS)

    def _of_executions(self, ids: Sequence[int]) -> Sequence[pb.Event]:
        return self._store.get_events_by_execution_ids(ids) if ids else ()

    def _of_artifacts(self, ids: Sequence[int]) -> Sequence[pb.Event]:
        return self._store.get_events_by_artifact_ids(ids) if ids else ()

    @staticmethod
    def _events(events: Iterable[pb.Event], kinds: tuple[int, ...]) -> list[tuple[int, str, int]]:
        return [
            (e.execution_id, next((s.key for s in e.path.steps if s.HasField("key")), ""), e.artifact_id)
            for e in events
            if e.type in kinds
        ]

    def _contexts(self, options: ListOptions) -> list[pb.Context]:
        if not any(context_type.name == _RUN for context_type in self._store.get_context_types()):
            return []
        return list(self._store.get_contexts(options))

    def _run(self, context: pb.Context) -> Run:
        executions = sorted(self._store.get_executions_by_context(context.id), key=lambda e: e.id)
        known = tuple(self._execution(e, run_id=context.name) for e in executions)
        pipelines = [
            c for e in executions[:1] for c in self._store.get_contexts_by_execution(e.id) if c.type == _PIPELINE
        ]
        return Run(
            run_id=context.name,
            pipeline=pipelines[0].name if pipelines else "",
            created_ms=context.create_time_since_epoch,
            properties=_values(context.properties) | _values(context.custom_properties),
            executions=known,
        )

    def _execution(self, execution: pb.Execution, run_id: str | None = None) -> Execution:
        contexts = self._store.get_contexts_by_execution(execution.id)
        node = next((c.name.partition(".")[2] for c in contexts if c.type == _NODE), execution.type.rpartition(".")[2])
        settings = _values(execution.properties) | _values(execution.custom_properties)
        return Execution(
            id=execution.id,
            node=node,
            type=execution.type,
            run_id=run_id or next((c.name for c in contexts if c.type == _RUN), ""),
            state=pb.Execution.State.Name(execution.last_known_state),
            created_ms=execution.create_time_since_epoch,
            updated_ms=execution.last_update_time_since_epoch,
            settings={name: _decoded(value) for name, value in settings.items()},
        )


def _artifact(artifact: pb.Artifact) -> Artifact:
    return Artifact(
        id=artifact.id,
        type=artifact.type,
        uri=artifact.uri,
        state=pb.Artifact.State.Name(artifact.state),
        created_ms=artifact.create_time_since_epoch,
        properties=_values(artifact.properties) | _values(artifact.custom_properties),
    )


def _values(properties: Any) -> dict[str, Any]:
    from google.protobuf import json_format

    plain: dict[str, Any] = {}
    for name, value in sorted(properties.items()):
        kind = value.WhichOneof("value")
        if kind in ("string_value", "int_value", "double_value", "bool_value"):
            plain[name] = getattr(value, kind)
        elif kind == "struct_value":
            plain[name] = json_format.MessageToDict(value.struct_value)
    return plain


def _decoded(value: Any) -> Any:
    """Exec properties often hold JSON: a component's part of the configuration."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
