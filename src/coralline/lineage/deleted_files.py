"""What the store says of artifacts whose files `coralline gc` has deleted."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from coralline.lineage.recorded_run import Artifact

GC = "coralline gc"
DELETED_BY, DELETED_MS = "deleted_by", "deleted_ms"
"""Properties of artifacts whose files gc has deleted: by whom, and when, since the epoch (docs/housekeeping.md).

No part of what a run records: they are written later, on what nothing reuses any more.
"""


def deletion_in_words(artifacts: Iterable[Artifact]) -> str | None:
    """ "files deleted on 2026-03-14 by coralline gc", of the first of these of which that is so; None if of none."""
    for artifact in artifacts:
        if artifact.properties.get(DELETED_BY) != GC:
            continue
        when = artifact.properties.get(DELETED_MS)
        if artifact.state == "DELETED" and isinstance(when, int):
            return f"files deleted on {datetime.datetime.fromtimestamp(when / 1000):%Y-%m-%d} by {GC}"
        return f"files incomplete: {GC} began to delete them"
    return None
