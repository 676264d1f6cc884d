"""Writing the facts of a step onto what it made, under the names that lineage documents."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from coralline.foundation.printable import encodable
from coralline.lineage.recorded_names import RESOLVED_SETTINGS


def record_facts(artifact: Any, facts: Mapping[str, Any]) -> None:
    """Sets custom properties of a TFX artifact, before it is published: afterwards it must not change.

    Args:
      artifact: TFX's.
      facts: what is said, by name (`coralline.lineage.recorded_names`); objects and lists are written as JSON, None
        leaves a name out.
    """
    for name, value in facts.items():
        if value is None:
            continue
        if isinstance(value, dict | list):
            artifact.set_string_custom_property(str(name), json.dumps(value))
        elif isinstance(value, int):
            artifact.set_int_custom_property(str(name), int(value))
        elif isinstance(value, float):
            artifact.set_float_custom_property(str(name), value)
        else:
            artifact.set_string_custom_property(str(name), encodable(value))


def record_settings(artifact: Any, section: str, used: Mapping[str, Any]) -> None:
    """Records the values of a section's settings that the step has used, by dotted name."""
    record_facts(artifact, {RESOLVED_SETTINGS: {f"{section}.{name}": value for name, value in used.items()}})
