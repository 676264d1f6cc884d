"""The object store that a Kubeflow brings along, `minio-service.kubeflow:9000`, on this machine.

It is the server that AWS_ENDPOINT_URL names; with neither a root nor that, one for the time of a run, of moto's, which
keeps its objects in memory.
"""

from __future__ import annotations

import contextlib
import logging
import os
import urllib.request
from collections.abc import Iterator

from coralline.foundation.errors import UserError
from deployment.emulation.bucket_uris import bucket_of_root
from deployment.emulation.cluster_description import ClusterDescription

_SERVICE = "minio-service.kubeflow:9000"
_SECRET = "mlpipeline-minio-artifact"  # config/env.go, minioArtifactSecretName
_KEYS = {"AWS_ACCESS_KEY_ID": "accesskey", "AWS_SECRET_ACCESS_KEY": "secretkey"}


def with_object_store(cluster: ClusterDescription) -> ClusterDescription:
    """The cluster with that service and its secret, which every installation has, unless they are described."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    keys = {key: os.environ[variable] for variable, key in _KEYS.items() if variable in os.environ}
    services = {_SERVICE: endpoint.partition("://")[2].rstrip("/")} if endpoint else {}
    secrets = {_SECRET: keys} if keys else {}
    return cluster.model_copy(update={"services": services | cluster.services, "secrets": secrets | cluster.secrets})


@contextlib.contextmanager
def serving(root: str | None, given: bool) -> Iterator[None]:
    """Within it, a server has the bucket of the root, if neither a root was given nor AWS_ENDPOINT_URL is set.

    Args:
      root: the run's; None: that of an earlier run.
      given: whether somebody has said where the run's artifacts go.

    Raises:
      UserError: a server is needed, and moto isn't there.
    """
    if given or root is None or "AWS_ENDPOINT_URL" in os.environ or root.startswith("gs://"):
        yield
        return
    try:
        from moto.server import ThreadedMotoServer
    except ImportError as error:
        raise UserError(
            "there is no bucket for the run's artifacts",
            expected="--root URI and a server for it: AWS_ENDPOINT_URL with keys, or STORAGE_EMULATOR_HOST",
            found="neither, and moto, which would serve one for this run, isn't installed",
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
        bucket = bucket_of_root(root).bucket
        urllib.request.urlopen(urllib.request.Request(f"http://{host}:{port}/{bucket}", method="PUT")).close()
        yield
    finally:
        server.stop()
        del os.environ["AWS_ENDPOINT_URL"]
