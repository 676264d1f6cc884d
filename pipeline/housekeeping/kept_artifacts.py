"""The rule by which artifacts are kept. docs/housekeeping.md has it in words; whatever no line of it names may go."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from coralline.foundation import storage
from coralline.foundation.errors import UserError
from coralline.lineage.answers.outcome import published_place
from coralline.lineage.recorded_names import (
    BLESSING,
    EXAMPLES,
    OUTCOME,
    PUSHED_MODEL,
    RECORD_FORMAT_NAME,
    SERVED_MODEL,
)
from coralline.lineage.recorded_run import Artifact, Run
from coralline.publishing.places import place_of
from pipeline.housekeeping.recorded_graph import RecordedGraph

DATA_TYPES = frozenset({EXAMPLES, "ExampleStatistics", "Schema", "ExampleAnomalies"})
"""What a run makes from the data set and can make again from it; most of the disk."""

_LONGEST_PATH = 4096  # Linux's PATH_MAX


def kept_runs(graph: RecordedGraph, keep_last: int) -> list[Run]:
    """Of each pipeline the newest `keep_last` runs that completed, and all that began after the oldest of them.

    So a row of failed runs doesn't push out the last one that worked. All of a pipeline's, if fewer completed.
    """
    by_pipeline: dict[str, list[Run]] = {}
    for run in graph.runs:
        if run.executions:
            by_pipeline.setdefault(run.pipeline, []).append(run)
    kept: set[str] = set()
    for runs in by_pipeline.values():
        complete = [index for index, run in enumerate(runs) if _completed(graph, run)]
        last = len(runs) if len(complete) < keep_last else complete[keep_last - 1] + 1
        kept |= {run.run_id for run in runs[:last]}
    return [run for run in graph.runs if run.run_id in kept]


def _completed(graph: RecordedGraph, run: Run) -> bool:
    """Whether it came to its end. The executions of one that was killed between two of them are all complete, too."""
    if RECORD_FORMAT_NAME in run.properties:
        return bool(run.properties.get(OUTCOME) == "complete")
    if run.state != "COMPLETE":
        return False
    pushes = {artifact.id for artifact in graph.of_type(PUSHED_MODEL)}
    return not pushes or bool(pushes & graph.touched(execution.id for execution in run.executions))


def kept_artifacts(graph: RecordedGraph, runs: list[Run], keep_published: bool, published: Path) -> dict[int, str]:
    """Which artifacts are kept, each with the reason.

    Args:
      graph: what the store records.
      runs: those that are kept whole.
      keep_published: whether what published and blessed models were made from is kept, but for its data.
      published: the output folder's own publishing folder.
    """
    kept: dict[int, str] = {}
    for run in runs:
        _keep(kept, graph.touched(execution.id for execution in run.executions), f"run {run.run_id}")
    for artifact, reason in _served(graph, str(published)):
        _keep(kept, graph.touched(graph.steps_back(artifact.id)) | {artifact.id}, reason)
    if keep_published:
        for artifact, reason in _published_or_blessed(graph):
            whole = graph.touched(graph.steps_back(artifact.id)) | {artifact.id}
            _keep(kept, {i for i in whole if i in graph.artifacts and not _is_data(graph.artifacts[i])}, reason)
    _keep_what_is_named(kept, graph, runs)
    return {artifact: reason for artifact, reason in kept.items() if artifact in graph.artifacts}


def publishing_places(graph: RecordedGraph) -> set[str]:
    """Every folder and address that a run of this store has published to."""
    places = {str(a.properties.get("pushed_destination", "")) for a in graph.of_type(PUSHED_MODEL)}
    places |= {str(a.properties.get("destination", "")) for a in graph.of_type(SERVED_MODEL)}
    return places - {""}


def paths_in(value: Any) -> Iterator[str]:
    """The local absolute paths among settings, however deep, with symbolic links resolved."""
    if isinstance(value, str):
        path = value.removeprefix("file://")
        if path.startswith("/") and len(path) < _LONGEST_PATH and "\0" not in path:
            yield os.path.realpath(path)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from paths_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from paths_in(inner)


def contains(folder: str, path: str) -> bool:
    """Whether a path is a folder or lies in it, by their names."""
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")


def _keep(kept: dict[int, str], artifacts: Iterable[int], reason: str) -> None:
    for artifact in artifacts:
        kept.setdefault(artifact, reason)


def _is_data(artifact: Artifact) -> bool:
    return artifact.type in DATA_TYPES


def _served(graph: RecordedGraph, own: str) -> Iterator[tuple[Artifact, str]]:
    """What is served now, wherever that can be asked, and the newest model that was blessed."""
    latest = {place: _latest(place) for place in {*publishing_places(graph), own}}
    for artifact in graph.of_type(PUSHED_MODEL):
        place, version = _publication(artifact)
        if not version:
            continue
        if latest[place] is None:
            yield artifact, f"published as {version}; {place} can't be asked whether it is served"
        elif latest[place] == version:
            yield artifact, f"served as {version}"
    if blessed := [artifact for artifact in graph.of_type(BLESSING) if artifact.properties.get("blessed")]:
        yield max(blessed, key=lambda a: graph.last_used_ms(a.id)), "the newest blessed model"


def _latest(place: str) -> str | None:
    """The version that a place serves; None if it can't be asked, as while a disk isn't mounted, or doesn't say."""
    if not storage.is_remote(place) and not os.path.isdir(place):
        return None
    try:
        return place_of(place).latest()
    except (OSError, UserError, ImportError, RuntimeError):
        return None


def _published_or_blessed(graph: RecordedGraph) -> Iterator[tuple[Artifact, str]]:
    for artifact in graph.of_type(PUSHED_MODEL):
        place, version = _publication(artifact)
        where = published_place(artifact.properties)
        if where and (storage.is_remote(where) or os.path.isdir(where) or not os.path.isdir(place)):
            yield artifact, f"published as {version}"
    for artifact in graph.of_type(BLESSING):
        if artifact.properties.get("blessed"):
            yield artifact, "a blessed model"


def _publication(artifact: Artifact) -> tuple[str, str]:
    place, version = (str(artifact.properties.get(f"pushed_{name}", "")) for name in ("destination", "version"))
    return (place, version) if place and version else ("", "")


def _keep_what_is_named(kept: dict[int, str], graph: RecordedGraph, runs: list[Run]) -> None:
    """Artifacts that settings of kept runs, or what is written on kept artifacts, name by path: warm starts."""
    by_folder: dict[str, list[int]] = {}
    for artifact in graph.artifacts.values():
        for folder in paths_in(artifact.uri):
            by_folder.setdefault(folder, []).append(artifact.id)
    settings = [(f"the settings of run {run.run_id}", e.settings) for run in runs for e in run.executions]
    written = [(f"artifact {i}", graph.artifacts[i].properties) for i in list(kept) if i in graph.artifacts]
    for by, known in (*settings, *written):
        for path in paths_in(known):
            for place in (path, *map(str, Path(path).parents)):
                _keep(kept, by_folder.get(place, []), f"named by {by}")
