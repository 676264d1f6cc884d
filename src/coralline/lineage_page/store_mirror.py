"""What hangs together with what in a store, kept in memory, with the `get_*` methods that `RunHistory` asks a store by.

A store answers by id at once, but each execution's contexts and events are a query of their own. Here those come from
memory, and only the content of executions and artifacts (settings, properties) from the store. So every question of
`coralline.lineage.answers` can be asked of a store that is far away or large.
"""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ml_metadata.proto import metadata_store_pb2 as pb

from coralline.foundation.errors import UserError
from coralline.lineage.stores.dialects import RUN_CONTEXTS
from coralline.lineage.stores.store import ReadOnlyStore, open_store

_PATIENCE_S = 5.0
_NOT_SHOWN = "not-shown://"
_MOST_IDS = 500
"""In one query; each holds the store's lock for some ten milliseconds, so that whoever writes hardly waits."""


class EventLine(NamedTuple):
    """That an execution took or made an artifact; `kind` is of `pb.Event.Type`."""

    execution: int
    artifact: int
    kind: int
    name: str
    position: int

    @property
    def is_output(self) -> bool:
        """Whether the artifact was made, not taken."""
        return self.kind in (pb.Event.OUTPUT, pb.Event.DECLARED_OUTPUT, pb.Event.INTERNAL_OUTPUT)


class LockedStore:
    """A store that several threads may ask, one at a time: ML Metadata's connections know one thread only."""

    def __init__(self, address: str, store: ReadOnlyStore | None = None):
        self.address = address
        self._store = store or open_store(address)
        self._lock = threading.Lock()
        self._asked_s: float | None = None

    def ask(self, method: str, *arguments: Any, **named: Any) -> Any:
        """What the store's `get_*` method answers.

        Raises:
          UserError: the store fails, or is busy with another question for seconds.
        """
        # Whoever waits behind a question that is stuck waits no longer than the first in the queue has.
        asked_s = self._asked_s
        spent = time.monotonic() - asked_s if asked_s is not None else 0.0
        if not self._lock.acquire(timeout=max(0.0, _PATIENCE_S - spent)):
            raise UserError("the store of ML Metadata does not answer", file=self.address, fix="try again later")
        self._asked_s = time.monotonic()
        try:
            return getattr(self._store, method)(*arguments, **named)
        finally:
            self._asked_s = None
            self._lock.release()

    @property
    def is_copy(self) -> bool:
        """Whether a copy of the store's file is read, which doesn't change with it."""
        return self._store.is_copy

    def reopen(self) -> None:
        """Opens the address anew: another file may lie there."""
        store = open_store(self.address)
        with self._lock:
            self._store = store


@dataclasses.dataclass
class StoreStructure:
    """Contexts, and how executions, contexts and artifacts hang together, by id.

    Attributes:
      contexts_of: an execution's contexts.
      executions_in: the executions of each run's context.
      runs: run id -> its context.
    """

    context_types: list[pb.ContextType] = dataclasses.field(default_factory=list)
    contexts: dict[int, pb.Context] = dataclasses.field(default_factory=dict)
    contexts_of: dict[int, tuple[int, ...]] = dataclasses.field(default_factory=dict)
    executions_in: dict[int, list[int]] = dataclasses.field(default_factory=dict)
    runs: dict[str, int] = dataclasses.field(default_factory=dict)
    of_execution: dict[int, list[EventLine]] = dataclasses.field(default_factory=dict)
    of_artifact: dict[int, list[EventLine]] = dataclasses.field(default_factory=dict)

    def clear(self) -> None:
        """Forgets everything."""
        self.context_types = []
        for known in (self.contexts, self.contexts_of, self.executions_in, self.runs):
            known.clear()
        self.of_execution.clear()
        self.of_artifact.clear()

    def add_context(self, context: pb.Context) -> None:
        """A new context, or a known one that changed."""
        self.contexts[context.id] = context
        if context.type in RUN_CONTEXTS:
            self.runs[context.name] = context.id
            self.executions_in.setdefault(context.id, [])

    def add_execution(self, execution: int, contexts: Iterable[int]) -> None:
        """The contexts that an execution belongs to, which are known by now."""
        self.contexts_of[execution] = tuple(contexts)
        for context in self.contexts_of[execution]:
            within = self.executions_in.get(context)
            if within is not None and execution not in within:
                within.append(execution)

    def replace_events(self, execution: int, lines: Sequence[EventLine]) -> None:
        """An execution's events, in the place of those known."""
        for line in self.of_execution.get(execution, ()):
            self.of_artifact[line.artifact] = [e for e in self.of_artifact[line.artifact] if e.execution != execution]
        self.of_execution[execution] = list(lines)
        for line in lines:
            self.of_artifact.setdefault(line.artifact, []).append(line)


class StoreMirror(ReadOnlyStore):
    """Answers from the structure in memory, and asks the store for the rest.

    Args:
      store: the store.
      structure: what is known of it.
      executions, artifacts: some that were read just now, which aren't asked for again.
    """

    def __init__(
        self,
        store: LockedStore,
        structure: StoreStructure,
        executions: Mapping[int, pb.Execution] | None = None,
        artifacts: Mapping[int, pb.Artifact] | None = None,
    ):
        self._locked, self._structure = store, structure
        self._executions, self._artifacts = executions or {}, artifacts or {}

    def _ask(self, name: str, *arguments: Any, **named: Any) -> Any:
        return self._locked.ask(name, *arguments, **named)

    def get_context_types(self) -> list[pb.ContextType]:
        return self._structure.context_types

    def get_contexts_by_id(self, ids: Sequence[int]) -> list[pb.Context]:
        return self._by_id("get_contexts_by_id", ids, self._structure.contexts)

    def contexts_by_execution(self, execution_ids: Sequence[int]) -> dict[int, list[pb.Context]]:
        known = {i: self._structure.contexts_of.get(i) for i in execution_ids}
        unknown = [i for i, contexts in known.items() if contexts is None]
        found: dict[int, list[pb.Context]] = self._ask("contexts_by_execution", unknown) if unknown else {}
        contexts = self._structure.contexts
        return found | {i: [contexts[c] for c in of if c in contexts] for i, of in known.items() if of is not None}

    def get_executions_by_context(self, context_id: int) -> list[pb.Execution]:
        known = self._structure.executions_in.get(context_id)
        if known is None:
            found: list[pb.Execution] = self._ask("get_executions_by_context", context_id)
            return found
        return self.get_executions_by_id(known)

    def get_executions_by_id(self, ids: Sequence[int]) -> list[pb.Execution]:
        return self._by_id("get_executions_by_id", ids, self._executions)

    def get_artifacts_by_id(self, ids: Sequence[int]) -> list[pb.Artifact]:
        return self._by_id("get_artifacts_by_id", ids, self._artifacts)

    def get_events_by_execution_ids(self, ids: Iterable[int]) -> list[pb.Event]:
        return [_as_event(line) for i in ids for line in list(self._structure.of_execution.get(i, ()))]

    def get_events_by_artifact_ids(self, ids: Iterable[int]) -> list[pb.Event]:
        return [_as_event(line) for i in ids for line in list(self._structure.of_artifact.get(i, ()))]

    def _by_id(self, method: str, ids: Iterable[int], at_hand: Mapping[int, Any]) -> list[Any]:
        wanted = list(ids)
        found = [at_hand[i] for i in wanted if i in at_hand]
        missing = [i for i in wanted if i not in at_hand]
        for some in in_parts(missing):
            found += self._ask(method, some)
        return found


class RootedMirror(StoreMirror):
    """A mirror whose artifacts lie out of reach if `shows` says so of their address, for answers that read files."""

    def __init__(self, store: LockedStore, structure: StoreStructure, shows: Callable[[str], bool]):
        super().__init__(store, structure)
        self._shows = shows

    def _ask(self, name: str, *arguments: Any, **named: Any) -> Any:
        found = super()._ask(name, *arguments, **named)
        return [self._reachable(artifact) for artifact in found] if name.startswith("get_artifacts") else found

    def _reachable(self, artifact: pb.Artifact) -> pb.Artifact:
        if self._shows(artifact.uri):
            return artifact
        away = pb.Artifact()
        away.CopyFrom(artifact)
        away.uri = f"{_NOT_SHOWN}{artifact.uri}"
        return away


def as_recorded(answer: Any) -> Any:
    """An answer made from a `RootedMirror`, with the addresses that the store has."""
    if isinstance(answer, str):
        return answer.removeprefix(_NOT_SHOWN)
    if isinstance(answer, dict):
        return {key: as_recorded(value) for key, value in answer.items()}
    if isinstance(answer, list | tuple):
        return [as_recorded(value) for value in answer]
    return answer


def in_parts(ids: Sequence[int], most: int = _MOST_IDS) -> list[Sequence[int]]:
    """The ids in parts that one query may ask for."""
    return [ids[start : start + most] for start in range(0, len(ids), most)]


def _as_event(line: EventLine) -> pb.Event:
    event = pb.Event(execution_id=line.execution, artifact_id=line.artifact, type=line.kind)
    event.path.steps.add().key = line.name
    event.path.steps.add().index = line.position
    return event
