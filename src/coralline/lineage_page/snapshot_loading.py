"""Reads a store into a snapshot, the newest runs first, and later what changed in it.

Each query is small: on SQLite a reader keeps a writer from its commit for as long as the query lasts. What changed is
found by ML Metadata's own times of change and by new ids, which costs three queries when nothing did.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from ml_metadata import ListOptions, OrderByField
from ml_metadata.proto import metadata_store_pb2 as pb

from coralline.foundation.errors import UserError
from coralline.lineage.answers.run_table import run_row
from coralline.lineage.lineage_steps import steps_of
from coralline.lineage.recorded_run import Execution
from coralline.lineage.run_history import RunHistory
from coralline.lineage.stores.dialects import dialect_of
from coralline.lineage_page.snapshot import KnownArtifact, KnownExecution, Snapshot
from coralline.lineage_page.store_mirror import EventLine, LockedStore, StoreMirror, in_parts

_PAGE, _SUBGRAPH_MOST = 200, 100
"""Executions read at a time; of how many ML Metadata answers one request for associations (at most 100)."""

_OVERLAP_MS = 10_000
"""Writers' clocks may differ by so much."""

_LONGEST_FAILURE = 300
_OPEN_STATES = ("RUNNING", "NEW", "UNKNOWN")
_MOST_OPEN = 50


class SnapshotLoader:
    """Fills a snapshot from a store.

    Args:
      snapshot: it.
      store: a connection of its own, so that a long reading keeps nobody waiting who asks for content.
    """

    def __init__(self, snapshot: Snapshot, store: LockedStore):
        self._snapshot, self._store = snapshot, store
        self._changed_ms = dict.fromkeys(("contexts", "executions", "artifacts"), 0)
        self._highest = dict.fromkeys(("contexts", "executions", "artifacts"), 0)

    def load(self, between: Callable[[], None] = lambda: None) -> None:
        """Reads the whole store into an empty snapshot; `between` is called after each page.

        Raises:
          UserError: it can't be read.
        """
        self._changed_ms = dict.fromkeys(self._changed_ms, 0)
        self._highest = dict.fromkeys(self._highest, 0)
        self._take_contexts(self._changed("contexts"))
        below = ""
        while page := self._ask("get_executions", _newest(_PAGE, below)):
            self._take_executions(page)
            below = f"id < {min(execution.id for execution in page)}"
            between()
        self._take_artifacts(self._unconnected())
        self._rows_of(set(self._snapshot.structure.runs) - set(self._snapshot.rows), {}, {})
        self._snapshot.loading = False
        self._snapshot.version += 1

    def update(self) -> bool:
        """Reads what changed since; gives whether anything did.

        Raises:
          UserError: the store can't be read; what was known stays.
        """
        contexts = [c for c in self._changed("contexts") if self._snapshot.structure.contexts.get(c.id) != c]
        executions = [e for e in self._changed("executions") if self._is_news(e)]
        taken = {execution.id for execution in executions}
        executions += [e for e in self._with_new_events() if e.id not in taken]
        artifacts = [a for a in self._changed("artifacts") if self._snapshot.artifacts.get(a.id) != _known_artifact(a)]
        self._take_contexts(contexts)
        for start in range(0, len(executions), _PAGE):
            self._take_executions(executions[start : start + _PAGE])
        self._take_artifacts(artifacts)
        self._rows_of(self._runs_touched(contexts, artifacts), {}, {})
        changed = bool(contexts or executions or artifacts)
        if changed:
            self._snapshot.version += 1
        return changed

    def _ask(self, method: str, *arguments: Any) -> Any:
        return self._store.ask(method, *arguments)

    def _changed(self, kind: str) -> list[Any]:
        since, above = self._changed_ms[kind], self._highest[kind]
        wanted = f"id > {above} OR last_update_time_since_epoch >= {since}" if above else None
        found = self._ask(f"get_{kind}", ListOptions(filter_query=wanted, order_by=OrderByField.ID, is_asc=False))
        self._note(kind, found)
        return list(found)

    def _note(self, kind: str, found: Iterable[Any]) -> None:
        now_ms = int(time.time() * 1000)
        for node in found:
            self._highest[kind] = max(self._highest[kind], node.id)
            changed_ms = min(node.last_update_time_since_epoch, now_ms) - _OVERLAP_MS
            self._changed_ms[kind] = max(self._changed_ms[kind], changed_ms)

    def _is_news(self, execution: pb.Execution) -> bool:
        known = self._snapshot.executions.get(execution.id)
        return known is None or known.updated_ms != execution.last_update_time_since_epoch

    def _with_new_events(self) -> list[pb.Execution]:
        """Executions that aren't over, and took or made something without being changed themselves."""
        known = self._snapshot.executions
        unfinished = sorted((i for i, e in list(known.items()) if e.state in _OPEN_STATES), reverse=True)[:_MOST_OPEN]
        found: dict[int, set[EventLine]] = {i: set() for i in unfinished}
        for event in self._ask("get_events_by_execution_ids", unfinished) if unfinished else ():
            found[event.execution_id].add(_line(event))
        new = [i for i in unfinished if found[i] != set(self._snapshot.events_of("execution", i))]
        return list(self._by_id("get_executions_by_id", new))

    def _take_contexts(self, contexts: Iterable[pb.Context]) -> None:
        structure = self._snapshot.structure
        if any(context.type_id not in (known.id for known in structure.context_types) for context in contexts):
            structure.context_types = list(self._ask("get_context_types"))
        with self._snapshot.lock:
            for context in contexts:
                structure.add_context(context)

    def _take_executions(self, page: Sequence[pb.Execution]) -> None:
        """Executions with their contexts, events and artifacts, and the lines of their runs."""
        self._note("executions", page)
        snapshot, ids = self._snapshot, [execution.id for execution in page]
        contexts_of = self._contexts_of(ids)
        unknown = {c for found in contexts_of.values() for c in found} - set(snapshot.structure.contexts)
        self._take_contexts(self._by_id("get_contexts_by_id", unknown))
        lines: dict[int, list[EventLine]] = {i: [] for i in ids}
        for some in in_parts(ids, _SUBGRAPH_MOST):
            for event in self._ask("get_events_by_execution_ids", some):
                lines[event.execution_id].append(_line(event))
        needed = {line.artifact for found in lines.values() for line in found if line.is_output}
        needed |= {line.artifact for found in lines.values() for line in found} - set(snapshot.artifacts)
        artifacts = {artifact.id: artifact for artifact in self._by_id("get_artifacts_by_id", needed)}
        with snapshot.lock:
            for i in ids:
                snapshot.structure.add_execution(i, contexts_of.get(i, ()))
                snapshot.structure.replace_events(i, lines[i])
        self._take_artifacts(artifacts.values())
        self._take_runs({execution.id: execution for execution in page}, artifacts)

    def _take_runs(self, page: dict[int, pb.Execution], artifacts: dict[int, pb.Artifact]) -> None:
        """What is known of executions whose structure is, and the lines of their runs."""
        structure = self._snapshot.structure
        contexts = {c for i in page for c in structure.contexts_of[i] if c in structure.executions_in}
        runs = [structure.contexts[context].name for context in contexts]
        seen = {e.id: e for e in self._rows_of(runs, page, artifacts) if e.id in page}
        history = RunHistory(StoreMirror(self._store, structure, page, artifacts))
        for execution in (*seen.values(), *history.executions(i for i in page if i not in seen)):
            self._snapshot.executions[execution.id] = _known_execution(execution)

    def _contexts_of(self, ids: Sequence[int]) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {i: [] for i in ids}
        for some in in_parts(ids, _SUBGRAPH_MOST):
            options = pb.LineageSubgraphQueryOptions(max_num_hops=0)
            options.starting_executions.filter_query = f"id IN ({', '.join(map(str, some))})"
            try:
                graph = self._ask("get_lineage_subgraph", options, ["associations"])
            except UserError:  # a service that is older than this request (ML Metadata 1.14)
                for i in some:
                    found[i] = [context.id for context in self._ask("get_contexts_by_execution", i)]
                continue
            for association in graph.associations:
                found[association.execution_id].append(association.context_id)
        return found

    def _by_id(self, method: str, ids: Iterable[int]) -> Iterator[Any]:
        for some in in_parts(sorted(ids)):
            yield from self._ask(method, some)

    def _take_artifacts(self, artifacts: Iterable[pb.Artifact]) -> None:
        found = list(artifacts)
        self._note("artifacts", found)
        with self._snapshot.lock:
            for artifact in found:
                self._snapshot.artifacts[artifact.id] = _known_artifact(artifact)

    def _unconnected(self) -> Iterator[pb.Artifact]:
        """Artifacts that no execution took or made."""
        newest = self._ask("get_artifacts", _newest(1))
        missing = [i for i in range(1, newest[0].id + 1) if i not in self._snapshot.artifacts] if newest else []
        return self._by_id("get_artifacts_by_id", missing)

    def _runs_touched(self, contexts: Iterable[pb.Context], artifacts: Iterable[pb.Artifact]) -> set[str]:
        made_by = {e.execution for a in artifacts for e in self._snapshot.events_of("artifact", a.id) if e.is_output}
        runs = {self._snapshot.executions[i].run_id for i in made_by if i in self._snapshot.executions}
        return runs | {context.name for context in contexts if context.name in self._snapshot.structure.runs}

    def _rows_of(
        self, run_ids: Iterable[str], executions: dict[int, pb.Execution], artifacts: dict[int, pb.Artifact]
    ) -> list[Execution]:
        """Writes the lines of these runs, and gives their executions; what was read just now isn't asked for again."""
        structure, seen = self._snapshot.structure, list[Execution]()
        history = RunHistory(StoreMirror(self._store, structure, executions, artifacts))
        for run_id in run_ids:
            context = structure.contexts.get(structure.runs.get(run_id, 0))
            if context is None:
                continue
            (run,) = history.runs_of([context])
            self._snapshot.set_row(run_row(history, run, steps_of(history, run.executions)))
            seen += run.executions
        return seen


def _known_execution(execution: Execution) -> KnownExecution:
    return KnownExecution(
        execution.id,
        execution.type,
        execution.node,
        execution.run_id,
        execution.state,
        execution.created_ms,
        execution.updated_ms,
        execution.failure[:_LONGEST_FAILURE] if execution.failure else None,
    )


def _newest(limit: int, query: str = "") -> ListOptions:
    return ListOptions(limit=limit, order_by=OrderByField.ID, is_asc=False, filter_query=query or None)


def _line(event: pb.Event) -> EventLine:
    name = next((step.key for step in event.path.steps if step.HasField("key")), "")
    index = next((step.index for step in event.path.steps if step.HasField("index")), 0)
    return EventLine(event.execution_id, event.artifact_id, event.type, name, index)


def _known_artifact(artifact: pb.Artifact) -> KnownArtifact:
    return KnownArtifact(
        artifact.id,
        dialect_of(artifact).artifact_type(artifact.type),
        artifact.uri,
        pb.Artifact.State.Name(artifact.state),
        artifact.create_time_since_epoch,
        artifact.name,
    )
