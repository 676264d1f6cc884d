"""What `coralline rollback` prints."""

from __future__ import annotations

from typing import Any, Literal

from pipeline.json_documents.shared_entries import JsonObject


class MoveEntry(JsonObject):
    """A move of `latest`."""

    time: str
    """UTC, as 2026-03-14T10:15:02Z."""
    before: str | None
    """The version that was served until then; null before the first."""
    after: str
    """The version that is served from then on."""
    by: Literal["push", "rollback"]
    """What moved it."""
    reason: str
    """Of a rollback; may be empty."""


class VersionShareEntry(JsonObject):
    """What the Edge TPU takes of a version; null where the manifest doesn't say."""

    compiled: bool | None
    """Whether it was compiled."""
    mapped: int | None
    """Operations on the Edge TPU."""
    total: int | None
    """All operations."""


class VersionEntry(JsonObject):
    """A published version."""

    version: str
    """Its name."""
    served: bool
    """Whether `latest` names it."""
    damage: str | None
    """What is wrong with it; null if it is whole."""
    rolled_back: MoveEntry | None
    """The rollback, if it was rolled back and not served since."""
    metrics: dict[str, Any]
    """Figures of the int8 file, as its manifest has them; empty if it has none."""
    edgetpu: VersionShareEntry
    """What the Edge TPU takes of it."""


class RollbackDocument(JsonObject):
    """What a rollback did."""

    place: str
    """The publishing folder or address."""
    moved: bool
    """Whether `latest` moved."""
    before: str | None
    """The version that was served before."""
    after: str
    """The version that is served now."""
    skipped: dict[str, str]
    """Damaged versions in between, each with what is wrong with it."""


class RollbackListDocument(JsonObject):
    """Versions and moves: `rollback --list`."""

    place: str
    """The publishing folder or address."""
    latest: str | None
    """The version that is served."""
    versions: list[VersionEntry]
    """The newest first."""
    moves: list[MoveEntry]
    """The oldest first."""
