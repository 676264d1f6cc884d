"""Pieces of the graph of executions and artifacts: a run's, and what lies around a node, a few steps each way."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from coralline.lineage_page.snapshot import Snapshot
from coralline.lineage_page.store_mirror import EventLine

DIRECTIONS = ("back", "on", "both")
Node = tuple[str, int]
"""`("e", 7)` is execution 7, `("a", 3)` artifact 3."""


def run_graph(snapshot: Snapshot, run_id: str) -> dict[str, Any]:
    """A run's executions, and every artifact that they took or made."""
    with snapshot.lock:
        within = snapshot.structure.executions_in.get(snapshot.structure.runs.get(run_id, 0), [])
        lines = [line for execution in within for line in snapshot.events_of("execution", execution)]
        found = [("e", execution) for execution in within]
        found += dict.fromkeys(("a", line.artifact) for line in lines)
        return _graph(snapshot, found)


def graph_around(snapshot: Snapshot, start: Node, direction: str, depth: int, limit: int) -> dict[str, Any]:
    """What a node came from (back), what came of it (on), or both, the nearest first.

    Args:
      snapshot: the store.
      start: the node.
      direction: of `DIRECTIONS`.
      depth: how many edges far: an artifact's maker is one away, what that took two.
      limit: how many nodes at most.

    Returns:
      nodes, edges, and under `more` how many neighbours each node has each way that aren't in the answer. An execution
      that reused an artifact isn't what that came from, nor did anything new come of it.
    """
    with snapshot.lock:
        found = {start: None}
        for way in ("back", "on") if direction == "both" else (direction,):
            _spread(snapshot, found, start, way, depth, limit)
        return _graph(snapshot, list(found))


def _spread(snapshot: Snapshot, found: dict[Node, None], start: Node, way: str, steps: int, limit: int) -> None:
    seen, edge = {start}, [start]
    for _ in range(steps):
        after: list[Node] = []
        for node in edge:
            for neighbour in _neighbours(snapshot, node, way):
                if neighbour in seen:
                    continue
                if neighbour not in found and len(found) >= limit:
                    return
                seen.add(neighbour)
                found.setdefault(neighbour)
                after.append(neighbour)
        edge = after


def _neighbours(snapshot: Snapshot, node: Node, way: str) -> Iterable[Node]:
    kind, number = node
    if kind == "e":
        lines = snapshot.events_of("execution", number)
        return dict.fromkeys(("a", line.artifact) for line in lines if line.is_output == (way == "on"))
    lines = snapshot.events_of("artifact", number)
    if way == "back":
        makers = [line.execution for line in lines if line.is_output]
        return [("e", min(makers))] if makers else []
    return dict.fromkeys(("e", line.execution) for line in lines if not line.is_output and not _reused(snapshot, line))


def _reused(snapshot: Snapshot, line: EventLine) -> bool:
    execution = snapshot.executions.get(line.execution)
    return execution is not None and execution.state == "CACHED"


def _graph(snapshot: Snapshot, found: list[Node]) -> dict[str, Any]:
    inside = set(found)
    nodes = [described for node in found if (described := _described(snapshot, node))]
    known = {node["id"] for node in nodes}
    edges = dict.fromkeys(
        (line.execution, line.artifact, line.is_output, line.name)
        for kind, number in found
        if kind == "e"
        for line in snapshot.events_of("execution", number)
        if ("a", line.artifact) in inside
    )
    more = {}
    for node in found:
        outside = {
            way: sum(neighbour not in inside for neighbour in _neighbours(snapshot, node, way))
            for way in ("back", "on")
        }
        if any(outside.values()):
            more[_name(node)] = outside
    return {
        "nodes": nodes,
        "edges": [
            _edge(execution, artifact, made, name)
            for execution, artifact, made, name in edges
            if f"e:{execution}" in known and f"a:{artifact}" in known
        ],
        "more": more,
    }


def _edge(execution: int, artifact: int, made: bool, name: str) -> dict[str, str]:
    ends = (f"e:{execution}", f"a:{artifact}")
    source, target = ends if made else reversed(ends)
    return {"from": source, "to": target, "name": name}


def _name(node: Node) -> str:
    return f"{node[0]}:{node[1]}"


def _described(snapshot: Snapshot, node: Node) -> dict[str, Any] | None:
    kind, number = node
    if kind == "e":
        execution = snapshot.executions.get(number)
        if execution is None:
            return None
        return {
            "id": _name(node),
            "kind": "execution",
            "node": execution.node,
            "run": execution.run_id,
            "state": execution.state,
            "seconds": (execution.updated_ms - execution.created_ms) / 1000,
            "failure": execution.failure,
        }
    artifact = snapshot.artifacts.get(number)
    if artifact is None:
        return None
    return {
        "id": _name(node),
        "kind": "artifact",
        "type": artifact.type,
        "uri": artifact.uri,
        "state": artifact.state,
    }
