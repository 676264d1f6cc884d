"""A run's parameters: what the API server checks, what its compiler fills in, what the command line's text means.

Functions that are named here are those of kubeflow/pipelines `backend/src/apiserver/template/v2_template.go` and
`backend/src/v2/compiler/argocompiler/argo.go` at 00f7b52b28.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from coralline.foundation.errors import UserError

_KINDS: dict[str, tuple[type, ...]] = {
    "STRING": (str,),
    "NUMBER_DOUBLE": (int, float),
    "NUMBER_INTEGER": (int, float),
    "BOOLEAN": (bool,),
    "LIST": (list,),
    "STRUCT": (dict,),
}


def is_of_type(value: Any, parameter_type: str) -> bool:
    """Whether a JSON value is of a ParameterType; a number is a number, whole or not."""
    if isinstance(value, bool):
        return parameter_type == "BOOLEAN"
    return isinstance(value, _KINDS.get(parameter_type, ()))


def run_parameters(declared: Mapping[str, dict[str, Any]], given: Mapping[str, Any]) -> dict[str, Any]:
    """The values that the root DAG gets: those given, and defaults (Compile); null for optional ones without.

    Args:
      declared: the spec's, by name.
      given: `runtime_config.parameters`, JSON values.

    Raises:
      UserError: one is missing, unknown or of another type (validatePipelineJobInputs).
    """
    unknown = sorted(set(given) - set(declared))
    if unknown:
        raise UserError(
            f"the pipeline has no parameter {', '.join(unknown)}",
            expected=", ".join(sorted(declared)) or "no parameters",
            found=", ".join(unknown),
        )
    values: dict[str, Any] = {}
    for name, parameter in declared.items():
        kind = parameter.get("parameterType", "")
        if name in given:
            if not is_of_type(given[name], kind):
                raise UserError(f"parameter {name} has the wrong type", expected=kind, found=json.dumps(given[name]))
            values[name] = given[name]
        elif "defaultValue" in parameter:
            values[name] = parameter["defaultValue"]
        elif parameter.get("isOptional"):
            values[name] = None
        else:
            raise UserError(
                f"parameter {name} is not optional and has no default",
                expected=f"a value of type {kind}",
                fix=f"--parameter {name}=VALUE",
            )
    return values


def parameter_from_text(name: str, text: str, declared: Mapping[str, dict[str, Any]]) -> Any:
    """What `--parameter name=text` means: text as it is for a STRING, else JSON.

    Raises:
      UserError: it isn't JSON.
    """
    if declared.get(name, {}).get("parameterType", "STRING") == "STRING":
        return text
    try:
        return json.loads(text)
    except ValueError as error:
        kind = declared[name]["parameterType"]
        raise UserError(f"parameter {name} can't be read", expected=f"{kind} in JSON", found=text) from error
