"""How a step or a run fails in the backend."""

from __future__ import annotations


class BackendError(Exception):
    """The backend would end the step or the run here, with this message in its log."""


class PendingPodError(BackendError):
    """The pod is never started: no node has what it asks for, or something that it names isn't there."""
