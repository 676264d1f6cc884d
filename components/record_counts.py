"""How many examples each split has: VocExampleGen's count, noted on the examples for those who read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tfx.types import artifact_utils

_PROPERTY = "{}_records"


def note_records(examples: Any, records: Mapping[str, int]) -> None:
    """Notes the number of each split on an Examples artifact."""
    for split, count in records.items():
        examples.set_int_custom_property(_PROPERTY.format(split), count)


def written_records(examples: Any) -> dict[str, int]:
    """What `note_records` noted; empty for examples of others."""
    splits = artifact_utils.decode_split_names(examples.split_names)
    noted = {split: examples.get_int_custom_property(_PROPERTY.format(split)) for split in splits}
    return noted if any(noted.values()) else {}
