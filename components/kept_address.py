"""Where an artifact stays when the step that reads it has gone.

On a cluster a step reads a copy of a bucket, whose path means nothing to the next step. Whatever a component writes
down for later runs, such as the trained model in a published version's manifest, must be the address in the bucket.
"""

from __future__ import annotations

from typing import Any

KEPT_ADDRESS = "kept_address"
"""The custom property with which a cluster's entry point hands in artifacts that it reads from a copy."""


def kept_address(artifact: Any) -> str:
    """The address of an artifact (TFX's) in the bucket that it was copied from, or its own."""
    return str(artifact.get_string_custom_property(KEPT_ADDRESS) or artifact.uri)
