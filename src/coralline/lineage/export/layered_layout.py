"""Where the nodes of a graph stand in a picture: in columns, each behind those that it depends on.

The simple form of Sugiyama's method (IEEE Trans. Systems, Man, and Cybernetics 11(2), 1981): a column is the longest
way from a source, edges that close a cycle aside; within a column, nodes stand by the mean place of their neighbours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_SWEEPS = 6


def layered(nodes: Sequence[str], edges: Sequence[tuple[str, str]]) -> dict[str, tuple[int, int]]:
    """(column, row) of each node, both from 0; `edges` are (from, to)."""
    forward = _without_cycles(nodes, edges)
    column = _columns(nodes, forward)
    columns: list[list[str]] = [[] for _ in range(max(column.values(), default=-1) + 1)]
    for node in nodes:
        columns[column[node]].append(node)
    beside: dict[str, list[str]] = {node: [] for node in nodes}
    for begin, end in forward:
        beside[begin].append(end)
        beside[end].append(begin)
    place = {node: row - len(members) / 2 for members in columns for row, node in enumerate(members)}
    for sweep in range(_SWEEPS):
        for members in columns if sweep % 2 == 0 else reversed(columns):
            members.sort(key=lambda node: _mean((place[other] for other in beside[node]), place[node]))
            place.update((node, row - len(members) / 2) for row, node in enumerate(members))
    return {node: (number, row) for number, members in enumerate(columns) for row, node in enumerate(members)}


def _without_cycles(nodes: Sequence[str], edges: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The edges, but those that lead back to a node on the way to it; without recursion: graphs may be deep."""
    after: dict[str, list[str]] = {node: [] for node in nodes}
    for begin, end in edges:
        if begin in after and end in after and begin != end:
            after[begin].append(end)
    forward: list[tuple[str, str]] = []
    done: set[str] = set()
    on_the_way: set[str] = set()
    for first in nodes:
        stack = [(first, iter(after[first]))] if first not in done else []
        on_the_way.update(node for node, _ in stack)
        while stack:
            here, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                stack.pop()
                on_the_way.discard(here)
                done.add(here)
            elif following not in on_the_way:
                forward.append((here, following))
                if following not in done:
                    on_the_way.add(following)
                    stack.append((following, iter(after[following])))
    return forward


def _columns(nodes: Sequence[str], forward: Sequence[tuple[str, str]]) -> dict[str, int]:
    after: dict[str, list[str]] = {node: [] for node in nodes}
    waiting = dict.fromkeys(nodes, 0)
    for begin, end in forward:
        after[begin].append(end)
        waiting[end] += 1
    column = dict.fromkeys(nodes, 0)
    ready = [node for node in nodes if not waiting[node]]
    for node in ready:
        for following in after[node]:
            column[following] = max(column[following], column[node] + 1)
            waiting[following] -= 1
            if not waiting[following]:
                ready.append(following)
    return column


def _mean(places: Iterable[float], default: float) -> float:
    known = list(places)
    return sum(known) / len(known) if known else default
