"""Settings taken from an Object Detection API configuration: held against ours, and written as YAML."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import yaml

from coralline.foundation.errors import UserError
from coralline.od_api.ledger import Carried, Settled
from coralline.od_api.translation import Translation
from pipeline.config import Config, load_config


def within_bounds(translation: Translation) -> Translation:
    """The translation, in which a value that a setting can't have is left out."""
    carried, left = [], list(translation.left)
    for setting in translation.carried:
        try:
            load_config(None, {setting.key: setting.value})
            carried.append(setting)
        except UserError as e:
            why = f"{e.what.replace('`', '')}, not {setting.value}"
            left += [Settled(leaf, why, leaf.path) for leaf in setting.leaves]
    left.sort(key=lambda one: one.leaf.line)
    return dataclasses.replace(translation, carried=tuple(carried), left=tuple(left))


def sections(translation: Translation) -> dict[str, list[Carried]]:
    """The settings by section, both in the order of the configuration."""
    found = {}
    for name, section in Config():
        keys = [f"{name}.{key}" for key in type(section).model_fields] if hasattr(section, "model_fields") else []
        settings = sorted(
            (setting for setting in translation.carried if setting.key in keys), key=lambda one: keys.index(one.key)
        )
        if settings:
            found[name] = settings
    return found


def to_yaml(translation: Translation) -> str:
    """The configuration, with comments that say where each value is from."""
    return "".join(f"{line}\n" for line in _lines(translation))


def _lines(translation: Translation) -> Iterator[str]:
    yield f"# From {_one_line(translation.source)}, a configuration of the Object Detection API."
    yield "# What isn't set here has its default: docs/configuration.md."
    for section, settings in sections(translation).items():
        yield f"{section}:"
        for setting in settings:
            for leaf in setting.leaves:
                yield f"  # line {leaf.line}: {_one_line(f'{leaf.path}: {leaf.written()}')}"
            if setting.note:
                yield f"  # {_one_line(setting.note)}"
            yield f"  {setting.key.partition('.')[2]}: {_scalar(setting.value)}"


def _scalar(value: Any) -> str:
    """A value as YAML, on one line."""
    style = '"' if isinstance(value, str) and not value.isprintable() else None
    text = yaml.safe_dump([value], default_flow_style=True, default_style=style, allow_unicode=True, width=float("inf"))
    return text.strip().removeprefix("[").removesuffix("]")


def _one_line(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text)
