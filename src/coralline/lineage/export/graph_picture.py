"""A graph as inline SVG, drawn without any other program."""

from __future__ import annotations

import dataclasses

from coralline.foundation.printable import printable
from coralline.lineage.export.exported_graph import ExportedGraph, GraphNode
from coralline.lineage.export.layered_layout import layered

_WIDTH, _HEIGHT, _GAP_X, _GAP_Y, _MARGIN = 160, 44, 44, 16, 12  # pixels
_LONGEST = 24  # characters that fit into a node


@dataclasses.dataclass(frozen=True)
class PlacedNode:
    """A node in the picture; `x`, `y`: of its upper left corner, in pixels."""

    x: float
    y: float
    node: GraphNode
    label: str
    detail: str
    title: str


@dataclasses.dataclass(frozen=True)
class PlacedEdge:
    """An edge: the path of an SVG."""

    path: str
    name: str


@dataclasses.dataclass(frozen=True)
class GraphPicture:
    """What a template draws; sizes in pixels."""

    width: float
    height: float
    node_width: int
    node_height: int
    nodes: list[PlacedNode]
    edges: list[PlacedEdge]


def graph_picture(graph: ExportedGraph) -> GraphPicture:
    """Places all nodes and edges."""
    at = layered([node.id for node in graph.nodes], [(edge.begin, edge.end) for edge in graph.edges])
    rows: dict[int, int] = {}
    for column, row in at.values():
        rows[column] = max(rows.get(column, 0), row + 1)
    tallest = max(rows.values(), default=1)

    def corner(node: str) -> tuple[float, float]:
        column, row = at[node]
        down = (tallest - rows[column]) * (_HEIGHT + _GAP_Y) / 2
        return _MARGIN + column * (_WIDTH + _GAP_X), _MARGIN + down + row * (_HEIGHT + _GAP_Y)

    return GraphPicture(
        width=2 * _MARGIN + len(rows) * (_WIDTH + _GAP_X) - _GAP_X if rows else 2 * _MARGIN,
        height=2 * _MARGIN + tallest * (_HEIGHT + _GAP_Y) - _GAP_Y,
        node_width=_WIDTH,
        node_height=_HEIGHT,
        nodes=[_placed(node, *corner(node.id)) for node in graph.nodes],
        edges=[PlacedEdge(_path(corner(e.begin), corner(e.end)), printable(e.name)) for e in graph.edges],
    )


def _placed(node: GraphNode, x: float, y: float) -> PlacedNode:
    title = printable(f"{node.label}: {node.detail} ({node.state})")
    detail = node.detail if node.kind == "execution" else node.detail.rstrip("/").rpartition("/artifacts/")[2]
    return PlacedNode(x, y, node, _short(node.label, False), _short(detail, True), title)


def _path(begin: tuple[float, float], end: tuple[float, float]) -> str:
    x1, y1, x2, y2 = begin[0] + _WIDTH, begin[1] + _HEIGHT / 2, end[0], end[1] + _HEIGHT / 2
    bend = max(_GAP_X / 2, abs(x2 - x1) / 2)
    return f"M{x1:.0f},{y1:.0f} C{x1 + bend:.0f},{y1:.0f} {x2 - bend:.0f},{y2:.0f} {x2:.0f},{y2:.0f}"


def _short(text: str, keep_end: bool) -> str:
    shown = printable(text)
    if len(shown) <= _LONGEST:
        return shown
    return f"…{shown[-_LONGEST + 1 :]}" if keep_end else f"{shown[: _LONGEST - 1]}…"
