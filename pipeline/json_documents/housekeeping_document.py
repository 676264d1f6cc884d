"""What `coralline gc` prints."""

from __future__ import annotations

from typing import Literal

from pipeline.json_documents.shared_entries import JsonObject


class RemovalEntry(JsonObject):
    """Something that would go, or has gone."""

    kind: Literal["artifact", "training", "output", "log", "summary", "scratch"]
    """What it is: an artifact's files; checkpoints of a training that was given up; what an execution left that ended
    before it had made its output; a run's log; its summary; what a run wrote aside."""
    path: str
    """The folder or file."""
    bytes: int
    """Of disk."""
    reason: str
    """Why nothing needs it, in words."""
    artifact: int | None
    """The artifact's number in the store; null for what isn't recorded there."""
    type: str | None
    """The artifact's type."""
    run_id: str | None
    """The run that made it, if that is known."""


class LeftAloneEntry(JsonObject):
    """Something that no rule keeps, and that stays nevertheless."""

    path: str
    """The folder or file."""
    reason: str
    """Why, in words."""


class KeptArtifactEntry(JsonObject):
    """An artifact whose files stay."""

    artifact: int
    """Its number in the store."""
    type: str
    """Its type."""
    path: str
    """Where it is."""
    reason: str
    """The first rule that keeps it, in words."""


class GcDocument(JsonObject):
    """What would be deleted, or was: `gc`."""

    out: str
    """The output folder."""
    deleted: bool
    """Whether it was deleted; false: it would be."""
    bytes: int
    """Of disk, of all removals."""
    removals: list[RemovalEntry]
    """What would go; with --delete, what is gone."""
    failed: list[LeftAloneEntry]
    """What couldn't be deleted, or not wholly; a later call tries again. The exit code is 1 then."""
    left: list[LeftAloneEntry]
    """What stays though no rule keeps it, such as artifacts outside of the output folder."""
    kept: list[KeptArtifactEntry]
    """Artifacts that a rule keeps."""
    kept_runs: list[str]
    """Runs that are kept whole."""
    running: list[str]
    """Runs that are going on."""
