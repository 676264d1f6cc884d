"""Which contexts executions are in: ML Metadata tells that of one execution at a time, so it's asked once at most."""

from __future__ import annotations

from collections.abc import Sequence

from ml_metadata.proto import metadata_store_pb2 as pb

from coralline.lineage.stores.store import ReadOnlyStore
from coralline.lineage.stores.tfx_dialect import NODE_CONTEXT

_QUERIES_WORTH = 4
"""So many queries for one small thing cost what reading a run's executions does."""


class KnownContexts:
    """The contexts of executions, which never change."""

    def __init__(self, store: ReadOnlyStore):
        self._store = store
        self._of: dict[int, Sequence[pb.Context]] = {}
        self._nodes: dict[int, pb.Context] = {}

    def of(self, execution_id: int) -> Sequence[pb.Context]:
        """All contexts of an execution."""
        if execution_id not in self._of:
            self._of[execution_id] = self._store.get_contexts_by_execution(execution_id)
        return self._of[execution_id]

    def naming(self, execution_id: int) -> Sequence[pb.Context]:
        """Those that its component's name is in; others may be missing."""
        node = self._nodes.get(execution_id)
        return self.of(execution_id) if node is None else (node,)

    def learn_nodes(self) -> None:
        """Asks for the executions of each node, which are few queries, instead of for the node of each execution."""
        for node in self._store.get_contexts_by_type(NODE_CONTEXT):
            for execution in self._store.get_executions_by_context(node.id):
                self._nodes.setdefault(execution.id, node)

    def learn(self, executions: int, runs: Sequence[pb.Context]) -> None:
        """Asks for the executions of each run and node, if those are fewer queries than one for each execution."""
        if executions <= _QUERIES_WORTH * len(runs):
            return
        self.learn_nodes()
        for run in runs:
            for execution in self._store.get_executions_by_context(run.id):
                if node := self._nodes.get(execution.id):
                    self._of.setdefault(execution.id, (node, run))
