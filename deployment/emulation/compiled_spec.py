"""A compiled spec and its platform document, read as the API server and its compiler read them.

Functions that are named here are those of kubeflow/pipelines `backend/src/apiserver/template/v2_template.go`,
`backend/src/v2/compiler/argocompiler/dag.go` and `container.go` at 00f7b52b28. The spec stays JSON: the message classes
of the locked kfp are older than the backend and lack some of its fields; they check the rest.

Pipelines of one DAG of containers are emulated, which is what TFX compiles to. Nested DAGs, loops, conditions, exit
handlers and importers are refused, where the backend would take them.
"""

from __future__ import annotations

import copy
import dataclasses
import re
from collections.abc import Iterator
from typing import Any

import yaml
from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

from coralline.foundation.errors import UserError

_SCHEMA_VERSION = "2.1.0"
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")

# Fields that the backend knows and the locked kfp-pipeline-spec doesn't, by the message that has them.
_NEWER_FIELDS = {
    "resources": {"resourceCpuLimit", "resourceCpuRequest", "resourceMemoryLimit", "resourceMemoryRequest"},
    "accelerator": {"resourceType", "resourceCount"},
    "cachingOptions": {"cacheKey"},
}

# kubernetes_platform/proto/kubernetes_executor_config.proto, KubernetesExecutorConfig: what it has, and what of it is
# emulated here.
_EMULATED_CONFIG = {
    "pvcMount", "secretAsEnv", "secretAsVolume", "nodeSelector", "tolerations", "imagePullPolicy", "imagePullSecret",
    "activeDeadlineSeconds", "podMetadata", "emptyDirMounts", "enabledSharedMemory",
}  # fmt: skip
_OTHER_CONFIG = {
    "configMapAsVolume", "configMapAsEnv", "fieldPathAsEnv", "genericEphemeralVolume", "nodeAffinity", "podAffinity",
    "securityContext",
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class ContainerTask:
    """A task of the root DAG whose component is a container.

    Attributes:
      name: its key in the DAG.
      task: the PipelineTaskSpec.
      component: the ComponentSpec.
      container: the PipelineContainerSpec.
      kubernetes: the KubernetesExecutorConfig; empty without one.
      after: names of the tasks that it waits for, with those whose outputs it takes (addImplicitDependencies).
    """

    name: str
    task: dict[str, Any]
    component: dict[str, Any]
    container: dict[str, Any]
    kubernetes: dict[str, Any]
    after: frozenset[str]

    @property
    def max_retries(self) -> int:
        """How often a failed pod is started again (container.go, getTaskRetryParametersWithValues)."""
        return int(self.task.get("retryPolicy", {}).get("maxRetryCount", 0))

    @property
    def uses_cache(self) -> bool:
        """Whether another run's outputs may be taken."""
        return bool(self.task.get("cachingOptions", {}).get("enableCache", False))


@dataclasses.dataclass(frozen=True)
class CompiledSpec:
    """A spec that the API server takes.

    Attributes:
      name: the pipeline's.
      parameters: the run's, by name: ParameterSpec with `parameterType`, `defaultValue`, `isOptional`.
      tasks: in an order in which they can run.
    """

    name: str
    parameters: dict[str, dict[str, Any]]
    tasks: tuple[ContainerTask, ...]


def read_compiled_spec(text: bytes, file: str) -> CompiledSpec:
    """Reads the YAML that `coralline compile --target kubeflow` writes, or any spec of that form.

    Args:
      text: one document with the spec, at most one with platform settings (NewV2SpecTemplate).
      file: its name, for messages.

    Raises:
      UserError: the API server or its compiler would refuse it, or the emulation doesn't do what it asks for.
    """
    spec, platform = _documents(text, file)
    _require_known_fields(spec, file)
    _require_header(spec, file)
    configs = _kubernetes_configs(spec, platform, file)
    tasks = _in_order([_task(spec, name, configs, file) for name in sorted(spec["root"]["dag"]["tasks"])], file)
    return CompiledSpec(
        spec["pipelineInfo"]["name"], spec["root"].get("inputDefinitions", {}).get("parameters", {}), tuple(tasks)
    )


def _documents(text: bytes, file: str) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        documents = [document for document in yaml.safe_load_all(text) if document is not None]
    except yaml.YAMLError as error:
        raise _wrong(file, "it isn't valid YAML", error) from error
    if any(isinstance(document, dict) and "pipelineSpec" in document for document in documents):
        fix = "compile with --target kubeflow"
        raise UserError(
            "this is a PipelineJob for Vertex AI", file=file, expected="a spec for Kubeflow Pipelines", fix=fix
        )
    specs = [document for document in documents if isinstance(document, dict) and "pipelineInfo" in document]
    platforms = [document for document in documents if isinstance(document, dict) and "platforms" in document]
    if len(specs) != 1 or len(platforms) > 1 or len(specs) + len(platforms) != len(documents):
        raise UserError(
            "the file isn't a compiled spec",
            file=file,
            expected="a YAML document with a PipelineSpec, and at most one with `platforms`",
            found=f"{len(documents)} documents, {len(specs)} with `pipelineInfo`, {len(platforms)} with `platforms`",
        )
    return specs[0], platforms[0] if platforms else {}


def _require_known_fields(spec: dict[str, Any], file: str) -> None:
    """(protojson.Unmarshal refuses unknown fields and wrong types.)"""
    known = _without_newer_fields(copy.deepcopy(spec))
    try:
        json_format.ParseDict(known, pipeline_spec_pb2.PipelineSpec())
        json_format.ParseDict(known["deploymentSpec"], pipeline_spec_pb2.PipelineDeploymentConfig())
    except (json_format.ParseError, KeyError) as error:
        raise _wrong(file, "the API server refuses it: invalid v2 pipeline spec", error) from error


def _without_newer_fields(value: Any, name: str = "") -> Any:
    if isinstance(value, list):
        return [_without_newer_fields(item) for item in value]
    if isinstance(value, dict):
        newer = _NEWER_FIELDS.get(name, set())
        return {key: _without_newer_fields(inner, key) for key, inner in value.items() if key not in newer}
    return value


def _require_header(spec: dict[str, Any], file: str) -> None:
    """(NewV2SpecTemplate.)"""
    version, name = spec.get("schemaVersion", ""), spec["pipelineInfo"].get("name", "")
    if version != _SCHEMA_VERSION:
        raise UserError(
            "the API server refuses this version of the schema", file=file, expected=_SCHEMA_VERSION, found=version
        )
    if not _NAME.search(name):
        expected = "lower-case letters, digits, '-' and '.'"
        raise UserError("the pipeline's name can't be used", file=file, expected=expected, found=name or "none")
    if not spec.get("root", {}).get("dag", {}).get("tasks"):
        raise _wrong(file, "the API server refuses it: root component is empty", None)


def _kubernetes_configs(spec: dict[str, Any], platform: dict[str, Any], file: str) -> dict[str, dict[str, Any]]:
    configs = platform.get("platforms", {}).get("kubernetes", {}).get("deploymentSpec", {}).get("executors", {})
    for label, config in configs.items():
        if label not in spec["deploymentSpec"].get("executors", {}):
            raise _wrong(file, f"the platform document names `{label}`, which is no executor of the spec", None)
        for field in config:
            if field in _OTHER_CONFIG:
                raise _not_emulated(file, f"`{field}` of `{label}`")
            if field not in _EMULATED_CONFIG:
                raise _wrong(file, f"`{field}` of `{label}` is no field of KubernetesExecutorConfig", None)
    return configs  # type: ignore[no-any-return]


def _task(spec: dict[str, Any], name: str, configs: dict[str, dict[str, Any]], file: str) -> ContainerTask:
    """(dag.go, task.)"""
    tasks = spec["root"]["dag"]["tasks"]
    task = tasks[name]
    component = spec.get("components", {}).get(task.get("componentRef", {}).get("name", ""))
    if component is None:
        raise _wrong(file, f"task `{name}`: component spec not found", None)
    for field in ("parameterIterator", "artifactIterator", "iteratorPolicy"):
        if field in task:
            raise _not_emulated(file, f"`{field}` of task `{name}`")
    if set(task.get("triggerPolicy", {})) - {"strategy"} or "dag" in component:
        raise _not_emulated(file, f"task `{name}`: a condition or a nested DAG")
    label = component.get("executorLabel", "")
    executor = spec["deploymentSpec"].get("executors", {}).get(label)
    if executor is None:
        raise _wrong(file, f"task `{name}`: executor with label `{label}` not found", None)
    if "container" not in executor:
        kinds = {"resolver": "resolver executors not implemented", "customJob": "custom jobs are Google Cloud only"}
        (kind,) = executor
        if kind in kinds:
            raise _wrong(file, f"task `{name}`: {kinds[kind]}", None)
        raise _not_emulated(file, f"task `{name}`: `{kind}`")
    after = {*task.get("dependentTasks", []), *_producers(task)}
    for other in after - set(tasks):
        raise _wrong(file, f"task `{name}` waits for `{other}`, which isn't a task", None)
    return ContainerTask(name, task, component, executor["container"], configs.get(label, {}), frozenset(after))


def _producers(task: dict[str, Any]) -> Iterator[str]:
    for kind, source in (("artifacts", "taskOutputArtifact"), ("parameters", "taskOutputParameter")):
        for taken in task.get("inputs", {}).get(kind, {}).values():
            if source in taken:
                yield taken[source]["producerTask"]


def _in_order(tasks: list[ContainerTask], file: str) -> list[ContainerTask]:
    ordered: list[ContainerTask] = []
    while len(ordered) < len(tasks):
        done = {task.name for task in ordered}
        ready = [task for task in tasks if task.name not in done and task.after <= done]
        if not ready:
            left = ", ".join(task.name for task in tasks if task.name not in done)
            raise _wrong(file, f"these tasks wait for each other: {left}", None)
        ordered += ready
    return ordered


def _wrong(file: str, what: str, found: BaseException | None) -> UserError:
    return UserError(what, file=file, expected="a spec as `coralline compile --target kubeflow` writes it", found=found)


def _not_emulated(file: str, what: str) -> UserError:
    return UserError(f"{what} isn't emulated, though a cluster may run it", file=file)
