"""Server-sent events: a line whenever the store has changed. The store is looked at only while somebody listens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

from coralline.lineage_page.store_watch import StoreWatch

_EVERY_S = 1.0
_SIGN_OF_LIFE_S = 15.0


async def changes(watch: StoreWatch, closing: asyncio.Event) -> AsyncIterator[str]:
    """Events until the listener goes away or the server ends (`closing`); the first says where things stand."""
    told: int | None = None
    quiet_s = 0.0
    while not closing.is_set():
        watch.want()
        version = watch.snapshot.version
        if version != told:
            told, quiet_s = version, 0.0
            yield f"event: changed\ndata: {json.dumps({'version': version})}\n\n"
        elif quiet_s >= _SIGN_OF_LIFE_S:
            quiet_s = 0.0
            yield ": still here\n\n"
        try:
            await asyncio.wait_for(closing.wait(), _EVERY_S)
        except asyncio.TimeoutError:
            quiet_s += _EVERY_S
