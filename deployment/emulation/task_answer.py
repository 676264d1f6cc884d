"""What a container answers: ExecutorOutput, read as strictly as the launcher reads it, and output parameters.

Functions that are named here are those of kubeflow/pipelines `backend/src/v2/component/launcher_v2.go` at 00a91e83ac.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

from deployment.emulation.backend_error import BackendError
from deployment.emulation.compiled_spec import ContainerTask
from deployment.emulation.pod import Pod


def read_executor_output(pod: Pod, path: str) -> dict[str, Any]:
    """The ExecutorOutput, JSON (getExecutorOutputFile).

    Args:
      path: `outputFile`. No file there is an answer: no parameters, no word on artifacts.

    Raises:
      BackendError: it isn't strict JSON, or has a field that ExecutorOutput lacks.
    """
    file = pod.on_this_machine(path)
    if not file.exists():
        return {}
    try:
        answered = json.loads(file.read_text(encoding="utf-8"), parse_constant=_refuse, object_pairs_hook=_once)
        # A newer field that the locked kfp-pipeline-spec doesn't know.
        json_format.ParseDict(_without_custom_paths(answered), pipeline_spec_pb2.ExecutorOutput())
    except (OSError, ValueError, json_format.ParseError) as error:
        raise BackendError(f'failed to unmarshall ExecutorOutput in file "{path}": {error}') from error
    return answered if isinstance(answered, dict) else {}


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"invalid value {constant}")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError(f"duplicate field among {', '.join(key for key, _ in pairs)}")
    return made


def _without_custom_paths(answered: Any) -> Any:
    if isinstance(answered, list):
        return [_without_custom_paths(item) for item in answered]
    if isinstance(answered, dict):
        return {key: _without_custom_paths(value) for key, value in answered.items() if key != "customPath"}
    return answered


def output_parameters(
    task: ContainerTask, outputs: dict[str, Any], answered: dict[str, Any], pod: Pod
) -> dict[str, Any]:
    """The task's output parameters: as ExecutorOutput has them, else each from its file (collectOutputParameters).

    Raises:
      BackendError: a file isn't there, or its text is not of the parameter's type.
    """
    values = dict(answered.get("parameterValues") or {})
    declared = task.component.get("outputDefinitions", {}).get("parameters", {})
    for name, parameter in outputs.get("parameters", {}).items():
        if name not in values:
            kind, path = declared[name]["parameterType"], parameter["outputFile"]
            try:
                values[name] = _value_of(pod.on_this_machine(path).read_text(encoding="utf-8"), kind)
            except (OSError, ValueError) as error:
                raise BackendError(
                    f'failed to read output parameter name="{name}" type="{kind}" path="{path}": {error}'
                ) from error
    return values


def _value_of(text: str, kind: str) -> Any:
    """(metadata/model.go, TextToPbValue.)"""
    if kind == "STRING":
        return text
    if kind in ("NUMBER_INTEGER", "NUMBER_DOUBLE"):
        return int(text.strip()) if kind == "NUMBER_INTEGER" else float(text.strip())
    if kind == "BOOLEAN":
        if text.strip() not in ("true", "false", "True", "False", "1", "0"):
            raise ValueError(f"{text!r} isn't a boolean")
        return text.strip() in ("true", "True", "1")
    if kind in ("LIST", "STRUCT"):
        return json.loads(text)
    raise ValueError(f"unknown type {kind}")
