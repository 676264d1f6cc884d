"""What is exported: a run, an execution or an artifact with the steps around it, as nodes and edges."""

from __future__ import annotations

import dataclasses
from collections import deque

from coralline.foundation.printable import without_secrets
from coralline.lineage.lineage_steps import LineageStep, came_from, came_of, steps, steps_of
from coralline.lineage.recorded_run import Artifact, Execution, Run
from coralline.lineage.run_history import RunHistory


@dataclasses.dataclass(frozen=True)
class ExportSubject:
    """What is exported.

    Attributes:
      run, execution, artifact: which of them it is; the others are None.
      steps: of the run; the execution; or those that the artifact comes from and that came of it.
    """

    run: Run | None
    execution: Execution | None
    artifact: Artifact | None
    steps: list[LineageStep]

    @classmethod
    def of_run(cls, history: RunHistory, run: Run) -> ExportSubject:
        """A run with its steps."""
        return cls(run, None, None, steps_of(history, run.executions))

    @classmethod
    def of_execution(cls, history: RunHistory, execution: Execution) -> ExportSubject:
        """One step."""
        return cls(None, execution, None, steps(history, [execution.id]))

    @classmethod
    def of_artifact(cls, history: RunHistory, artifact: Artifact) -> ExportSubject:
        """An artifact with all that it comes from and all that came of it."""
        around = {s.execution.id: s for s in (*came_from(history, artifact), *came_of(history, artifact))}
        return cls(None, None, artifact, [around[number] for number in sorted(around)])

    @property
    def title(self) -> str:
        """ "run 2026...", "execution 3: QatTrainer" or "artifact 5: Model"."""
        if self.run is not None:
            return f"run {self.run.run_id}"
        if self.execution is not None:
            return f"execution {self.execution.id}: {self.execution.node}"
        return f"artifact {self.artifact.id}: {self.artifact.type}" if self.artifact else ""

    @property
    def begins_at(self) -> list[str]:
        """Ids of the graph's nodes that it is about."""
        if self.artifact is not None:
            return [f"a:{self.artifact.id}"]
        return [f"e:{step.execution.id}" for step in self.steps]

    def artifacts(self) -> list[Artifact]:
        """Every artifact of its steps, and its own, by number."""
        named = [artifacts for step in self.steps for artifacts in (*step.inputs.values(), *step.outputs.values())]
        found = {artifact.id: artifact for artifacts in named for artifact in artifacts}
        if self.artifact is not None:
            found.setdefault(self.artifact.id, self.artifact)
        return [found[number] for number in sorted(found)]


@dataclasses.dataclass(frozen=True)
class GraphNode:
    """An execution or an artifact.

    Attributes:
      id: `e:7` or `a:3`.
      kind: `execution` or `artifact`.
      label: the component, or the artifact's type.
      detail: the state in words, or the artifact's address.
      state: ML Metadata's.
    """

    id: str
    kind: str
    label: str
    detail: str
    state: str


@dataclasses.dataclass(frozen=True)
class GraphEdge:
    """An artifact that goes into an execution or comes out of it; `name` is that of the input or output."""

    begin: str
    end: str
    name: str


@dataclasses.dataclass(frozen=True)
class ExportedGraph:
    """Nodes and the edges between them; `left_out`: how many nodes there are beside these."""

    title: str
    nodes: list[GraphNode]
    edges: list[GraphEdge]
    left_out: int

    @property
    def note(self) -> str | None:
        """What was left out, in words."""
        if not self.left_out:
            return None
        return f"{self.left_out} of {self.left_out + len(self.nodes)} nodes are left out, those farthest away"


def exported_graph(subject: ExportSubject, limit: int) -> ExportedGraph:
    """The graph of a subject, its nearest nodes if there are more than `limit`."""
    nodes = {f"a:{artifact.id}": _of_artifact(artifact) for artifact in subject.artifacts()}
    edges: dict[GraphEdge, None] = {}
    for step in subject.steps:
        here = f"e:{step.execution.id}"
        nodes[here] = _of_execution(step.execution)
        for name, artifacts in step.inputs.items():
            edges.update(dict.fromkeys(GraphEdge(f"a:{a.id}", here, name) for a in artifacts))
        for name, artifacts in step.outputs.items():
            edges.update(dict.fromkeys(GraphEdge(here, f"a:{a.id}", name) for a in artifacts))
    shown = _nearest(subject.begins_at, nodes, list(edges), limit)
    return ExportedGraph(
        subject.title,
        [nodes[id_] for id_ in shown],
        [edge for edge in edges if edge.begin in shown and edge.end in shown],
        len(nodes) - len(shown),
    )


def state_in_words(execution: Execution) -> str:
    """ "reused", "failed", "12.3 s"."""
    if execution.state == "COMPLETE":
        return f"{execution.seconds:.1f} s"
    return {"CACHED": "reused", "SKIPPED": "skipped"}.get(execution.state, execution.state.lower())


def _of_execution(execution: Execution) -> GraphNode:
    return GraphNode(f"e:{execution.id}", "execution", execution.node, state_in_words(execution), execution.state)


def _of_artifact(artifact: Artifact) -> GraphNode:
    label = f"{artifact.type.removeprefix('components.')} {artifact.id}"
    return GraphNode(f"a:{artifact.id}", "artifact", label, without_secrets(artifact.uri), artifact.state)


def _nearest(begin: list[str], nodes: dict[str, GraphNode], edges: list[GraphEdge], limit: int) -> dict[str, None]:
    """The nodes that are the fewest edges away, as they stand in `nodes`."""
    beside: dict[str, list[str]] = {}
    for edge in edges:
        beside.setdefault(edge.begin, []).append(edge.end)
        beside.setdefault(edge.end, []).append(edge.begin)
    found: dict[str, None] = {}
    ahead = deque(id_ for id_ in begin if id_ in nodes)
    rest = iter(nodes)  # what hangs together with none of these comes last
    while len(found) < limit:
        if not ahead:
            unseen = next((id_ for id_ in rest if id_ not in found), None)
            if unseen is None:
                break
            ahead.append(unseen)
        here = ahead.popleft()
        if here not in found:
            found[here] = None
            ahead.extend(id_ for id_ in beside.get(here, ()) if id_ not in found)
    return {id_: None for id_ in nodes if id_ in found}
