"""The launcher: brings a task's inputs into its pod, runs the container, records and uploads what it made.

Functions that are named here are those of kubeflow/pipelines `backend/src/v2/component/launcher_v2.go` at 00a91e83ac.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from deployment.emulation.backend_error import BackendError
from deployment.emulation.blob_transfer import download_blob, upload_blob
from deployment.emulation.bucket_client import Bucket, open_bucket
from deployment.emulation.bucket_uris import BucketConfig, bucket_of_artifact, bucket_of_root, mirrored
from deployment.emulation.command_placeholders import compiled_command
from deployment.emulation.compiled_spec import ContainerTask
from deployment.emulation.task_answer import output_parameters, read_executor_output
from deployment.emulation.metadata_records import OutputArtifact
from deployment.emulation.metadata_store import KfpMetadata
from deployment.emulation.pod import Pod
from deployment.emulation.runtime_artifact import KfpMetadataError
from deployment.emulation.task_cache import TaskCache, started_at
from deployment.emulation.task_driver import LOGS, BackendOptions, Driven

_UPLOADS = 2  # attempts (executeV2)


class PodEngine(Protocol):
    """What runs containers."""

    def run(self, pod: Pod, command: Sequence[str], log: Path) -> int:
        """Runs a command in a pod; gives its exit code."""


@dataclasses.dataclass(frozen=True)
class TaskLauncher:
    """Launches tasks of one backend.

    Attributes:
      metadata: the ML Metadata service.
      cache: the API server's table.
      engine: runs containers.
      options: the backend's.
    """

    metadata: KfpMetadata
    cache: TaskCache
    engine: PodEngine
    options: BackendOptions

    def launch(self, task: ContainerTask, driven: Driven, pod: Pod, log: Path, retry: int) -> list[str]:
        """Does a task in a pod (Execute), and publishes the execution whether it ends well or not.

        Args:
          log: what the container wrote.
          retry: how often the task was tried before; it is the end of the log artifact's URI.

        Returns:
          the launcher's warnings: what it was expected to transfer and didn't.

        Raises:
          BackendError, KfpMetadataError: the pod fails.
        """
        began = started_at()
        execution = self.metadata.get_execution(driven.execution.id)
        self.metadata.pre_publish_execution(execution, pod.name, pod.uid, self.options.namespace)
        executor_input = copy.deepcopy(driven.executor_input)
        state, parameters, artifacts = "FAILED", None, list[OutputArtifact]()
        try:
            transfer = _Transfer(bucket_of_root(execution.contexts.pipeline_root), pod)
            _qualify_logs(executor_input, retry)
            try:
                answered = self._execute(task, executor_input, transfer, log)
            except BackendError:
                artifacts = self._logs_of_a_failure(executor_input, transfer, execution.contexts.store_session_info)
                raise
            parameters = output_parameters(task, executor_input["outputs"], answered, pod)
            artifacts = self._uploaded(executor_input, answered, transfer, execution.contexts.store_session_info)
            state = "COMPLETE"
        finally:
            self.metadata.publish_execution(execution, parameters if state == "COMPLETE" else None, artifacts, state)
            self.metadata.update_dag_state(
                self.metadata.get_execution(execution.stored.custom_properties["parent_dag_id"].int_value)
            )
        if execution.fingerprint:
            pipeline = execution.contexts.pipeline.name
            self.cache.record(execution.fingerprint, pipeline, self.options.namespace, execution.id, began)
        return list(transfer.warnings)

    def _execute(
        self, task: ContainerTask, executor_input: dict[str, Any], transfer: _Transfer, log: Path
    ) -> dict[str, Any]:
        """(execute.)"""
        pod = transfer.pod
        command = compiled_command(task, executor_input)
        inputs = executor_input["inputs"].get("artifacts", {})
        for name, listed in inputs.items():
            transfer.require_bucket(name, listed["artifacts"][0]["uri"])
        for name, listed in inputs.items():
            for artifact in listed["artifacts"]:
                transfer.download(name, artifact["uri"])
        _prepare_output_folders(executor_input, pod)
        code = self.engine.run(pod, command, log)
        if self.options.publish_logs and (uri := _log_uri(executor_input)):
            pod.on_this_machine(mirrored(uri) or "").write_bytes(log.read_bytes())
        if code != 0:
            raise BackendError(f"exit status {code}" if code > 0 else f"signal: {-code}")
        return read_executor_output(pod, executor_input["outputs"]["outputFile"])

    def _logs_of_a_failure(
        self, executor_input: dict[str, Any], transfer: _Transfer, session: str
    ) -> list[OutputArtifact]:
        """(executeV2: what fails here is not told.)"""
        listed = executor_input["outputs"]["artifacts"].get(LOGS)
        try:
            only = {"outputs": {"artifacts": {LOGS: listed} if listed else {}}}
            return self._uploaded(only, {}, transfer, session)
        except (BackendError, KfpMetadataError):
            return []

    def _uploaded(
        self, executor_input: dict[str, Any], answered: dict[str, Any], transfer: _Transfer, session: str
    ) -> list[OutputArtifact]:
        """(uploadOutputArtifactsWithRetry: all of it is done twice at most.)"""
        for attempt in range(1, _UPLOADS + 1):
            try:
                return self._upload_once(executor_input, answered, transfer, session)
            except (BackendError, KfpMetadataError):
                if attempt == _UPLOADS:
                    raise
        raise AssertionError("unreachable")

    def _upload_once(
        self, executor_input: dict[str, Any], answered: dict[str, Any], transfer: _Transfer, session: str
    ) -> list[OutputArtifact]:
        """(uploadOutputArtifacts: each is uploaded from its mirror, then recorded.)"""
        made = []
        for name, listed in executor_input["outputs"]["artifacts"].items():
            for artifact in listed["artifacts"]:
                said = (answered.get("artifacts") or {}).get(name, {}).get("artifacts") or []
                if said and name != LOGS:
                    _merge(said[0], artifact)
                if not transfer.upload(name, artifact["uri"]) and name == LOGS:
                    continue
                try:
                    made.append(self.metadata.record_artifact(name, artifact, session))
                except KfpMetadataError as error:
                    raise KfpMetadataError(f'unable to produce MLMD artifact for output "{name}": {error}') from error
        return made


def _qualify_logs(executor_input: dict[str, Any], retry: int) -> None:
    """Each attempt has a log of its own (qualifyExecutorLogsForRetry)."""
    for artifact in executor_input["outputs"]["artifacts"].get(LOGS, {}).get("artifacts", []):
        artifact["uri"] += f"-{retry}"


def _log_uri(executor_input: dict[str, Any]) -> str | None:
    listed = executor_input["outputs"]["artifacts"].get(LOGS)
    return listed["artifacts"][0]["uri"] if listed else None


def _merge(said: dict[str, Any], artifact: dict[str, Any]) -> None:
    """What the container says goes over what the driver provisioned; its type doesn't (mergeRuntimeArtifacts)."""
    if said.get("uri"):
        artifact["uri"] = said["uri"]
    if said.get("metadata") is not None:
        artifact["metadata"] = {**artifact.get("metadata", {}), **said["metadata"]}


def _prepare_output_folders(executor_input: dict[str, Any], pod: Pod) -> None:
    """Folders that outputs and output parameters lie in, not the outputs' own (prepareOutputFolders)."""
    outputs = executor_input["outputs"]
    paths = [parameter["outputFile"] for parameter in outputs.get("parameters", {}).values()]
    for name, listed in outputs["artifacts"].items():
        for artifact in listed["artifacts"]:
            local = mirrored(artifact["uri"])
            if local is None:
                raise BackendError(f'failed to generate local storage path for output artifact "{name}"')
            paths.append(local)
    for path in paths:
        pod.on_this_machine(path).parent.mkdir(0o755, parents=True, exist_ok=True)


class _Transfer:
    """The run's bucket and the pod."""

    def __init__(self, config: BucketConfig, pod: Pod):
        self.pod, self.warnings = pod, dict[str, None]()
        self._config, self._buckets = config, dict[str, Bucket]()

    def _bucket(self, config: BucketConfig) -> Bucket:
        key = config.scheme + config.bucket
        if key not in self._buckets:
            self._buckets[key] = open_bucket(config)
        return self._buckets[key]

    def require_bucket(self, name: str, uri: str) -> None:
        """(fetchNonDefaultBuckets: an input that is in no bucket, such as a local path, ends the task.)"""
        if not uri.startswith(self._config.prefixed):
            try:
                bucket_of_artifact(uri)
            except BackendError as error:
                raise BackendError(
                    "failed to fetch non default buckets: failed to parse bucketConfig for output artifact "
                    f'"{name}" with uri "{uri}": {error}'
                ) from error

    def download(self, name: str, uri: str) -> None:
        """(downloadArtifacts: from the run's bucket, or, outside the run's root, from the URI's own.)"""
        local = mirrored(uri)
        assert local is not None, "require_bucket was asked"
        config = self._config if uri.startswith(self._config.prefixed) else bucket_of_artifact(uri)
        try:
            download_blob(self._bucket(config), config.prefix, config.key_of(uri), self.pod.on_this_machine(local))
        except BackendError as error:
            raise BackendError(
                f'failed to download input artifact "{name}" from remote storage URI "{uri}": {error}'
            ) from error

    def upload(self, name: str, uri: str) -> bool:
        """(uploadOutputArtifacts.)

        Returns:
          False: nothing was there to upload, or the URI is in no bucket: a warning.
        """
        local = mirrored(uri)
        if local is None:
            self.warnings[f'Output Artifact "{name}" does not have a recognized storage URI "{uri}".'] = None
            return False
        try:
            key = self._config.key_of(uri)
            upload_blob(self._bucket(self._config), self._config.prefix, self.pod.on_this_machine(local), key)
        except FileNotFoundError:
            self.warnings[f'Output Artifact "{name}": local filepath "{local}" does not exist.'] = None
            return False
        except BackendError as error:
            raise BackendError(f'failed to upload output artifact "{name}": {error}') from error
        return True
