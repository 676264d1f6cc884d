"""What `coralline lineage export --format json` prints."""

from __future__ import annotations

from typing import Literal

from pipeline.json_documents.lineage_documents import ArtifactEntry, ListedRunEntry, StepEntry
from pipeline.json_documents.shared_entries import JsonObject


class GraphNodeEntry(JsonObject):
    """An execution or an artifact in a graph."""

    id: str
    """`e:7` for execution 7, `a:3` for artifact 3."""
    kind: Literal["execution", "artifact"]
    """Which of them."""
    label: str
    """The component, or the artifact's type and number."""
    detail: str
    """The state in words, or the artifact's address, without passwords."""
    state: str
    """ML Metadata's."""


class GraphEdgeEntry(JsonObject):
    """An artifact that goes into an execution, or comes out of it."""

    begin: str
    """Id of the node that it leads from."""
    end: str
    """Id of the node that it leads to."""
    name: str
    """Of the input or output."""


class GraphEntry(JsonObject):
    """The nearest nodes, and all edges between them."""

    nodes: list[GraphNodeEntry]
    """Executions and artifacts."""
    edges: list[GraphEdgeEntry]
    """In the direction of the data."""
    left_out: int
    """How many nodes there are beside these (`--limit`)."""


class LineageExportDocument(JsonObject):
    """A run, an execution or an artifact with all around it: `lineage export --format json`."""

    title: str
    """What it is, in words."""
    run: ListedRunEntry | None
    """The run; null for an execution or an artifact."""
    artifact: ArtifactEntry | None
    """The artifact; null for others."""
    steps: list[StepEntry]
    """The run's; the execution; or every step that the artifact comes from, and that came of it."""
    artifacts: list[ArtifactEntry]
    """Every artifact that these took or made."""
    graph: GraphEntry
    """How they hang together."""
