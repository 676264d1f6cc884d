"""The command that a container runs: placeholders of the spec with this task's values put in.

Functions that are named here are those of kubeflow/pipelines `backend/src/v2/component/launcher_v2.go` at 00a91e83ac.
`{"IfPresent": ...}` and `{"Concat": ...}`, which TFX doesn't write, are refused.
"""

from __future__ import annotations

import copy
import json
from typing import Any

from deployment.emulation.backend_error import BackendError
from deployment.emulation.bucket_uris import mirrored
from deployment.emulation.compiled_spec import ContainerTask
from deployment.emulation.task_inputs import as_text

_WHOLE = "{{$}}"


def compiled_command(task: ContainerTask, executor_input: dict[str, Any]) -> list[str]:
    """Command and arguments (compileCmdAndArgs): `{{$}}` is the ExecutorInput, other placeholders in it replaced too.

    Args:
      executor_input: the driver's; the component's default parameters are added here (addDefaultParams).

    Raises:
      BackendError: there is no command, or an output is in no bucket.
    """
    given = with_default_parameters(task, executor_input)
    values, whole = _placeholders(given), json.dumps(given, separators=(",", ":"))
    parts = [*task.container.get("command", []), *task.container.get("args", [])]
    if not parts:
        raise BackendError("command and arguments are empty")
    compiled = []
    for part in parts:
        if part.startswith(('{"Concat": ', '{"IfPresent": ')):
            raise BackendError("struct placeholders (IfPresent, Concat) aren't emulated")
        part = part.replace(_WHOLE, whole)
        for placeholder, value in values.items():
            part = part.replace(placeholder, value)
        compiled.append(part)
    return compiled


def with_default_parameters(task: ContainerTask, executor_input: dict[str, Any]) -> dict[str, Any]:
    """A copy with the component's defaults for parameters that weren't given (addDefaultParams)."""
    given = copy.deepcopy(executor_input)
    values = given.setdefault("inputs", {}).setdefault("parameterValues", {})
    for name, parameter in task.component.get("inputDefinitions", {}).get("parameters", {}).items():
        if "defaultValue" in parameter:
            values.setdefault(name, parameter["defaultValue"])
    return given


def _placeholders(given: dict[str, Any]) -> dict[str, str]:
    """(getPlaceholders.)"""
    values: dict[str, str] = {}
    for name, listed in given["inputs"].get("artifacts", {}).items():
        uri = listed["artifacts"][0]["uri"]
        values[f"{{{{$.inputs.artifacts['{name}'].uri}}}}"] = uri
        if local := mirrored(uri):
            values[f"{{{{$.inputs.artifacts['{name}'].path}}}}"] = local
    for name, listed in given["outputs"].get("artifacts", {}).items():
        uri = listed["artifacts"][0]["uri"]
        local = mirrored(uri)
        if local is None:
            raise BackendError(f'resolve output artifact "{name}"\'s local path: unsupported storage scheme: {uri}')
        values[f"{{{{$.outputs.artifacts['{name}'].uri}}}}"] = uri
        values[f"{{{{$.outputs.artifacts['{name}'].path}}}}"] = local
    for name, value in given["inputs"]["parameterValues"].items():
        if value is None:
            raise BackendError(f"unknown PipelineSpec Value type of parameter {name}")
        values[f"{{{{$.inputs.parameters['{name}']}}}}"] = as_text(value)
    for name, parameter in given["outputs"].get("parameters", {}).items():
        values[f"{{{{$.outputs.parameters['{name}'].output_file}}}}"] = parameter["outputFile"]
    return values
