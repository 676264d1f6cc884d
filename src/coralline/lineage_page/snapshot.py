"""A store in memory, slim: an execution or artifact in some hundred bytes, for each run its line of the table.

Settings and properties, of which a store may hold megabytes, stay where they are and are asked for by id.
"""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable

from coralline.lineage.answers.run_table import RunRow, ServedVersions
from coralline.lineage.run_history import RunHistory
from coralline.lineage_page.store_mirror import EventLine, LockedStore, RootedMirror, StoreMirror, StoreStructure


@dataclasses.dataclass(frozen=True, slots=True)
class KnownExecution:
    """An execution without its settings; `failure` may be cut short. Times are ms since the epoch."""

    id: int
    type: str
    node: str
    run_id: str
    state: str
    created_ms: int
    updated_ms: int
    failure: str | None


@dataclasses.dataclass(frozen=True, slots=True)
class KnownArtifact:
    """An artifact without its properties."""

    id: int
    type: str
    uri: str
    state: str
    created_ms: int
    name: str


@dataclasses.dataclass
class Snapshot:
    """What is known of a store. Whoever changes it, or walks over it, holds `lock`.

    Attributes:
      store: where content comes from.
      structure: contexts and events.
      executions, artifacts: by id.
      rows: the table of runs, by the run's id.
      served: of each published address, whether it's served now; None: that can't be asked from here.
      words: what the line of each run is found by, in small letters.
      version: rises whenever something changed; also from one start of the server to the next.
      loading: whether the store is still being read for the first time, the newest runs first.
      problem: why the store can't be read now, in words; what is known may be old then.
      problem_since_ms: when that began.
    """

    store: LockedStore
    structure: StoreStructure = dataclasses.field(default_factory=StoreStructure)
    executions: dict[int, KnownExecution] = dataclasses.field(default_factory=dict)
    artifacts: dict[int, KnownArtifact] = dataclasses.field(default_factory=dict)
    rows: dict[str, RunRow] = dataclasses.field(default_factory=dict)
    served: dict[str, bool | None] = dataclasses.field(default_factory=dict)
    words: dict[str, str] = dataclasses.field(default_factory=dict)
    version: int = dataclasses.field(default_factory=lambda: int(time.time()))
    loading: bool = True
    problem: str | None = None
    problem_since_ms: int | None = None
    lock: threading.RLock = dataclasses.field(default_factory=threading.RLock)

    @property
    def history(self) -> RunHistory:
        """For the questions of `coralline.lineage.answers`."""
        return RunHistory(StoreMirror(self.store, self.structure))

    def history_within(self, shows: Callable[[str], bool]) -> RunHistory:
        """For questions that read artifacts' files: those whose address `shows` is false for can't be read."""
        return RunHistory(RootedMirror(self.store, self.structure, shows))

    def set_row(self, row: RunRow) -> None:
        """A run's line, new or changed."""
        told = (row.run_id, row.pipeline, row.data, row.data_fingerprint, row.preset, row.published, row.failure)
        with self.lock:
            self.rows[row.run_id] = row
            self.words[row.run_id] = "\n".join(str(text) for text in (*told, *row.code.values()) if text).lower()

    def rows_newest_first(self) -> list[RunRow]:
        """The table of runs, with what is served now."""
        with self.lock:
            rows = sorted(self.rows.values(), key=lambda row: (row.began_ms, row.run_id), reverse=True)
            return [self._with_served(row) for row in rows]

    def row(self, run_id: str) -> RunRow:
        """A run's line, with whether its model is served now. Raises KeyError."""
        return self._with_served(self.rows[run_id])

    def see_served(self) -> bool:
        """Looks at what is served now, which a rollback changes, but no store; gives whether that changed."""
        with self.lock:
            published = {row.published for row in self.rows.values() if row.published}
        places = ServedVersions()
        served = {address: places.serves(address) for address in published}
        changed = served != self.served
        self.served = served
        return changed

    def _with_served(self, row: RunRow) -> RunRow:
        served = self.served.get(row.published, row.served) if row.published else None
        return row if row.served is served else dataclasses.replace(row, served=served)

    def events_of(self, kind: str, number: int) -> list[EventLine]:
        """What an `execution` took and made, or by which executions an `artifact` was."""
        known = self.structure.of_execution if kind == "execution" else self.structure.of_artifact
        return list(known.get(number, ()))

    def clear(self) -> None:
        """Forgets everything: another store lies at the address."""
        with self.lock:
            self.structure.clear()
            for known in (self.executions, self.artifacts, self.rows, self.words):
                known.clear()
            self.loading = True
            self.version += 1
