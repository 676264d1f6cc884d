"""Object stores that every cluster reaches, on this machine: Kubeflow's own, `minio-service.kubeflow:9000`; Google's.

Kubeflow's is the server that AWS_ENDPOINT_URL names; with neither a root nor that, one of moto's, started for the time
of a command. That one keeps its objects in memory, so they are kept in a folder from one command to the next. Google's
is the emulator that STORAGE_EMULATOR_HOST names, if it's set.
"""

from __future__ import annotations

import contextlib
import logging
import os
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from coralline.foundation.errors import UserError
from deployment.emulation.bucket_client import open_bucket
from deployment.emulation.bucket_uris import BucketConfig, bucket_of_root
from deployment.emulation.cluster_description import ClusterDescription

_SERVICE = "minio-service.kubeflow:9000"
_SECRET = "mlpipeline-minio-artifact"  # config/env.go, minioArtifactSecretName
_KEYS = {"AWS_ACCESS_KEY_ID": "accesskey", "AWS_SECRET_ACCESS_KEY": "secretkey"}
_GOOGLES = "STORAGE_EMULATOR_HOST"
_SUFFIX = ".object"  # a key may be another one's folder


def with_object_store(cluster: ClusterDescription) -> ClusterDescription:
    """The cluster with that service and its secret, which every installation has, unless they are described.

    Pods know where the emulator of Google's store is, as those of a cluster know Google's.
    """
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    keys = {key: os.environ[variable] for variable, key in _KEYS.items() if variable in os.environ}
    services = {_SERVICE: endpoint.partition("://")[2].rstrip("/")} if endpoint else {}
    secrets = {_SECRET: keys} if keys else {}
    pod_env = {_GOOGLES: os.environ[_GOOGLES]} if _GOOGLES in os.environ else {}
    return cluster.model_copy(
        update={
            "services": services | cluster.services,
            "secrets": secrets | cluster.secrets,
            "pod_env": pod_env | cluster.pod_env,
        }
    )


@contextlib.contextmanager
def object_store(root: str, folder: Path) -> Iterator[Callable[[], None]]:
    """Within it, a server has the bucket of a root, with what a folder keeps of it.

    Args:
      root: a run's, `minio://` or `s3://`.
      folder: made if it isn't there.

    Yields:
      A function that puts what is new into the folder.

    Raises:
      UserError: moto isn't there.
    """
    try:
        from moto.server import ThreadedMotoServer
    except ImportError as error:
        raise UserError(
            "there is no bucket for the run's artifacts",
            expected="--root URI and a server for it: AWS_ENDPOINT_URL with keys, or STORAGE_EMULATOR_HOST",
            found="neither, and moto, which would serve one, isn't installed",
            fix="start an S3 server, or install moto[server]",
        ) from error
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it tells each request
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    os.environ["AWS_ENDPOINT_URL"] = f"http://{host}:{port}"
    for variable in _KEYS:
        os.environ.setdefault(variable, "rehearsal")
    try:
        config = bucket_of_root(root)
        request = urllib.request.Request(f"http://{host}:{port}/{config.bucket}", method="PUT")
        urllib.request.urlopen(request).close()
        yield _filled(config, folder / config.bucket)
    finally:
        server.stop()
        del os.environ["AWS_ENDPOINT_URL"]


def _filled(config: BucketConfig, folder: Path) -> Callable[[], None]:
    bucket, kept = open_bucket(config), set[str]()
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.rglob(f"*{_SUFFIX}"):
        key = file.relative_to(folder).as_posix().removesuffix(_SUFFIX)
        bucket.upload(file, key)
        kept.add(key)

    def keep() -> None:
        for key in bucket.keys(""):
            if key not in kept:
                file = folder / f"{key}{_SUFFIX}"
                file.parent.mkdir(parents=True, exist_ok=True)
                bucket.download(key, file)
                kept.add(key)

    return keep
