"""How a store is to be opened by ML Metadata's library."""

from __future__ import annotations

import dataclasses
from typing import Any

from ml_metadata.proto import metadata_store_pb2 as pb


@dataclasses.dataclass(frozen=True)
class HowToOpen:
    """What `ml_metadata.MetadataStore` is given.

    Attributes:
      config: the file or the server.
      gaps: whether executions, artifacts or contexts may have been deleted whose properties are left. ML Metadata's
        library ends the process that asks for one of those by its id (seen in 1.16: a CHECK, no error).
      upgrade: whether it has an older schema, which the library may upgrade: it's a copy that we made.
      kept: what must last as long as the store is open.
    """

    config: pb.ConnectionConfig
    gaps: bool = True
    upgrade: bool = False
    kept: Any = None
