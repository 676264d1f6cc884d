"""What `coralline gc` would delete in an output folder, and what it leaves though no rule keeps it."""

from __future__ import annotations

import dataclasses
import os
import time
from pathlib import Path

from coralline.foundation.errors import UserError
from coralline.lineage.deleted_files import DELETED_BY, GC
from coralline.lineage.recorded_run import Artifact, Run
from coralline.lineage.run_history import open_lineage
from pipeline.housekeeping.folder_contents import FolderContents, look_into
from pipeline.housekeeping.kept_artifacts import (
    contains,
    kept_artifacts,
    kept_runs,
    paths_in,
    publishing_places,
)
from pipeline.housekeeping.recorded_graph import RecordedGraph
from pipeline.housekeeping.unrecorded_files import Unrecorded, unrecorded_files
from pipeline.running.out_folder import OutFolder
from pipeline.running.store_locks import living_runs

MARKED, DELETED = "MARKED_FOR_DELETION", "DELETED"


@dataclasses.dataclass(frozen=True)
class Removal:
    """What would go, or has gone.

    Attributes:
      kind: artifact, training, output, log, summary or scratch.
      path: the folder or file.
      bytes: of disk.
      reason: why nothing needs it.
      artifact, type, run_id: of an artifact: its number and type in the store, and the run that made it.
    """

    kind: str
    path: str
    bytes: int
    reason: str
    artifact: int | None = None
    type: str | None = None
    run_id: str | None = None


@dataclasses.dataclass(frozen=True)
class LeftAlone:
    """What no rule keeps, and why it stays nevertheless."""

    path: str
    reason: str


@dataclasses.dataclass(frozen=True)
class KeptEntry:
    """An artifact whose files are kept."""

    artifact: int
    type: str
    path: str
    reason: str


@dataclasses.dataclass(frozen=True)
class DeletionPlan:
    """What is to be deleted, in this order, and what stays.

    Attributes:
      out: the output folder.
      removals: unrecorded files first: deleting them needs no room in the store.
      left: what stays though no rule keeps it.
      kept: the artifacts that a rule keeps.
      runs: the runs that are kept whole.
      running: the runs that are going on now.
    """

    out: OutFolder
    removals: list[Removal]
    left: list[LeftAlone]
    kept: list[KeptEntry]
    runs: list[str]
    running: list[str]


@dataclasses.dataclass(frozen=True)
class Choice:
    """What the user asked for; `older_than_s` None: whatever its age."""

    keep_last: int
    keep_published: bool
    older_than_s: float | None = None


def plan_deletion(out: OutFolder, choice: Choice) -> DeletionPlan:
    """Looks at the store and the folder; changes nothing.

    Raises:
      UserError: there is no store, or it can't be read.
    """
    _require_own_root(out)
    graph = RecordedGraph.read(open_lineage(out.store))
    runs = kept_runs(graph, choice.keep_last)
    kept = kept_artifacts(graph, runs, choice.keep_published, out.published)
    before_ms = None if choice.older_than_s is None else (time.time() - choice.older_than_s) * 1000
    recorded = _Recorded(out, graph, kept, _never_touched(out, graph, kept), before_ms)
    removals, left = recorded.removals()
    for found in unrecorded_files(out, graph, runs, kept):
        contents = look_into(found.path)
        if contents is None or (before_ms is not None and contents.newest_ms > before_ms):
            continue
        obstacle = contents.obstacle or recorded.obstacle_near(found.path)
        if obstacle is not None:
            left.append(LeftAlone(found.path, obstacle))
        else:
            removals.append(_removal(found, contents))
    removals.sort(key=lambda r: (r.kind == "artifact", r.artifact or 0, r.path))
    stay = [graph.artifacts[i] for i in sorted(kept) if not _began_to_delete(graph.artifacts[i])]
    entries = [KeptEntry(artifact.id, artifact.type, artifact.uri, kept[artifact.id]) for artifact in stay]
    return DeletionPlan(out, removals, left, entries, [run.run_id for run in runs], living_runs(out.store))


def _require_own_root(out: OutFolder) -> None:
    """Numbers of executions in folders' names mean something in their own store only."""
    other = Path(os.path.realpath(out.artifacts)).parent / out.store.name
    if other.exists() and not (out.store.exists() and other.samefile(out.store)):
        raise UserError(
            "the artifacts of this output folder belong to another one",
            file=out.artifacts,
            expected="a folder, or a link to one that no other store is beside",
            found=f"a link to what {other} records",
            fix=f"name {other.parent}",
        )


def _removal(found: Unrecorded, contents: FolderContents) -> Removal:
    return Removal(found.kind, found.path, contents.bytes, found.reason, run_id=found.run_id)


def _never_touched(out: OutFolder, graph: RecordedGraph, kept: dict[int, str]) -> list[str]:
    """Places that nothing is deleted in or around: data, publishing folders, the page of `report`, kept artifacts."""
    places = {*paths_in([*publishing_places(graph), str(out.published), str(out.report)])}
    for execution in graph.executions.values():
        places |= set(paths_in(execution.settings.get("data")))
    for artifact in kept:
        if not _began_to_delete(graph.artifacts[artifact]):
            places |= set(paths_in(graph.artifacts[artifact].uri))
    return sorted(places)


class _Recorded:
    """Goes through the artifacts that no rule keeps."""

    def __init__(
        self, out: OutFolder, graph: RecordedGraph, kept: dict[int, str], never: list[str], before_ms: float | None
    ):
        self._graph, self._kept, self._before_ms = graph, kept, before_ms
        self._root = os.path.realpath(out.artifacts)
        # A place around the pipeline root, such as a data set that the output folder lies in, forbids nothing.
        self._never = {place for place in never if not contains(place, self._root)}
        self._around = {str(above): place for place in self._never for above in (Path(place), *Path(place).parents)}
        self._run_of = {e.id: run for run in graph.runs for e in run.executions}

    def removals(self) -> tuple[list[Removal], list[LeftAlone]]:
        removals: list[Removal] = []
        left: list[LeftAlone] = []
        for artifact in self._graph.artifacts.values():
            if artifact.id in self._kept and not _began_to_delete(artifact):
                continue
            if not _began_to_delete(artifact) and not _there(artifact):
                continue
            if self._before_ms is not None and self._graph.last_used_ms(artifact.id) > self._before_ms:
                continue
            found = self._look_at(artifact)
            (removals if isinstance(found, Removal) else left).append(found)  # type: ignore[arg-type]
        return removals, left

    def _look_at(self, artifact: Artifact) -> Removal | LeftAlone:
        place = self._place(artifact)
        if place is None:
            return LeftAlone(artifact.uri, "it isn't where a run in this output folder writes: never deleted")
        if near := self.obstacle_near(place):
            return LeftAlone(place, near)
        made_by, _ = self._graph.maker[artifact.id]
        run = self._run_of[made_by]
        marked = _began_to_delete(artifact)
        contents = look_into(place) or FolderContents(0, "", 0, None)
        if contents.obstacle is not None:
            return LeftAlone(place, contents.obstacle)
        if not marked and (new := contents.changed_since(self._graph.executions[made_by].updated_ms)):
            return LeftAlone(place, f"{new} was changed after the run had made it: somebody may need it")
        reason = "an earlier gc began to delete it" if marked else _reason(artifact, run)
        return Removal("artifact", place, contents.bytes, reason, artifact.id, artifact.type, run.run_id)

    def obstacle_near(self, path: str) -> str | None:
        """That a path holds, or lies in, a place that nothing is deleted in or around; None if it doesn't."""
        above = (str(place) for place in (Path(path), *Path(path).parents))
        near = next((place for place in above if place in self._never), self._around.get(path))
        return None if near is None else f"it holds, or lies in, what is kept: {near}"

    def _place(self, artifact: Artifact) -> str | None:
        """Its folder, if that is `<root>/<node>/<output>/<execution>` of its maker and no link leads there."""
        if artifact.id not in self._graph.maker or artifact.properties.get("is_external"):
            return None
        made_by, output = self._graph.maker[artifact.id]
        expected = os.path.join(self._root, self._graph.executions[made_by].node, output, str(made_by))
        given = artifact.uri.removeprefix("file://").rstrip("/")
        if not given.startswith("/") or os.path.realpath(given) != expected or os.path.islink(given):
            return None
        return expected if os.path.relpath(expected, self._root).count(os.sep) == 2 else None


def _reason(artifact: Artifact, run: Run) -> str:
    if artifact.state == DELETED:
        return f"run {run.run_id} made it, and it is recorded as deleted"
    return f"run {run.run_id} made it; nothing that is kept needs it"


def _began_to_delete(artifact: Artifact) -> bool:
    return artifact.state == MARKED and artifact.properties.get(DELETED_BY) == GC


def _there(artifact: Artifact) -> bool:
    return any(os.path.lexists(path) for path in paths_in(artifact.uri))
