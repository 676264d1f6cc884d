"""What is wrong with settings, in words: the setting, its line, what it may be, and the nearest valid key."""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pydantic
import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from coralline.foundation.errors import UserError

_TYPE_NAMES: dict[Any, str] = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}
_KEYS_SHOWN = 8
_BOUNDS = {"gt": "above {}", "ge": "at least {}", "lt": "below {}", "le": "at most {}"}
_MAPPING_KEY = "[key]"  # pydantic's last part of the place of a key that can't be
# Errors whose message for people is defined with the setting (PydanticCustomError).
_OWN_MESSAGES = ("range", "magnitude")


def as_user_error(
    error: pydantic.ValidationError,
    config: type[BaseModel],
    path: str | Path | None = None,
    text: str = "",
    overrides: Mapping[str, Any] = types.MappingProxyType({}),
) -> UserError:
    """The first of the errors, as a person reads it.

    Args:
      error: from validating the whole configuration, or one section.
      config: its class.
      path: the YAML file, if any.
      text: the file's content.
      overrides: dotted keys and values given beside the file; their errors aren't blamed on the file.
    """
    first = error.errors()[0]
    where = [part for part in first["loc"] if isinstance(part, str)]  # a number is a place in a list
    if any(_concerns(key, ".".join(where)) for key in overrides):
        path, text = None, ""
    line = _line_of(text, where)
    if first["loc"][-1:] == (_MAPPING_KEY,) and not isinstance(first["loc"][-2], str):
        return _key_of_no_text(first, where[:-1], path, line)
    if first["type"] == "invalid_key":
        return _key_of_no_text(first, where, path, line)
    if first["type"] == "extra_forbidden":
        return _unknown_key(where, config, path, line)
    return _wrong_value(first, where, config, path, line)


def _key_of_no_text(first: Any, where: list[str], path: str | Path | None, line: int | None) -> UserError:
    """YAML takes `on`, `yes`, `off` and `no` for true and false, and digits for numbers."""
    return UserError(
        "a key isn't text" + (f" in `{'.'.join(where)}`" if where else ""),
        file=path,
        line=line,
        expected="the name of a setting",
        found=f"{first['input']!r}, as YAML reads it",
        fix="remove it, or put quotes around it",
    )


def _unknown_key(where: list[str], config: type[BaseModel], path: str | Path | None, line: int | None) -> UserError:
    dotted, known = ".".join(where), valid_keys(config)
    section = "".join(f"{part}." for part in where[:-1])
    inner = _annotation(config, where[:-1]) if where[:-1] else config
    names = sorted(inner.model_fields) if _is_section(inner) else []
    beside = [section + name for name in names]
    near = [
        *(section + name for name in difflib.get_close_matches(where[-1], names, n=1)),
        *(key for key in known if key.endswith(f".{where[-1]}")),
        *difflib.get_close_matches(dotted, known, n=1, cutoff=0.75),
    ]
    return UserError(
        f"unknown key `{dotted}`",
        file=path,
        line=line,
        expected=f"a key such as `{near[0]}`" if near else "one of " + ", ".join(beside),
        found=dotted,
        fix=f"did you mean `{near[0]}`?" if near else "remove it",
    )


def _wrong_value(
    first: Any, where: list[str], config: type[BaseModel], path: str | Path | None, line: int | None
) -> UserError:
    if where[-1] == _MAPPING_KEY:
        return _wrong_mapping_key(where[:-2], where[-2], config, path, line)
    dotted = ".".join(where)
    below = [key for key in valid_keys(config) if key.startswith(f"{dotted}.")]
    if below:
        allowed = f"a section with keys such as {', '.join(below[:_KEYS_SHOWN])}"
    elif first["type"] in _OWN_MESSAGES:
        allowed = first["msg"]
    else:
        allowed = allowed_values(_field(config, where))
    return UserError(
        f"`{dotted}` must be {allowed}",
        file=path,
        line=line,
        found=repr(first["input"]),
        fix=f"correct `{dotted}`",
    )


def _wrong_mapping_key(
    where: list[str], key: str, config: type[BaseModel], path: str | Path | None, line: int | None
) -> UserError:
    keys = typing.get_args(_annotation(config, where))[0]
    return UserError(
        f"a key of `{'.'.join(where)}` must be {_type_in_words(keys)}",
        file=path,
        line=line,
        found=repr(key),
        fix=f"correct it in `{'.'.join(where)}`",
    )


def allowed_values(field: FieldInfo) -> str:
    """What a setting may be, in words: its type and its bounds, such as "a whole number, at least 1"."""
    words = [_type_in_words(field.annotation)]
    for constraint in field.metadata:
        words += [
            text.format(value) for key, text in _BOUNDS.items() if (value := getattr(constraint, key, None)) is not None
        ]
        words += ["not empty"] if getattr(constraint, "min_length", None) else []
        words += [f"matching {pattern}"] if (pattern := getattr(constraint, "pattern", None)) else []
    return ", ".join(words)


def _type_in_words(annotation: Any) -> str:
    kind, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if kind is typing.Literal:
        return "one of " + ", ".join(f"`{value}`" for value in parts)
    if kind in (types.UnionType, typing.Union):
        return _type_in_words(next(part for part in parts if part is not type(None)))
    if kind is typing.Annotated:
        return allowed_values(FieldInfo.from_annotation(annotation))
    if kind is list:
        return f"a list, each {_type_in_words(parts[0])}"
    if kind is dict:
        return f"a mapping to {_type_in_words(parts[1])}"
    if _is_section(annotation):
        return "settings such as " + ", ".join(list(annotation.model_fields)[:_KEYS_SHOWN])
    if kind is tuple:
        return f"[{', '.join(map(_type_in_words, parts))}]"
    return _TYPE_NAMES[annotation]


def valid_keys(config: type[BaseModel]) -> list[str]:
    """Every dotted key, sorted."""
    keys = []
    for name, field in config.model_fields.items():
        keys.append(name)
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            keys += [f"{name}.{key}" for key in inner.model_fields]
    return sorted(keys)


def _field(config: type[BaseModel], where: list[str]) -> FieldInfo:
    section = _annotation(config, where[:-1]) if where[:-1] else config
    if _is_section(section):
        field: FieldInfo = section.model_fields[where[-1]]
        return field
    return FieldInfo.from_annotation(_annotation(config, where))


def _annotation(config: Any, where: list[str]) -> Any:
    """The type of what is at this place; keys of mappings count as parts of the way, places in lists don't."""
    found = config
    for part in where:
        found = found.model_fields[part].annotation if _is_section(found) else _element(found)
        if typing.get_origin(found) is list:
            found = _element(found)
    return found


def _element(annotation: Any) -> Any:
    return typing.get_args(annotation)[-1]


def _is_section(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _concerns(override: str, dotted: str) -> bool:
    """Whether an override gave or created the wrong key."""
    return f"{override}.".startswith(f"{dotted}.") or f"{dotted}.".startswith(f"{override}.")


def _line_of(text: str, where: list[str]) -> int | None:
    """The line (from 1) of a nested key in YAML text."""
    node: Any = yaml.compose(text) if text else None
    line = None
    for part in where:
        if not isinstance(node, yaml.MappingNode):
            break
        for key, value in node.value:
            if key.value == part:
                line, node = key.start_mark.line + 1, value
                break
        else:
            break
    return line
