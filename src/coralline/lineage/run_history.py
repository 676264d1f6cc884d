"""What a store of ML Metadata holds, in a pipeline's terms: runs, executions, artifacts, and how they hang together.

How TFX and Kubeflow Pipelines write each of them is in `tfx_dialect`, `kfp_dialect` and, for their older releases,
`older_tfx_dialect` and `kfp_v1_dialect`; a store may hold what several wrote.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from os import PathLike
from typing import Any

from ml_metadata import ListOptions, OrderByField
from ml_metadata.proto import metadata_store_pb2 as pb

from coralline.lineage.recorded_names import CODE_VERSION
from coralline.lineage.recorded_run import Artifact, Execution, Run
from coralline.lineage.stores.dialect import plain_values
from coralline.lineage.stores.dialects import DIALECTS, dialect_of, setting_value
from coralline.lineage.stores.store import ReadOnlyStore, open_store

_PIPELINES = tuple(dialect.pipeline_context for dialect in DIALECTS)
_OUTPUT_EVENTS = (pb.Event.OUTPUT, pb.Event.DECLARED_OUTPUT, pb.Event.INTERNAL_OUTPUT)
_INPUT_EVENTS = (pb.Event.INPUT, pb.Event.DECLARED_INPUT, pb.Event.INTERNAL_INPUT)


def open_lineage(store: str | PathLike[str]) -> RunHistory:
    """Opens the lineage that runs have recorded in ML Metadata, for reading.

    Args:
      store: the output folder of runs, a SQLite file, `grpc://host:port` (ML Metadata's service, as Kubeflow Pipelines
        runs it), or `mysql://` or `postgresql://user:password@host:port/database`.

    Raises:
      UserError: there is no store, or it can't be read.
    """
    return RunHistory(open_store(store))


_NAMES_AT_ONCE = 100


class RunHistory:
    """Reads runs, executions and artifacts from a store."""

    def __init__(self, store: ReadOnlyStore):
        self._store = store
        # What never changes, so that it's asked for once: an execution's contexts, and the loops that tasks are in.
        self._contexts_of: dict[int, Sequence[pb.Context]] = {}
        self._parts: dict[int, pb.Execution] = {}

    def runs(self, limit: int | None = None, skip: int = 0) -> list[Run]:
        """The newest runs first, without the `skip` newest."""
        return self.runs_of(self._run_contexts(limit=None if limit is None else limit + skip)[skip:])

    def runs_of(self, contexts: Sequence[pb.Context]) -> list[Run]:
        """The runs that these contexts of the store are; their types are in `dialects.RUN_CONTEXTS`."""
        return self._with_code(self._runs(contexts))

    def run(self, run_id: str) -> Run | None:
        """The run with this id; `latest` is the newest; else the only one whose id begins so."""
        if run_id == "latest":
            return next(iter(self.runs(1)), None)
        found = self._beginning(run_id)
        exact = [context for context in found if context.name == run_id]
        matching = exact or found
        return self.runs_of(matching)[0] if len(matching) == 1 else None

    def runs_named(self, run_ids: Iterable[str]) -> list[Run]:
        """The runs with these ids, the newest first; unknown ones are left out."""
        wanted = set(run_ids)
        plain = sorted(run_id for run_id in wanted if _pattern(run_id) == run_id)
        found = [c for run_id in wanted.difference(plain) for c in self._beginning(run_id) if c.name == run_id]
        for first in range(0, len(plain), _NAMES_AT_ONCE):
            names = ", ".join(f"'{run_id}'" for run_id in plain[first : first + _NAMES_AT_ONCE])
            found += self._run_contexts(f"name IN ({names})")
        newest_first = sorted(found, key=lambda c: (c.create_time_since_epoch, c.id), reverse=True)
        return self.runs_of(newest_first)

    def run_ids(self, beginning: str = "") -> list[str]:
        """The ids of runs that begin so, the newest first."""
        return [context.name for context in (self._beginning(beginning) if beginning else self._run_contexts())]

    def runs_before(self, run: Run) -> Iterator[Run]:
        """The runs of the same pipeline that began before this one, the newest first, each read when it's asked for."""
        older = self._run_contexts(f"create_time_since_epoch <= {run.created_ms}")
        # Two runs may have begun in the same millisecond; ids rise.
        place = next((i for i, context in enumerate(older) if context.name == run.run_id), len(older))
        for context in older[place + 1 :]:
            (found,) = self.runs_of([context])
            if found.pipeline == run.pipeline:
                yield found

    def _beginning(self, run_id: str) -> list[pb.Context]:
        return [c for c in self._run_contexts(f"name LIKE '{_pattern(run_id)}%'") if c.name.startswith(run_id)]

    def executions(self, ids: Iterable[int]) -> list[Execution]:
        """The executions with these ids, in the order of the ids; unknown ones are left out."""
        wanted = list(dict.fromkeys(ids))
        found = {e.id: e for e in self._store.get_executions_by_id(wanted)} if wanted else {}
        self._learn_contexts(found)
        return [self._execution(found[i]) for i in wanted if i in found]

    def artifacts(self, ids: Iterable[int]) -> list[Artifact]:
        """The artifacts with these ids, in the order of the ids; unknown ones are left out."""
        wanted = list(dict.fromkeys(ids))
        found = {a.id: a for a in self._store.get_artifacts_by_id(wanted)} if wanted else {}
        return [_artifact(found[i]) for i in wanted if i in found]

    def artifacts_of_type(self, type_name: str) -> list[Artifact]:
        """Every artifact of a type, newest first."""
        names = dict.fromkeys(name for dialect in DIALECTS for name in dialect.stored_types(type_name))
        found = [artifact for name in names for artifact in self._store.get_artifacts_by_type(name)]
        return [_artifact(a) for a in sorted(found, key=lambda a: a.id, reverse=True)]

    def newest_artifacts(self, limit: int, skip: int = 0, type_name: str | None = None) -> list[Artifact]:
        """Artifacts of a type, or of every type, newest first, without the `skip` newest."""
        stored = dict.fromkeys(n for dialect in DIALECTS for n in dialect.stored_types(type_name)) if type_name else {}
        quoted = (name.replace("\\", "\\\\").replace("'", "\\'") for name in stored)
        query = " OR ".join(f"type = '{name}'" for name in quoted) or None
        options = ListOptions(limit=limit + skip, order_by=OrderByField.ID, is_asc=False, filter_query=query)
        return [_artifact(artifact) for artifact in list(self._store.get_artifacts(options))[skip:]]

    def artifact_types(self) -> list[str]:
        """The names of the types that the store knows, as TFX has them."""
        stored = [str(known.name) for known in self._store.get_artifact_types()]
        return sorted({DIALECTS[0].artifact_type(name) for name in stored})

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

    def _run_contexts(self, query: str | None = None, limit: int | None = None) -> list[pb.Context]:
        known = {context_type.name for context_type in self._store.get_context_types()}
        wanted = [f"type = '{dialect.run_context}'" for dialect in DIALECTS if dialect.run_context in known]
        if not wanted:
            return []
        conditions = [f"({' OR '.join(wanted)})", *([query] if query else [])]
        newest = ListOptions(
            limit=limit, order_by=OrderByField.CREATE_TIME, is_asc=False, filter_query=" AND ".join(conditions)
        )
        return list(self._store.get_contexts(newest))

    def _runs(self, contexts: Sequence[pb.Context]) -> list[Run]:
        of_run = {c.id: sorted(self._store.get_executions_by_context(c.id), key=lambda e: e.id) for c in contexts}
        named = [e for executions in of_run.values() for e in executions if dialect_of(e).names_by_context]
        self._learn_contexts(e.id for e in (*named, *(e for executions in of_run.values() for e in executions[:1])))
        return [self._run(context, of_run[context.id]) for context in contexts]

    def _run(self, context: pb.Context, executions: Sequence[pb.Execution]) -> Run:
        self._parts.update({e.id: e for e in executions if not dialect_of(e).is_step(e)})
        known = tuple(self._execution(e, run_id=context.name) for e in executions if dialect_of(e).is_step(e))
        pipelines = [c.name for e in executions[:1] for c in self._contexts_by_execution(e.id) if c.type in _PIPELINES]
        return Run(
            run_id=context.name,
            pipeline=pipelines[0] if pipelines else "",
            created_ms=context.create_time_since_epoch,
            properties=plain_values(context.properties) | plain_values(context.custom_properties),
            executions=known,
        )

    def _with_code(self, runs: list[Run]) -> list[Run]:
        """These runs, the code version among their properties, if only what they made themselves says it."""
        unknown = [run for run in runs if not any(name in run.properties for name in CODE_VERSION)]
        ran = {e.id: run.run_id for run in unknown for e in run.executions if e.state != "CACHED" and not e.resolves}
        made = self.outputs(list(ran))
        artifacts = {artifact.id: artifact.properties for artifact in self.artifacts(i for _, _, i in made)}
        code: dict[str, dict[str, Any]] = {}
        for execution, _, artifact in made:
            known = artifacts.get(artifact, {})
            if found := {name: known[name] for name in CODE_VERSION if name in known}:
                code.setdefault(ran[execution], found)
        return [dataclasses.replace(run, properties=run.properties | code.get(run.run_id, {})) for run in runs]

    def _execution(self, execution: pb.Execution, run_id: str | None = None) -> Execution:
        dialect = dialect_of(execution)
        named = dialect.names_by_context or run_id is None
        contexts = self._contexts_by_execution(execution.id) if named else ()
        return Execution(
            id=execution.id,
            node=dialect.node(execution, contexts, self._above(execution)),
            type=execution.type,
            run_id=run_id or next((c.name for c in contexts if c.type == dialect.run_context), ""),
            state=dialect.state(execution),
            created_ms=execution.create_time_since_epoch,
            updated_ms=execution.last_update_time_since_epoch,
            settings={name: setting_value(value) for name, value in dialect.settings(execution).items()},
            details=dialect.details(execution),
            failure=dialect.failure(execution),
        )

    def _learn_contexts(self, execution_ids: Iterable[int]) -> None:
        """Asks for these executions' contexts at once, which is a query each otherwise."""
        unknown = [i for i in dict.fromkeys(execution_ids) if i not in self._contexts_of]
        self._contexts_of.update(self._store.contexts_by_execution(unknown))

    def _contexts_by_execution(self, execution_id: int) -> Sequence[pb.Context]:
        self._learn_contexts([execution_id])
        return self._contexts_of[execution_id]

    def _above(self, execution: pb.Execution) -> list[pb.Execution]:
        """What an execution is a part of, the outermost first."""
        above: list[pb.Execution] = []
        parent = dialect_of(execution).parent(execution)
        while parent is not None and parent not in (part.id for part in above):
            if parent not in self._parts:
                self._parts.update({part.id: part for part in self._store.get_executions_by_id([parent])})
            if parent not in self._parts:
                break
            above.insert(0, self._parts[parent])
            parent = dialect_of(above[0]).parent(above[0])
        return above


def _pattern(text: str) -> str:
    """For LIKE, with `_`, which is any character, for what would need an escape: databases differ in those."""
    return "".join(c if c.isascii() and (c.isalnum() or c in " .:-+/@_") else "_" for c in text)


def _artifact(artifact: pb.Artifact) -> Artifact:
    dialect = dialect_of(artifact)
    return Artifact(
        id=artifact.id,
        type=dialect.artifact_type(artifact.type),
        uri=artifact.uri,
        state=pb.Artifact.State.Name(artifact.state),
        created_ms=artifact.create_time_since_epoch,
        properties=dialect.properties(artifact),
    )
