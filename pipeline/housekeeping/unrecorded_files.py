"""What a run leaves in its output folder beside artifacts: checkpoints, outputs of failed executions, logs, scratch.

Only what has a name that a run gives is looked at; everything else in the folder is somebody's own.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from coralline.lineage.recorded_run import Execution, Run
from pipeline.housekeeping.folder_contents import look_into
from pipeline.housekeeping.kept_artifacts import paths_in
from pipeline.housekeeping.recorded_graph import RecordedGraph
from pipeline.running.out_folder import OutFolder
from pipeline.running.store_locks import is_held, living_runs

_RUN_ID = r"\d{8}-\d{6}-[0-9a-f]{4}"  # local_runner.new_run_id
_LOG, _SUMMARY = re.compile(rf"({_RUN_ID})\.log"), re.compile(rf"({_RUN_ID})(?:-\d+)?\.json")
_SUMMARY_ASIDE = re.compile(rf"({_RUN_ID})(?:-\d+)?\.\d+")  # of a writer that was killed
_REPORT_ASIDE = re.compile(r"\.report\.\d+")
_TRAINING = re.compile(r"[0-9a-f]{16}")
_NUMBER = re.compile(r"\d{1,18}")
_TRAININGS, _SYSTEM, _EXECUTOR = ".training", ".system", "executor_execution"
_SLACK_MS = 60_000
_ENDED_BADLY = ("FAILED", "CANCELED", "RUNNING", "NEW")  # RUNNING without a living run: killed


@dataclasses.dataclass(frozen=True)
class Unrecorded:
    """A file or folder that no artifact is recorded for."""

    kind: str
    path: str
    reason: str
    run_id: str | None = None


def unrecorded_files(
    out: OutFolder, graph: RecordedGraph, kept: list[Run], kept_artifacts: Iterable[int]
) -> Iterator[Unrecorded]:
    """What may go: nothing that a kept run, a run that made something that is kept, or a living run has left.

    Args:
      out: the output folder.
      graph: what the store records.
      kept: the runs that are kept whole; if there are none, nothing may go.
      kept_artifacts: their numbers.
    """
    if not kept:
        return
    since_ms = min(run.created_ms for run in kept)
    makers = {graph.maker[artifact][0] for artifact in kept_artifacts if artifact in graph.maker}
    run_ids = {run.run_id for run in kept} | {graph.executions[e].run_id for e in makers} | set(living_runs(out.store))
    recorded = {path for artifact in graph.artifacts.values() for path in paths_in(artifact.uri)}
    for node in _folders(os.path.realpath(out.artifacts)):
        yield from _trainings(node, graph, run_ids, since_ms)
        yield from _outputs(node, graph, run_ids, recorded)
        yield from _scratch(node, graph, run_ids)
    yield from _of_runs(out, {run_id[:20] for run_id in run_ids}, since_ms)
    for entry in _entries(str(out.path)):
        if _REPORT_ASIDE.fullmatch(entry.name) and entry.is_symlink():
            yield Unrecorded("scratch", entry.path, "a run that was killed left it")


def _trainings(node: str, graph: RecordedGraph, run_ids: set[str], since_ms: int) -> Iterator[Unrecorded]:
    for work in _folders(os.path.join(node, _TRAININGS)):
        if not _TRAINING.fullmatch(os.path.basename(work)):
            continue
        # A run that trains there opens the lock for writing, which sets its time.
        changed = [found.newest_ms for path in (work, f"{work}.lock") if (found := look_into(path)) is not None]
        owners = _going_on(graph.runs, max(changed))
        given_up = not owners & run_ids if owners else max(changed) < since_ms
        if given_up and not is_held(Path(f"{work}.lock")):
            yield Unrecorded("training", work, "checkpoints of a training that no kept run has gone on with")


def _going_on(runs: Iterable[Run], moment_ms: int) -> set[str]:
    """The runs that may have changed something then; the end of one that was killed isn't known."""
    return {
        run.run_id
        for run in runs
        if run.created_ms <= moment_ms + _SLACK_MS
        and (run.state == "RUNNING" or max((e.updated_ms for e in run.executions), default=0) >= moment_ms - _SLACK_MS)
    }


def _outputs(node: str, graph: RecordedGraph, run_ids: set[str], recorded: set[str]) -> Iterator[Unrecorded]:
    """Folders that executions made which didn't end well: TFX removes them, unless the run is killed."""
    for output in _folders(node):
        if os.path.basename(output).startswith("."):
            continue
        for folder in _folders(output):
            execution = _left_by(folder, node, graph, run_ids)
            if execution is not None and folder not in recorded and execution.state in _ENDED_BADLY:
                reason = f"execution {execution.id} ended before it had made this"
                yield Unrecorded("output", folder, reason, execution.run_id)


def _scratch(node: str, graph: RecordedGraph, run_ids: set[str]) -> Iterator[Unrecorded]:
    for folder in _folders(os.path.join(node, _SYSTEM, _EXECUTOR)):
        execution = _left_by(folder, node, graph, run_ids)
        if execution is not None:
            yield Unrecorded("scratch", folder, f"what execution {execution.id} wrote aside", execution.run_id)


def _left_by(folder: str, node: str, graph: RecordedGraph, run_ids: set[str]) -> Execution | None:
    """The execution that has this number, if it is of this component and of no run that is kept."""
    name = os.path.basename(folder)
    execution = graph.executions.get(int(name)) if _NUMBER.fullmatch(name) else None
    if execution is None or execution.node != os.path.basename(node) or execution.run_id in run_ids:
        return None
    return execution


def _of_runs(out: OutFolder, kept: set[str], since_ms: int) -> Iterator[Unrecorded]:
    of_kind = ((out.log("").parent, _LOG, "log"), (out.summary("").parent, _SUMMARY, "summary"))
    for folder, pattern, kind in (*of_kind, (out.summary("").parent, _SUMMARY_ASIDE, "scratch")):
        if os.path.realpath(folder) != os.path.join(os.path.realpath(out.path), folder.name):
            continue
        for entry in _entries(str(folder)):
            named = pattern.fullmatch(entry.name)
            if named is None or named[1] in kept or not entry.is_file(follow_symlinks=False):
                continue
            if entry.stat(follow_symlinks=False).st_mtime * 1000 < since_ms:
                yield Unrecorded(kind, entry.path, f"of run {named[1]}, which isn't kept", named[1])


def _folders(path: str) -> list[str]:
    """The folders in a folder that is no symbolic link; links among them are left out."""
    if os.path.islink(path):
        return []
    return sorted(entry.path for entry in _entries(path) if entry.is_dir(follow_symlinks=False))


def _entries(path: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(path) as found:
            return sorted(found, key=lambda entry: entry.name)
    except OSError:
        return []
