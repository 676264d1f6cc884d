"""Output folders from before sections travelled as what differs from their defaults are reused, not trained again.

Until then (releases before 0.2) an exec property named every setting, which is part of TFX's cache key. When the key of
today finds nothing, this looks up the keys that earlier executions in the same store would have today's settings under.
Can go when 0.1's output folders are no longer in use.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from tfx.orchestration.portable import cache_utils

from coralline.foundation.settings_section import FIRST_VERSION, VERSION_KEY, SettingsSection
from pipeline.config import Config

_SECTIONS: dict[str, type[SettingsSection]] = {
    name: field.annotation
    for name, field in Config.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, SettingsSection)
}


@contextlib.contextmanager
def earlier_keys_accepted() -> Iterator[None]:
    """Within it, TFX's launcher also reuses executions whose settings were recorded in full."""
    own_context, own_outputs = cache_utils.get_cache_context, cache_utils.get_cached_outputs
    calls: dict[int, dict[str, Any]] = {}

    def get_cache_context(**call: Any) -> Any:
        context = own_context(**call)
        calls[context.id] = call
        return context

    def get_cached_outputs(metadata_handle: Any, cache_context: Any) -> Any:
        found = own_outputs(metadata_handle=metadata_handle, cache_context=cache_context)
        call = calls[cache_context.id]
        for parameters in () if found else _recorded_in_full(metadata_handle, call):
            earlier = own_context(**{**call, "metadata_handle": metadata_handle, "parameters": parameters})
            found = found or own_outputs(metadata_handle=metadata_handle, cache_context=earlier)
        return found

    cache_utils.get_cache_context, cache_utils.get_cached_outputs = get_cache_context, get_cached_outputs  # type: ignore[assignment]
    try:
        yield
    finally:
        cache_utils.get_cache_context, cache_utils.get_cached_outputs = own_context, own_outputs


def _recorded_in_full(metadata_handle: Any, call: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The parameters of a node as earlier versions would have written them, one for each set of settings they knew."""
    parameters = call["parameters"]
    names = [name for name in parameters if name in _SECTIONS]
    seen: set[str] = set()
    for execution in metadata_handle.store.get_executions_by_type(call["pipeline_node"].node_info.type.name):
        recorded = {name: json.loads(execution.custom_properties[name].string_value or "{}") for name in names}
        written = {name: _in_full(_SECTIONS[name], parameters[name], recorded[name]) for name in names}
        if names and None not in written.values() and str(written) not in seen:
            seen.add(str(written))
            yield {**parameters, **written}


def _in_full(section: type[SettingsSection], text: str, recorded: dict[str, Any]) -> str | None:
    """A property of today with the keys of an earlier one; None if that one is of today or didn't know a setting."""
    if section.VERSION != FIRST_VERSION:
        return None
    values = section.from_property(text).model_dump(mode="json")
    changed = json.loads(text).keys() - {VERSION_KEY}
    if VERSION_KEY in recorded or not changed <= recorded.keys() <= values.keys():
        return None
    return json.dumps({key: values[key] for key in recorded}, sort_keys=True)
