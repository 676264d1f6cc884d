"""The cache: what a task's key is made of, and the API server's table of executions by key.

Functions that are named here are those of kubeflow/pipelines `backend/src/v2/cacheutils/cache.go`,
`backend/src/v2/driver/cache.go` and `backend/src/v2/component/launcher_v2.go` at 00f7b52b28.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from deployment.emulation.compiled_spec import ContainerTask


def fingerprint(task: ContainerTask, executor_input: dict[str, Any], claims: Iterable[str]) -> str:
    """The hash of a task's cache key (getFingerPrint, GenerateCacheKey, GenerateFingerPrint).

    In it: input artifacts by their ids in ML Metadata, so that equal content of another id is another key; parameter
    values without the component's defaults; outputs without their URIs, `executor-logs` among them; types of output
    parameters; the image as the spec has it, command and arguments, names of volume claims. Not in it: environment
    variables, secrets, resources, content behind addresses.
    """
    given, made = executor_input.get("inputs", {}), executor_input.get("outputs", {})
    types = task.component.get("outputDefinitions", {}).get("parameters", {})
    key = {
        "inputArtifactNames": {
            name: {"artifactNames": [artifact["name"] for artifact in listed["artifacts"]]}
            for name, listed in given.get("artifacts", {}).items()
        },
        "inputParameterValues": given.get("parameterValues", {}),
        "outputArtifactsSpec": {
            name: {field: value for field, value in listed["artifacts"][0].items() if field != "uri"}
            for name, listed in made.get("artifacts", {}).items()
        },
        "outputParametersSpec": {name: types[name]["parameterType"] for name in made.get("parameters", {})},
        "containerSpec": {
            "image": task.container["image"],
            "cmdArgs": [*task.container.get("command", []), *task.container.get("args", [])],
            "pvcNames": sorted(set(claims)),
        },
    }
    return hashlib.sha256(json.dumps(key, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


class TaskCache:
    """The table `tasks` of the API server's database, as far as the cache asks it.

    Args:
      file: an SQLite file; made if it isn't there.
    """

    def __init__(self, file: Path):
        self._file = file
        with self._connected() as database:
            database.execute(
                "CREATE TABLE IF NOT EXISTS tasks"
                " (fingerprint TEXT, pipeline TEXT, namespace TEXT, execution INTEGER, created REAL)"
            )

    @contextlib.contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        with contextlib.closing(sqlite3.connect(self._file, timeout=60)) as database, database:
            yield database

    def look_up(self, key: str, pipeline: str, namespace: str) -> int | None:
        """The newest execution of that key, of the same pipeline and namespace (GetExecutionCache); None: none."""
        query = (
            "SELECT execution FROM tasks WHERE fingerprint = ? AND pipeline = ? AND namespace = ?"
            " ORDER BY created DESC LIMIT 1"
        )
        with self._connected() as database:
            found = database.execute(query, (key, f"pipeline/{pipeline}", namespace)).fetchone()
        return None if found is None else int(found[0])

    def record(self, key: str, pipeline: str, namespace: str, execution: int, started: float) -> None:
        """An execution that ended well, by the second in which it began (Execute, CreateExecutionCache)."""
        row = (key, f"pipeline/{pipeline}", namespace, execution, started)
        with self._connected() as database:
            database.execute("INSERT INTO tasks VALUES (?, ?, ?, ?, ?)", row)


def started_at() -> float:
    """The time as cache entries have it: whole seconds (launcher_v2.go, Execute)."""
    return float(int(time.time()))
