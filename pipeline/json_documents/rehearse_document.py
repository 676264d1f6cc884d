"""What `coralline rehearse` prints."""

from __future__ import annotations

from typing import Literal

from pipeline.json_documents.shared_entries import ErrorEntry, JsonObject


class RehearsedTaskEntry(JsonObject):
    """A task that was begun."""

    name: str
    """Its name in the spec."""
    state: Literal["succeeded", "cached", "failed", "running"]
    """`cached`: an earlier run's outputs were taken; `running`: it was interrupted."""
    seconds: float
    """All attempts together."""
    attempts: int
    """Pods that were started."""
    log: str | None
    """What its last container wrote; null if none was started."""
    warnings: list[str]
    """Of the launcher: artifacts that it couldn't transfer, which fails no task."""


class RehearseDocument(JsonObject):
    """A rehearsed run."""

    state: Literal["succeeded", "failed"]
    """How it ended."""
    run_id: str
    """The run; `--retry` takes it."""
    pipeline: str
    """The pipeline's name."""
    root: str
    """The root of its artifacts."""
    tasks: list[RehearsedTaskEntry]
    """In the order in which they ran."""
    placements_checked: bool
    """Whether nodes were described that each task's pod was held against."""
    store: str
    """ML Metadata, as the backend leaves it."""
    exit_code: int
    """The process's exit code."""
    error: ErrorEntry | None
    """Why it failed; null if it didn't."""
