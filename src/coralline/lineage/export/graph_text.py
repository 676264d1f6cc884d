"""A graph for Graphviz and for Mermaid."""

from __future__ import annotations

from coralline.foundation.printable import printable
from coralline.lineage.export.exported_graph import ExportedGraph, GraphNode

_LONGEST_LABEL = 60
_FILLED = {"FAILED": "#fbe6e3", "CANCELED": "#fff3d6", "RUNNING": "#fff3d6", "CACHED": "#e6eefb", "COMPLETE": "#e3f4ec"}
_GONE = ("DELETED", "MARKED_FOR_DELETION")


def dot_text(graph: ExportedGraph) -> str:
    """A digraph of the DOT language (https://graphviz.org/doc/info/lang.html), for `dot -Tsvg`."""
    lines = [
        f"digraph {_dot(graph.title)} {{",
        "  rankdir=LR;",
        '  node [fontname="Helvetica", fontsize=11];',
        '  edge [fontname="Helvetica", fontsize=9, color="#5c6a67"];',
    ]
    if graph.note:
        lines.append(f"  label={_dot(graph.note)};")
    for node in graph.nodes:
        look = {"label": _label(node), "tooltip": node.detail, "shape": "box", "style": "filled"}
        look["fillcolor"] = _FILLED.get(node.state, "#ffffff")
        if node.kind == "artifact":
            look |= {"shape": "ellipse", "style": "dashed" if node.state in _GONE else "solid"}
        lines.append(f"  {_dot(node.id)} [{', '.join(f'{name}={_dot(value)}' for name, value in look.items())}];")
    for edge in graph.edges:
        lines.append(f"  {_dot(edge.begin)} -> {_dot(edge.end)} [label={_dot(edge.name)}];")
    return "\n".join([*lines, "}"]) + "\n"


def mermaid_text(graph: ExportedGraph) -> str:
    """A flowchart of Mermaid's (https://mermaid.js.org/syntax/flowchart.html), as Markdown pages show it."""
    lines = ["flowchart LR"]
    if graph.note:
        lines.insert(0, f"%% {printable(graph.note)}")
    names = {node.id: f"n{index}" for index, node in enumerate(graph.nodes)}
    for node in graph.nodes:
        left, right = ('["', '"]') if node.kind == "execution" else ('(["', '"])')
        lines.append(f"  {names[node.id]}{left}{_mermaid(_label(node))}{right}")
    for edge in graph.edges:
        lines.append(f'  {names[edge.begin]} -- "{_mermaid(edge.name) or " "}" --> {names[edge.end]}')
    for kind, states in (("failed", ("FAILED",)), ("reused", ("CACHED",)), ("gone", _GONE)):
        if members := [names[node.id] for node in graph.nodes if node.state in states]:
            lines += [f"  class {','.join(members)} {kind}"]
    lines += ["  classDef failed fill:#fbe6e3,stroke:#d93a3f", "  classDef reused fill:#e6eefb,stroke:#5b7fc7"]
    return "\n".join([*lines, "  classDef gone stroke-dasharray:4"]) + "\n"


def _label(node: GraphNode) -> str:
    label = printable(node.label)
    return f"{label}\n{printable(node.detail)}" if node.kind == "execution" else label


def _dot(text: str) -> str:
    """A quoted string, in which a backslash and a quotation mark are escaped and lines end with \\n."""
    lines = [_short(line).replace("\\", "\\\\").replace('"', '\\"') for line in text.split("\n")]
    return '"' + "\\n".join(lines) + '"'


def _mermaid(text: str) -> str:
    """Text in quotation marks: everything but letters, digits and what is harmless as an entity code."""
    shown = "<br/>".join(
        "".join(c if c.isalnum() or c in " .,-_/()[]+=" else f"#{ord(c)};" for c in _short(line))
        for line in text.split("\n")
    )
    return shown


def _short(line: str) -> str:
    shown = printable(line)
    return shown if len(shown) <= _LONGEST_LABEL else f"{shown[: _LONGEST_LABEL - 1]}…"
