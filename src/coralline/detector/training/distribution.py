"""The devices of a training: one, all GPUs of a machine, or several machines that TF_CONFIG names."""

from __future__ import annotations

import atexit
import dataclasses
import functools
import json
import os
import shutil
import tempfile
from typing import Any

import tensorflow as tf

from coralline.foundation.errors import UserError

_CLUSTER = "TF_CONFIG"
"""The environment variable by which Kubeflow's and Vertex's training jobs tell a process who it is and who the others
are (tensorflow.org/guide/distributed_training, "Setting up the TF_CONFIG environment variable")."""


@dataclasses.dataclass(frozen=True)
class Placement:
    """The devices of a training.

    Attributes:
      strategy: TensorFlow's; every model and optimizer is made in its scope.
      worker: this machine's place among those that train, from 0.
      workers: how many machines train.
      scratch: a folder for what a worker has to write but nobody reads.

    All workers do the same work in the same order, because reading a variable may take all of them; the first alone,
    the chief, writes what others read.
    """

    strategy: tf.distribute.Strategy
    worker: int = 0
    workers: int = 1
    scratch: str = ""

    @property
    def chief(self) -> bool:
        """Whether what this worker writes is what others read."""
        return self.worker == 0

    @property
    def replicas(self) -> int:
        """How many devices share a batch."""
        return int(self.strategy.num_replicas_in_sync)

    def own(self, folder: str) -> str:
        """The folder where this worker writes what belongs into `folder`."""
        return folder if self.chief else f"{self.scratch}/{folder.strip('/').replace('/', '_')}"

    def mean_over_workers(self, value: float) -> float:
        """The mean of all workers' values; every worker waits for the others."""
        if self.workers == 1:
            return value
        return float(self._mean(tf.constant(value, tf.float32)))

    def barrier(self) -> None:
        """Waits until every worker has come here."""
        self.mean_over_workers(0.0)

    @functools.cached_property
    def _mean(self) -> Any:

        @tf.function(autograph=False)
        def mean(of_worker: tf.Tensor) -> tf.Tensor:
            of_replicas = self.strategy.run(tf.identity, args=(of_worker,))
            return self.strategy.reduce(tf.distribute.ReduceOp.MEAN, of_replicas, axis=None)

        return mean

    def require_equal_shares(self, batch_size: int) -> None:
        """Makes sure that every device gets as many images of a batch.

        Raises:
          UserError: it can't.
        """
        if batch_size % self.replicas:
            raise UserError(
                "the batch can't be shared by the devices",
                expected=f"a train.batch_size that is a multiple of {self.replicas}, the number of devices",
                found=str(batch_size),
                fix=f"set train.batch_size to {-(-batch_size // self.replicas) * self.replicas}",
            )

    def describe(self) -> str:
        """One line for people."""
        if self.workers > 1:
            return f"worker {self.worker + 1} of {self.workers}, {self.devices} in all"
        return self.devices

    @property
    def devices(self) -> str:
        """ "1 CPU", or "4 GPUs", of all machines."""
        kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
        return f"{self.replicas} {kind}" + "s" * (self.replicas > 1)


def find_distribution() -> Placement:
    """The devices that there are. To be called before anything is computed.

    Raises:
      UserError: TF_CONFIG can't be understood.
    """
    cluster, task = _cluster()
    workers = len(cluster.get("chief", [])) + len(cluster.get("worker", []))
    if workers > 1:
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
        worker = task["index"] + (len(cluster.get("chief", [])) if task["type"] == "worker" else 0)
        scratch = tempfile.mkdtemp(prefix="coralline-worker-")
        atexit.register(shutil.rmtree, scratch, ignore_errors=True)
        return Placement(strategy, worker, workers, scratch)
    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    if len(devices) > 1:
        return Placement(tf.distribute.MirroredStrategy([device.name for device in devices]))
    return Placement(tf.distribute.get_strategy())


def _cluster() -> tuple[dict[str, Any], dict[str, Any]]:
    text = os.environ.get(_CLUSTER, "")
    if not text.strip():
        return {}, {}
    try:
        config = json.loads(text)
        cluster, task = config.get("cluster", {}), config.get("task", {})
        known = set(cluster) <= {"chief", "worker"} and all(cluster.values())
        inside = not cluster or 0 <= task["index"] < len(cluster[task["type"]])
    except (ValueError, AttributeError, KeyError, TypeError):
        known = inside = False
    if not known or not inside:
        raise UserError(
            f"{_CLUSTER} can't be understood",
            expected='{"cluster": {"worker": ["host:port", ...]}, "task": {"type": "worker", "index": 0}}, '
            "with workers and at most a chief",
            found=text[:200],
            fix=f"unset {_CLUSTER} to train on this machine alone",
        )
    return cluster, task
