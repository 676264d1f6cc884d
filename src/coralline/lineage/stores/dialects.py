"""Who wrote what in a store: it may hold what several orchestrators wrote."""

from __future__ import annotations

import json
from typing import Any

from ml_metadata.proto import metadata_store_pb2 as pb

from coralline.lineage.stores.dialect import Dialect
from coralline.lineage.stores.kfp_dialect import KfpDialect
from coralline.lineage.stores.kfp_v1_dialect import KfpV1Dialect
from coralline.lineage.stores.older_tfx_dialect import OlderTfxDialect
from coralline.lineage.stores.tfx_dialect import TfxDialect

# The last claims what nobody else does.
DIALECTS: tuple[Dialect, ...] = (KfpDialect(), KfpV1Dialect(), OlderTfxDialect(), TfxDialect())

BOOKKEEPING = frozenset().union(*(dialect.bookkeeping for dialect in DIALECTS))
"""Properties of artifacts that tell nothing of their content."""

RUN_CONTEXTS = frozenset(dialect.run_context for dialect in DIALECTS)
"""Types of contexts that are runs, named by the run's id."""


def dialect_of(written: pb.Execution | pb.Artifact) -> Dialect:
    """Whose an execution or an artifact is."""
    if isinstance(written, pb.Artifact):
        return next(dialect for dialect in DIALECTS if dialect.wrote_artifact(written))
    return next(dialect for dialect in DIALECTS if dialect.wrote_execution(written))


def setting_value(value: Any) -> Any:
    """Exec properties often hold JSON: a component's part of the configuration."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value
