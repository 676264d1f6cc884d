"""What differs between orchestrators in how they write ML Metadata; a file each says it, everything else is common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from ml_metadata.proto import metadata_store_pb2 as pb


class Dialect(Protocol):
    """How one orchestrator writes runs, executions and artifacts.

    Attributes:
      run_context, pipeline_context: its types of contexts, named by the run's id and by the pipeline.
      bookkeeping: properties of its artifacts that tell nothing of their content.
    """

    run_context: str
    pipeline_context: str
    bookkeeping: frozenset[str]

    def wrote_execution(self, execution: pb.Execution) -> bool:
        """Whether it is this orchestrator that wrote an execution."""

    def wrote_artifact(self, artifact: pb.Artifact) -> bool:
        """Whether it is this orchestrator that wrote an artifact."""

    def is_step(self, execution: pb.Execution) -> bool:
        """Whether a component ran or was reused; else the execution is about others, such as a loop."""

    def parent(self, execution: pb.Execution) -> int | None:
        """The execution that it is a part of; None if it is a part of the run itself."""

    def node(self, execution: pb.Execution, contexts: Sequence[pb.Context], above: Sequence[pb.Execution]) -> str:
        """The component's name in the pipeline.

        Args:
          execution: it.
          contexts: its contexts, or () if `names_by_context` is false.
          above: what it is a part of, the outermost first.
        """

    @property
    def names_by_context(self) -> bool:
        """Whether `node` needs an execution's contexts, which are a query each."""

    def state(self, execution: pb.Execution) -> str:
        """ML Metadata's state, or SKIPPED for what wasn't to run."""

    def failure(self, execution: pb.Execution) -> str | None:
        """Of a failed execution: why, or where that stands."""

    def settings(self, execution: pb.Execution) -> dict[str, Any]:
        """What the component was told."""

    def details(self, execution: pb.Execution) -> dict[str, Any]:
        """What the orchestrator noted beside them."""

    def artifact_type(self, stored: str) -> str:
        """The type's name as TFX has it."""

    def stored_types(self, artifact_type: str) -> Sequence[str]:
        """The names that such a type may have in the store."""

    def properties(self, artifact: pb.Artifact) -> dict[str, Any]:
        """What is known of an artifact."""


def plain_values(properties: Mapping[str, pb.Value]) -> dict[str, Any]:
    """Properties in Python's types, by name in alphabetical order; those without a value are left out."""
    from google.protobuf import json_format

    plain: dict[str, Any] = {}
    for name, value in sorted(properties.items()):
        kind = value.WhichOneof("value")
        if kind in ("string_value", "int_value", "double_value", "bool_value"):
            plain[name] = getattr(value, kind)
        elif kind == "struct_value":
            plain[name] = json_format.MessageToDict(value.struct_value)
    return plain
