"""Finding runs and artifacts by what somebody has at hand: an id, a part of an address, a name."""

from __future__ import annotations

import itertools
from typing import Any

from coralline.lineage_page.snapshot import Snapshot

_MOST = 20


def search_answer(snapshot: Snapshot, wanted: str) -> dict[str, Any]:
    """The newest runs, executions and artifacts whose id, node, type, address or name holds the text."""
    text = wanted.strip().lower()
    number = text.removeprefix("artifact:").removeprefix("execution:").removeprefix("a:").removeprefix("e:")
    with snapshot.lock:
        rows = sorted(snapshot.rows.values(), key=lambda row: row.began_ms, reverse=True)
        artifacts = sorted(snapshot.artifacts.values(), key=lambda artifact: artifact.id, reverse=True)
        executions = sorted(snapshot.executions.values(), key=lambda execution: execution.id, reverse=True)
    if not text:
        rows, artifacts, executions = [], [], []
    runs = (row for row in rows if text in row.run_id.lower() or text in (row.published or "").lower())
    found = (
        a
        for a in artifacts
        if number == str(a.id) or text in a.uri.lower() or text in a.type.lower() or text in a.name.lower()
    )
    steps = (e for e in executions if number == str(e.id) or text in e.node.lower())
    return {
        "runs": [
            {"run_id": row.run_id, "pipeline": row.pipeline, "began_ms": row.began_ms, "state": row.state}
            for row in itertools.islice(runs, _MOST)
        ],
        "executions": [
            {"id": e.id, "node": e.node, "run": e.run_id, "state": e.state} for e in itertools.islice(steps, _MOST)
        ],
        "artifacts": [
            {"id": a.id, "type": a.type, "uri": a.uri, "name": a.name, "state": a.state}
            for a in itertools.islice(found, _MOST)
        ],
    }
