"""The container driver: a task's ExecutorInput, its execution in ML Metadata, and the cache's answer.

Functions that are named here are those of kubeflow/pipelines `backend/src/v2/driver/container.go`, `driver.go`
(`util.go` in newer ones) and `cache.go` at 00f7b52b28.
"""

from __future__ import annotations

import copy
import dataclasses
import posixpath
import uuid
from collections.abc import Iterable
from typing import Any

from deployment.emulation.backend_error import BackendError
from deployment.emulation.bucket_uris import mirrored
from deployment.emulation.compiled_spec import ContainerTask
from deployment.emulation.metadata_records import (
    CONTAINER_EXECUTION,
    OutputArtifact,
    RecordedExecution,
    config_of,
)
from deployment.emulation.metadata_store import KfpMetadata, output_uri
from deployment.emulation.task_cache import TaskCache, fingerprint
from deployment.emulation.task_inputs import resolved_inputs

LOGS = "executor-logs"
"""The output that the backend adds to every task while logs are published (PUBLISH_LOGS, true by default)."""
OLD_OUTPUT_FILE = "/tmp/kfp_outputs/output_metadata.json"
"""Where ExecutorOutput is expected by backends before September 2025 (launcher_v2.go, OutputMetadataFilepath)."""


@dataclasses.dataclass(frozen=True)
class BackendOptions:
    """What an administrator of the backend decides, or its age.

    Attributes:
      namespace: where runs are.
      publish_logs: `PUBLISH_LOGS`.
      cache: false: `CACHEENABLED` is off for the whole server.
      old_output_file: ExecutorOutput is expected in `/tmp/kfp_outputs`, as it was until September 2025.
    """

    namespace: str = "kubeflow"
    publish_logs: bool = True
    cache: bool = True
    old_output_file: bool = False


@dataclasses.dataclass(frozen=True)
class Driven:
    """What the driver says of a task.

    Attributes:
      executor_input: for the launcher; without the component's default parameters.
      execution: in ML Metadata.
      cached: whether an earlier execution's outputs were taken: no pod is started.
    """

    executor_input: dict[str, Any]
    execution: RecordedExecution
    cached: bool


def drive(
    task: ContainerTask,
    dag: RecordedExecution,
    metadata: KfpMetadata,
    cache: TaskCache,
    options: BackendOptions,
    claims: Iterable[str],
) -> Driven:
    """Prepares a task (Container).

    Args:
      dag: the root DAG's execution.
      claims: names of the volume claims that the task mounts.

    Raises:
      BackendError, KfpMetadataError: the driver's pod would end with this.
    """
    pipeline, run_id = dag.contexts.pipeline.name, dag.contexts.run.name
    inputs = resolved_inputs(task, metadata, dag, _placeholders(task.name, dag))
    executor_input = {"inputs": inputs, "outputs": provisioned_outputs(task, dag.contexts.pipeline_root, options)}
    key, found = "", None
    if options.cache and task.uses_cache:
        key = fingerprint(task, executor_input, claims)
        found = cache.look_up(key, pipeline, options.namespace)
    config = config_of(
        executor_input,
        CONTAINER_EXECUTION,
        task_name=task.name,
        display_name=task.task.get("taskInfo", {}).get("name", ""),
        parent_dag_id=dag.id,
        fingerprint=key,
        cached_execution_id="" if found is None else str(found),
    )
    execution = metadata.create_execution(metadata.get_pipeline(pipeline, run_id), config)
    if found is None:
        return Driven(executor_input, execution, cached=False)
    parameters, artifacts = _reused(metadata, found, executor_input)
    metadata.publish_execution(execution, parameters, artifacts, "CACHED")
    return Driven(executor_input, execution, cached=True)


def _placeholders(task: str, dag: RecordedExecution) -> dict[str, str]:
    """(resolve.go, resolveInputParameter: constants that are one of these.)"""
    run = dag.contexts.run.name
    return {
        "{{$.pipeline_job_name}}": run,
        "{{$.pipeline_job_resource_name}}": run,
        "{{$.pipeline_job_uuid}}": run,
        "{{$.pipeline_task_name}}": task,
        "{{$.pipeline_task_uuid}}": str(dag.id),
    }


def provisioned_outputs(task: ContainerTask, run_root: str, options: BackendOptions) -> dict[str, Any]:
    """The `outputs` of an ExecutorInput (provisionOutputs).

    Args:
      run_root: `<root>/<pipeline>/<run id>`; artifacts get `<run root>/<task>/<uuid>/<output>`.
    """
    declared = copy.deepcopy(task.component.get("outputDefinitions", {}))
    artifacts = declared.get("artifacts", {})
    if options.publish_logs:
        artifacts[LOGS] = {"artifactType": {"schemaTitle": "system.Artifact"}}
    task_root = output_uri(run_root, task.name, str(uuid.uuid4()))
    made = {}
    for name, artifact in artifacts.items():
        provisioned = {"name": name, "uri": output_uri(task_root, name), "type": artifact["artifactType"]}
        if "metadata" in artifact:
            provisioned["metadata"] = artifact["metadata"]
        made[name] = {"artifacts": [provisioned]}
    local = None if options.old_output_file else mirrored(task_root)
    return {
        "artifacts": made,
        "parameters": {name: {"outputFile": f"/tmp/kfp/outputs/{name}"} for name in declared.get("parameters", {})},
        "outputFile": OLD_OUTPUT_FILE if local is None else posixpath.join(local, "output_metadata.json"),
    }


def _reused(
    metadata: KfpMetadata, execution_id: int, executor_input: dict[str, Any]
) -> tuple[dict[str, Any], list[OutputArtifact]]:
    """(reuseCachedOutputs, collectOutputArtifactMetadataFromCache.)"""
    _, parameters = metadata.get_execution(execution_id).parameters
    found = metadata.get_output_artifacts(execution_id)
    artifacts = []
    for name in executor_input["outputs"]["artifacts"]:
        if name not in found:
            raise BackendError(f"unable to find artifact with name {name} in mlmd output artifacts")
        artifacts.append(found[name])
    return parameters, artifacts
