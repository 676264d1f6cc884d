"""uvicorn's HTTP/1.1 with two limits that it lacks: how long clients may take to ask, and how many there may be."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

_ASK_S = 15.0
_MOST_CONNECTIONS = 500


class PatientProtocol(H11Protocol):
    """Closes connections on which no whole request arrives for some time, and those that are one too many."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._seen: Any = None
        if len(self.connections) > _MOST_CONNECTIONS:
            transport.close()
            return
        self._timer = self.loop.call_later(_ASK_S, self._close_if_idle)

    def connection_lost(self, exc: Exception | None) -> None:
        if hasattr(self, "_timer"):
            self._timer.cancel()
        super().connection_lost(exc)

    def _close_if_idle(self) -> None:
        answering = self.cycle is not None and not self.cycle.response_complete
        if not answering and self.cycle is self._seen:
            self.transport.close()
            return
        self._seen = self.cycle
        self._timer = self.loop.call_later(_ASK_S, self._close_if_idle)
