"""A task's pod: what is mounted where, and its environment.

Functions that are named here are those of kubeflow/pipelines `backend/src/v2/compiler/argocompiler/container.go`
(addContainerExecutorTemplate) and `backend/src/v2/driver/k8s.go` (extendPodSpecPatch, makeVolumeMountPatch) at
00f7b52b28. Empty folders (emptyDir) and the container's own layer are there while the pod is, and go with it; what is
on a claim stays.
"""

from __future__ import annotations

import dataclasses
import posixpath
import shutil
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from deployment.emulation.backend_error import BackendError, PendingPodError
from deployment.emulation.cluster_description import ClusterDescription
from deployment.emulation.compiled_spec import ContainerTask
from deployment.emulation.placement import require_a_node

EMPTY_DIRS = ("/gcs", "/s3", "/minio", "/.local", "/.cache", "/.config")
"""Where every pod has an empty folder (container.go; /kfp-launcher, the launcher's own, aside)."""


@dataclasses.dataclass(frozen=True)
class Pod:
    """A pod that can be started.

    Attributes:
      name: `<task>-<8 hex digits>`.
      uid: a UUID.
      folder: holds all that goes with it.
      mounts: {path in the container: folder of this machine}.
      env: of the container.
      image: the container's.
      deadline_s: `activeDeadlineSeconds`; None: none.
    """

    name: str
    uid: str
    folder: Path
    mounts: dict[str, Path]
    env: dict[str, str]
    image: str
    deadline_s: int | None

    @property
    def layer(self) -> Path:
        """The container's own writable layer, as far as it is on this machine."""
        return self.folder / "layer"

    def on_this_machine(self, path: str) -> Path:
        """Where an absolute path in the container lies here."""
        path = posixpath.normpath(path)
        for mount in sorted(self.mounts, key=len, reverse=True):
            if path == mount or path.startswith(f"{mount}/"):
                return self.mounts[mount] / path[len(mount) :].lstrip("/")
        return self.layer / path.lstrip("/")

    def delete(self) -> None:
        """The pod goes, and what was on its empty folders."""
        shutil.rmtree(self.folder, ignore_errors=True)


def claim_names(task: ContainerTask, parameters: Mapping[str, Any]) -> dict[str, str]:
    """Names of volume claims by the path that they're mounted at, in both forms (makeVolumeMountPatch).

    Args:
      parameters: the run's, for claims that a parameter names.

    Raises:
      BackendError: a mount lacks its path or its claim.
    """
    found: dict[str, str] = {}
    for mount in task.kubernetes.get("pvcMount", []):
        path = mount.get("mountPath", "")
        source = mount.get("pvcNameParameter", {})
        if "constant" in mount:
            claim = mount["constant"]
        elif "constant" in source.get("runtimeValue", {}):
            claim = source["runtimeValue"]["constant"]
        elif name := source.get("componentInputParameter") or mount.get("componentInputParameter"):
            claim = parameters.get(name)
        else:
            raise BackendError("volume mount: only constants and the run's parameters are emulated as claims")
        if not path or not isinstance(claim, str) or not claim:
            raise BackendError(f"failed to make podSpecPatch: volume mount: path {path!r}, claim {claim!r}")
        found[path.rstrip("/")] = claim
    return found


def make_pod(
    task: ContainerTask, cluster: ClusterDescription, parameters: Mapping[str, Any], image: str, pods: Path, retry: int
) -> Pod:
    """A pod for a task, its folders made.

    Args:
      image: of the container, parameters put in.
      pods: the folder of all pods.
      retry: how often the task was tried before.

    Raises:
      PendingPodError: no node takes it, or a secret or claim that it names isn't there.
      BackendError: the platform document is wrong.
    """
    if cluster.nodes is not None:
        require_a_node(task, cluster.nodes)
    uid = str(uuid.uuid4())
    name = f"{task.name.lower()}-{uid[:8]}"
    mounts: dict[str, Path] = {}
    for path, claim in claim_names(task, parameters).items():
        if claim not in cluster.claims:
            raise PendingPodError(f'the pod stays pending: persistentvolumeclaim "{claim}" not found')
        mounts[path] = cluster.claims[claim].resolve()
    env = {key: _reachable(value, cluster) for key, value in _environment(task, cluster)}
    env |= {"KFP_POD_NAME": name, "KFP_POD_UID": uid}
    if task.max_retries:
        env["KFP_RETRY_INDEX"] = str(retry)
    deadline = int(task.kubernetes.get("activeDeadlineSeconds", 0)) or None
    pod = Pod(name, uid, pods / name, mounts, env, image, deadline)
    for number, path in enumerate([*EMPTY_DIRS, *_further_empty_dirs(task)]):
        mounts[path] = pod.folder / f"empty-{number}"
    for folder in (*mounts.values(), pod.layer):
        folder.mkdir(parents=True, exist_ok=True)
    for path in set(mounts) - set(claim_names(task, parameters)):
        mounts[path].chmod(0o777)  # as Kubernetes makes emptyDirs
    for number, volume in enumerate(task.kubernetes.get("secretAsVolume", [])):
        mounts[volume["mountPath"].rstrip("/")] = _secret_files(pod, number, volume, cluster)
    return pod


def _further_empty_dirs(task: ContainerTask) -> Iterator[str]:
    for volume in task.kubernetes.get("emptyDirMounts", []):
        yield volume["mountPath"].rstrip("/")
    if "enabledSharedMemory" in task.kubernetes:
        yield "/dev/shm"


def _environment(task: ContainerTask, cluster: ClusterDescription) -> Iterator[tuple[str, str]]:
    """(initPodSpecPatch; extendPodSpecPatch, `secretAsEnv`.)"""
    yield from cluster.pod_env.items()
    for variable in task.container.get("env", []):
        yield variable["name"], variable.get("value", "")
    for secret in task.kubernetes.get("secretAsEnv", []):
        values = _secret(secret, cluster)
        for pair in secret.get("keyToEnv", []):
            if pair["secretKey"] in values:
                yield pair["envVar"], values[pair["secretKey"]]
            elif not secret.get("optional"):
                raise PendingPodError(
                    f"the pod stays pending: couldn't find key {pair['secretKey']} in Secret {_secret_name(secret)}"
                )


def _reachable(value: str, cluster: ClusterDescription) -> str:
    """An address in the cluster as this machine reaches it."""
    for service, address in cluster.services.items():
        value = value.replace(service, address)
    return value


def _secret(secret: dict[str, Any], cluster: ClusterDescription) -> dict[str, str]:
    name = _secret_name(secret)
    if name not in cluster.secrets and not secret.get("optional"):
        raise PendingPodError(f'the pod stays pending: secret "{name}" not found')
    return cluster.secrets.get(name, {})


def _secret_name(secret: dict[str, Any]) -> str:
    parameter = secret.get("secretNameParameter", {}).get("runtimeValue", {}).get("constant")
    name = parameter or secret.get("secretName")
    if not name:
        raise BackendError("missing either SecretName or a constant SecretNameParameter in executor config")
    return str(name)


def _secret_files(pod: Pod, number: int, volume: dict[str, Any], cluster: ClusterDescription) -> Path:
    folder = pod.folder / f"secret-{number}"
    folder.mkdir()
    for key, value in _secret(volume, cluster).items():
        (folder / key).write_text(value, encoding="utf-8")
    return folder
