"""What the container driver hands a task: its parameters and input artifacts, resolved and checked.

Functions that are named here are those of kubeflow/pipelines `backend/src/v2/driver/resolve.go` at 00f7b52b28.
"""

from __future__ import annotations

import decimal
import json
from collections.abc import Mapping
from typing import Any

from deployment.emulation.backend_error import BackendError
from deployment.emulation.compiled_spec import ContainerTask
from deployment.emulation.metadata_records import RecordedExecution
from deployment.emulation.metadata_store import KfpMetadata
from deployment.emulation.run_inputs import is_of_type

_ABSENT = object()


def resolved_inputs(
    task: ContainerTask, metadata: KfpMetadata, dag: RecordedExecution, placeholders: Mapping[str, str]
) -> dict[str, Any]:
    """The `inputs` of an ExecutorInput (resolveInputs).

    Artifacts come back from ML Metadata: named by their ids, of type `instanceSchema: ""`, with numbers as doubles.

    Args:
      dag: the root DAG's execution, with the run's parameters.
      placeholders: the driver's own, such as `{{$.pipeline_job_uuid}}`.

    Raises:
      BackendError: an input can't be had, or is of another type than the component declares.
      KfpMetadataError: the store's content can't be handed on.
    """
    tasks = metadata.get_executions_in_dag(dag)
    given = task.task.get("inputs", {})
    parameters: dict[str, Any] = {}
    declared = task.component.get("inputDefinitions", {}).get("parameters", {})
    for name, source in given.get("parameters", {}).items():
        value = _parameter(source, dag, tasks, placeholders)
        if value is _ABSENT:
            if not declared.get(name, {}).get("isOptional"):
                raise BackendError(f"the resolved input parameter is null: {name}")
            continue
        parameters[name] = value
    _check_types(declared, parameters)
    artifacts = {
        name: {"artifacts": [_artifact(name, source, metadata, dag, tasks)]}
        for name, source in given.get("artifacts", {}).items()
    }
    return {"parameterValues": parameters, "artifacts": artifacts}


def _parameter(
    source: dict[str, Any], dag: RecordedExecution, tasks: dict[str, RecordedExecution], placeholders: Mapping[str, str]
) -> Any:
    """(resolveInputParameter.)"""
    if "parameterExpressionSelector" in source:
        raise BackendError("parameterExpressionSelector isn't emulated")
    if "componentInputParameter" in source:
        name = source["componentInputParameter"]
        inputs, _ = dag.parameters
        if name not in inputs:
            raise BackendError(f"parent DAG does not have input parameter {name}")
        return _ABSENT if inputs[name] is None else inputs[name]
    if "taskOutputParameter" in source:
        made = source["taskOutputParameter"]
        producer = tasks.get(f"{made['producerTask']}_{dag.id}")
        if producer is None:
            raise BackendError(f"producer task, {made['producerTask']}_{dag.id}, not in tasks")
        _, outputs = producer.parameters
        return outputs.get(made["outputParameterKey"])
    value = source.get("runtimeValue", {})
    if "constant" not in value:
        raise BackendError(f"param runtime value spec of type {', '.join(value) or 'none'} not implemented")
    constant = value["constant"]
    return placeholders.get(constant, constant) if isinstance(constant, str) else constant


def _check_types(declared: Mapping[str, dict[str, Any]], values: dict[str, Any]) -> None:
    """(handleParamTypeValidationAndConversion: what a STRING is given becomes text; defaults are the launcher's.)"""
    for name, parameter in declared.items():
        kind = parameter.get("parameterType", "")
        if name not in values:
            if not parameter.get("isOptional") and "defaultValue" not in parameter:
                raise BackendError(f'neither value nor default value provided for non-optional parameter "{name}"')
        elif values[name] is None:
            raise BackendError(f'got null for input parameter "{name}"')
        elif kind == "STRING":
            values[name] = as_text(values[name])
        elif not is_of_type(values[name], kind):
            found = type(values[name]).__name__
            raise BackendError(f'input parameter "{name}" type mismatch: expect {kind}, got {found}')


def as_text(value: Any) -> str:
    """A value as a command or a STRING has it (metadata/model.go, PbValueToText; launcher_v2.go, getPlaceholders)."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format(decimal.Decimal(repr(value)).normalize(), "f")
    return str(value) if isinstance(value, int) else json.dumps(value, separators=(",", ":"))


def _artifact(
    name: str,
    source: dict[str, Any],
    metadata: KfpMetadata,
    dag: RecordedExecution,
    tasks: dict[str, RecordedExecution],
) -> dict[str, Any]:
    """(resolveInputArtifact, resolveUpstreamArtifacts.)"""
    made = source.get("taskOutputArtifact")
    if made is None:
        raise BackendError(f"failed to resolve input artifact {name}: only outputs of tasks are emulated")
    producer = tasks.get(f"{made['producerTask']}_{dag.id}")
    if producer is None:
        raise BackendError(
            f'failed to resolve input artifact {name}: cannot find producer task "{made["producerTask"]}"'
        )
    found = metadata.get_output_artifacts(producer.id).get(made["outputArtifactKey"])
    if found is None:
        raise BackendError(
            f'cannot find output artifact key "{made["outputArtifactKey"]}" in producer task "{made["producerTask"]}"'
        )
    return found.as_input()
