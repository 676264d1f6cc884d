"""The launcher's client for buckets: S3's protocol for s3:// and minio://, Google's for gs://.

It stands for the Go launcher's (gocloud.dev/blob) and has nothing to do with how Coralline's steps reach storage. The
server and the keys come from the environment: `AWS_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
`AWS_CA_BUNDLE`, `AWS_DEFAULT_REGION`; `STORAGE_EMULATOR_HOST`, `GOOGLE_APPLICATION_CREDENTIALS`. On a cluster they come
from the ConfigMap `kfp-launcher`, a secret and the service account (`backend/src/v2/config/env.go`).
"""

from __future__ import annotations

import functools
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from deployment.emulation.backend_error import BackendError
from deployment.emulation.bucket_uris import BucketConfig

_REGION = "us-east-1"
_ATTEMPTS = 5  # config/env.go, getDefaultMinioSessionInfo: maxRetries


class Bucket(Protocol):
    """A bucket: keys are whole, without the prefix of a run's root taken off."""

    def keys(self, prefix: str) -> Iterator[str]:
        """Every object whose key begins so, markers of folders among them, in the order of the keys."""

    def download(self, key: str, path: Path) -> None:
        """Writes an object to a file."""

    def upload(self, path: Path, key: str) -> None:
        """Writes a file as an object."""


class _S3Bucket:
    def __init__(self, name: str, client: Any):
        self._name, self._client = name, client

    def keys(self, prefix: str) -> Iterator[str]:
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._name, Prefix=prefix):
            for found in page.get("Contents", []):
                yield found["Key"]

    def download(self, key: str, path: Path) -> None:
        body = self._client.get_object(Bucket=self._name, Key=key)["Body"]
        with open(path, "wb") as file:
            for chunk in body.iter_chunks(1 << 20):
                file.write(chunk)

    def upload(self, path: Path, key: str) -> None:
        with open(path, "rb") as file:
            self._client.put_object(Bucket=self._name, Key=key, Body=file)


class _GsBucket:
    def __init__(self, bucket: Any):
        self._bucket = bucket

    def keys(self, prefix: str) -> Iterator[str]:
        for blob in self._bucket.list_blobs(prefix=prefix):
            yield blob.name

    def download(self, key: str, path: Path) -> None:
        self._bucket.blob(key).download_to_filename(str(path))

    def upload(self, path: Path, key: str) -> None:
        self._bucket.blob(key).upload_from_filename(str(path))


def open_bucket(config: BucketConfig) -> Bucket:
    """Opens a bucket (object_store.go, OpenBucket); nothing is asked of the server yet.

    Raises:
      BackendError: there are no credentials.
    """
    try:
        return _GsBucket(_gs_client().bucket(config.bucket)) if config.scheme == "gs://" else _s3_bucket(config.bucket)
    except Exception as error:  # both libraries have errors of many kinds
        raise BackendError(f'Failed to open bucket "{config.bucket}": {error}') from error


def _s3_bucket(name: str) -> _S3Bucket:
    import botocore.config
    import botocore.session

    session = botocore.session.get_session()
    session.register_component("data_loader", _loader())
    settings = botocore.config.Config(
        s3={"addressing_style": "path"},
        retries={"max_attempts": _ATTEMPTS, "mode": "standard"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    region = session.get_config_variable("region") or _REGION
    return _S3Bucket(name, session.create_client("s3", region_name=region, config=settings))


@functools.cache
def _loader() -> Any:
    """Keeps botocore's models, whose files take a second to read, from one client to the next."""
    import botocore.loaders

    return botocore.loaders.create_loader()


def _gs_client() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Python's and grpcio's age
        from google.auth.credentials import AnonymousCredentials
        from google.cloud import storage  # type: ignore[attr-defined]
    if os.environ.get("STORAGE_EMULATOR_HOST"):
        return storage.Client(project="emulation", credentials=AnonymousCredentials())  # type: ignore[no-untyped-call]
    return storage.Client()
