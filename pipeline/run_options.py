"""The options that several commands share: where settings come from, and `--json`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click
import yaml

from coralline.foundation import yaml_text

_Command = TypeVar("_Command", bound=Callable[..., Any])


class Setting(click.ParamType):
    """`section.key=value`, the value as YAML has it."""

    name = "key=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Any]:
        key, separator, text = str(value).partition("=")
        if not separator or not key.strip():
            self.fail(f"expected key=value, such as train.seed=3; found {value!r}", param, ctx)
        try:
            return key.strip(), yaml_text.parse_yaml(text)
        except yaml.YAMLError as error:
            self.fail(f"the value of {key} is not valid YAML: {error}", param, ctx)


def settings_options(command: _Command) -> _Command:
    """Adds --set, repeatable, as `settings`: a tuple of (dotted key, value)."""
    return click.option(
        "--set", "settings", type=Setting(), multiple=True, help="A setting, such as train.seed=3; may be repeated."
    )(command)


def json_option(command: _Command) -> _Command:
    """Adds --json as `as_json`."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print one JSON document to standard output (docs/json.md)."
    )(command)
