"""JSON for programs: no NaN or Infinity, which JSON doesn't have, and no password or signature of an address."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from coralline.foundation.printable import without_secrets


def as_json_text(value: Any, indent: int | None = 2) -> str:
    """A value of dictionaries, lists and scalars as JSON, ASCII only.

    Args:
      value: what `json.dumps` takes; a float that is no number (NaN, Infinity) becomes null.
      indent: as `json.dumps` has it.
    """
    return json.dumps(_sayable(value), indent=indent, allow_nan=False)


def _sayable(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return without_secrets(str(value))
    if isinstance(value, Mapping):
        return {key: _sayable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_sayable(inner) for inner in value]
    return value
