"""A Kubeflow Pipelines backend on one machine: runs of compiled specs, one task after the other.

What one concern does is told in its file: `compiled_spec` and `run_inputs` (API server), `task_driver` with
`task_inputs` and `task_cache` (driver), `task_launcher` with `blob_transfer`, `command_placeholders` and
`task_answer` (launcher), `metadata_store` (ML Metadata), `pod`, `placement`, `process_pods`, `docker_pods`
(Kubernetes). Here is what Argo does between them.

Tasks that a cluster may run side by side go one after the other here. After a task has failed, none is begun
(Argo's failFast).
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from deployment.emulation.backend_error import BackendError, PendingPodError
from deployment.emulation.bucket_uris import bucket_of_root
from deployment.emulation.cluster_description import ClusterDescription
from deployment.emulation.compiled_spec import ContainerTask, read_compiled_spec
from deployment.emulation.metadata_records import DAG_EXECUTION, RecordedExecution, config_of
from deployment.emulation.metadata_store import KfpMetadata
from deployment.emulation.pod import claim_names, make_pod
from deployment.emulation.run_inputs import run_parameters
from deployment.emulation.run_progress import RunProgress, TaskProgress
from deployment.emulation.runtime_artifact import KfpMetadataError
from deployment.emulation.task_cache import TaskCache
from deployment.emulation.task_driver import BackendOptions, Driven, drive
from deployment.emulation.task_launcher import PodEngine, TaskLauncher

_PARAMETER = re.compile(r"\{\{\$\.inputs\.parameters\['(.+?)'\]\}\}")


class TaskFailedError(Exception):
    """A task has failed, and the run with it.

    Args:
      task: its name.
      message: the driver's, the launcher's or Kubernetes'.
      log: what its container wrote; None: it never ran.
    """

    def __init__(self, task: str, message: str, log: Path | None):
        super().__init__(f"{task}: {message}")
        self.task, self.message, self.log = task, message, log


@dataclasses.dataclass(frozen=True)
class EmulatedBackend:
    """A backend with its store, cache and cluster.

    Attributes:
      state: the folder of ML Metadata (`metadata.sqlite`), of the cache and of runs (`runs/<run id>`).
      cluster: what runs are put on.
      engine: runs containers.
      options: an administrator's.
    """

    state: Path
    cluster: ClusterDescription
    engine: PodEngine
    options: BackendOptions

    def begin(self, spec: bytes, file: str, root: str | None, parameters: Mapping[str, Any]) -> RunProgress:
        """Creates a run, as the API server and the root driver do (driver/root_dag.go, RootDAG).

        Args:
          spec: a compiled spec.
          file: its name, for messages.
          root: `runtime_config.pipeline_root`; None: the cluster's default.
          parameters: `runtime_config.parameters`.

        Raises:
          UserError: the API server would refuse the spec or the parameters.
          BackendError: the root driver would fail: the root is in no bucket.
        """
        compiled = read_compiled_spec(spec, file)
        values = run_parameters(compiled.parameters, parameters)
        root = root or self.cluster.default_root
        bucket = bucket_of_root(root)
        run_id = str(uuid.uuid4())
        metadata = open_metadata(self.state)
        session = json.dumps({"Provider": bucket.scheme.removesuffix("://"), "Params": {"fromEnv": "true"}})
        contexts = metadata.get_pipeline(compiled.name, run_id, self.options.namespace, "run-resource", root, session)
        inputs = {"inputs": {"parameterValues": values}}
        dag = metadata.create_execution(contexts, config_of(inputs, DAG_EXECUTION, name=f"run/{run_id}"))
        progress = RunProgress(run_id, compiled.name, root, values, hashlib.sha256(spec).hexdigest(), dag.id)
        folder = self._folder(run_id)
        folder.mkdir(parents=True)
        (folder / "spec.yaml").write_bytes(spec)
        progress.save(folder)
        return progress

    def resumed(self, run_id: str) -> RunProgress:
        """A run that failed or was killed, for another try, as the API's `:retry` has it.

        Tasks that have ended well stay. Argo keeps the driver's node of a failed task, since it succeeded, and starts
        the task's pod again with the same ExecutorInput.

        Raises:
          UserError: there is no such run.
        """
        return RunProgress.load(self._folder(run_id))

    def perform(self, progress: RunProgress) -> Iterator[tuple[str, TaskProgress]]:
        """Does what is left of a run.

        Yields:
          (name, how it went) of each task when it has ended, those of earlier tries first.

        Raises:
          TaskFailedError: a task has failed.
        """
        folder = self._folder(progress.run_id)
        compiled = read_compiled_spec((folder / "spec.yaml").read_bytes(), str(folder / "spec.yaml"))
        metadata, cache = open_metadata(self.state), TaskCache(self.state / "cache.sqlite")
        dag = metadata.get_execution(progress.dag)
        launcher = TaskLauncher(metadata, cache, self.engine, self.options)
        for task in compiled.tasks:
            known = progress.tasks.get(task.name)
            if known is None or known.state not in ("succeeded", "cached"):
                known = _Attempts(self, task, progress, folder).made(dag, launcher)
            yield task.name, known

    def _folder(self, run_id: str) -> Path:
        return self.state / "runs" / run_id


def open_metadata(state: Path) -> KfpMetadata:
    """ML Metadata of a backend, in `metadata.sqlite`; made if it isn't there."""
    from ml_metadata import MetadataStore
    from ml_metadata.proto import metadata_store_pb2

    state.mkdir(parents=True, exist_ok=True)
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(state / "metadata.sqlite")
    config.sqlite.connection_mode = metadata_store_pb2.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
    return KfpMetadata(MetadataStore(config))


@dataclasses.dataclass(frozen=True)
class _Attempts:
    """One task of a run, until it has ended."""

    backend: EmulatedBackend
    task: ContainerTask
    progress: RunProgress
    folder: Path

    def made(self, dag: RecordedExecution, launcher: TaskLauncher) -> TaskProgress:
        began = time.monotonic()
        try:
            known, driven = self._driven(dag, launcher)
        except (BackendError, KfpMetadataError) as error:
            raise TaskFailedError(self.task.name, f"the driver failed: {error}", None) from error
        if driven.cached:
            known.state = "cached"
        else:
            known.state, known.message = "running", None
            self._save()
            self._launched(known, driven, launcher, began)
        known.seconds = round(time.monotonic() - began, 1)
        self._save()
        return known

    def _driven(self, dag: RecordedExecution, launcher: TaskLauncher) -> tuple[TaskProgress, Driven]:
        known = self.progress.tasks.get(self.task.name)
        if known is not None:
            execution = launcher.metadata.get_execution(known.execution)
            return known, Driven(known.executor_input, execution, cached=False)
        claims = claim_names(self.task, self.progress.parameters).values()
        driven = drive(self.task, dag, launcher.metadata, launcher.cache, self.backend.options, claims)
        known = TaskProgress("running", driven.execution.id, driven.executor_input)
        self.progress.tasks[self.task.name] = known
        return known, driven

    def _launched(self, known: TaskProgress, driven: Driven, launcher: TaskLauncher, began: float) -> None:
        """(compiler/argocompiler/container.go, getTaskRetryStrategyFromInput: a failed pod is started again.)"""
        for retry in range(self.task.max_retries + 1):
            known.log = str(self.folder / f"{self.task.name}-{known.attempts}.log")
            try:
                known.warnings = self._in_a_pod(driven, launcher, Path(known.log), retry)
            except (BackendError, KfpMetadataError) as error:
                known.attempts += 1
                log = None if isinstance(error, PendingPodError) else Path(known.log)
                if retry < self.task.max_retries and log is not None:
                    self._save()
                    time.sleep(self._backoff_s(retry))
                    continue
                known.state, known.message = "failed", str(error)
                known.seconds = round(time.monotonic() - began, 1)
                self._save()
                raise TaskFailedError(self.task.name, str(error), log) from error
            known.attempts += 1
            known.state = "succeeded"
            return

    def _in_a_pod(self, driven: Driven, launcher: TaskLauncher, log: Path, retry: int) -> list[str]:
        image = _image(self.task.container["image"], driven.executor_input)
        parameters = self.progress.parameters
        pod = make_pod(self.task, self.backend.cluster, parameters, image, self.backend.state / "pods", retry)
        try:
            return launcher.launch(self.task, driven, pod, log, retry)
        finally:
            pod.delete()

    def _backoff_s(self, retry: int) -> float:
        """(Argo's backoff: duration, times the factor after each try, at most maxDuration.)"""
        policy = self.task.task["retryPolicy"]
        seconds = _seconds(policy.get("backoffDuration", "0s")) * float(policy.get("backoffFactor", 1) or 1) ** retry
        return min(seconds, _seconds(policy.get("backoffMaxDuration", "3600s")))

    def _save(self) -> None:
        self.progress.save(self.folder)


def _image(image: str, executor_input: dict[str, Any]) -> str:
    """(resolve.go, resolvePodSpecInputRuntimeParameter: a parameter may name the image.)"""
    found = _PARAMETER.fullmatch(image)
    if not found:
        return image
    values = executor_input["inputs"].get("parameterValues", {})
    if found[1] not in values:
        raise BackendError("executorInput did not contain container Image input parameter")
    return str(values[found[1]])


def _seconds(duration: str) -> float:
    return float(duration.removesuffix("s"))
