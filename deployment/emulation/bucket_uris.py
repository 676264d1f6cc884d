"""Where artifacts are: URIs, the bucket that a run's root names, and the launcher's local mirror of it.

Functions that are named here are those of kubeflow/pipelines `backend/src/v2/objectstore/config.go` and
`backend/src/v2/component/launcher_v2.go` at 00f7b52b28.
"""

from __future__ import annotations

import dataclasses
import posixpath
import re

from deployment.emulation.backend_error import BackendError

SCHEMES = ("gs://", "s3://", "minio://")
"""What a run's root may begin with (config.go, ParseBucketPathToConfig; `mem://` is for the backend's tests)."""

DEFAULT_ROOT = "minio://mlpipeline/v2/artifacts"
"""The root of a run that names none, without a ConfigMap `kfp-launcher` (config/env.go, DefaultPipelineRoot)."""

_MIRRORS = {"gs://": "/gcs/", "minio://": "/minio/", "s3://": "/s3/"}
_BUCKET = re.compile(r"(^[a-z][a-z0-9]+:///?)([^/?]+)(/[^?]*)?(\?.+)?$")


@dataclasses.dataclass(frozen=True)
class BucketConfig:
    """A bucket and a prefix in it (config.go, Config).

    Attributes:
      scheme: `minio://`.
      bucket: its name.
      prefix: empty, or ends with `/`.
    """

    scheme: str
    bucket: str
    prefix: str = ""

    @property
    def prefixed(self) -> str:
        """`minio://bucket/prefix` without a `/` at the end (PrefixedBucket: path.Join cleans it)."""
        return self.scheme + posixpath.normpath(posixpath.join(self.bucket, self.prefix))

    def key_of(self, uri: str) -> str:
        """A URI's key below the prefix (KeyFromURI: compared as text, not by folders).

        Raises:
          BackendError: the URI isn't under the prefix, or is the prefix.
        """
        if not uri.startswith(self.prefixed):
            raise BackendError(f'URI "{uri}" does not have expected bucket prefix "{self.prefixed}"')
        key = uri.removeprefix(self.prefixed).lstrip("/")
        if not key:
            raise BackendError(f'URI "{uri}" has empty key given prefixed bucket "{self.prefixed}"')
        return key


def bucket_of_root(root: str) -> BucketConfig:
    """The bucket of a run's root (ParseBucketPathToConfig).

    Raises:
      BackendError: it isn't an address in a bucket of a known kind: a plain path, for instance.
    """
    scheme, bucket, path = _parsed(root, "pipeline root format")
    prefix = path.removeprefix("/")
    return BucketConfig(scheme, bucket, prefix if not prefix or prefix.endswith("/") else f"{prefix}/")


def bucket_of_artifact(uri: str) -> BucketConfig:
    """The bucket of an artifact outside the run's root, without prefix (ParseBucketConfigForArtifactURI).

    Raises:
      BackendError: it isn't an address in a bucket of a known kind.
    """
    scheme, bucket, _ = _parsed(uri, "uri format")
    return BucketConfig(scheme, bucket)


def _parsed(address: str, kind: str) -> tuple[str, str, str]:
    found = _BUCKET.search(address)
    if not found:
        raise BackendError(f'parse bucket config failed: unrecognized {kind}: "{address}"')
    if found[1] not in SCHEMES:
        raise BackendError(f'parse bucket config failed: unsupported Cloud bucket: "{address}"')
    return found[1], found[2], found[3] or ""


def mirrored(uri: str) -> str | None:
    """Where the launcher keeps its copy: `/minio/bucket/key` (launcher_v2.go, LocalPathForURI).

    Returns:
      None: the URI is in no bucket, and the launcher neither downloads nor uploads it. (`oci://`, models in images,
      isn't emulated.)
    """
    for scheme, folder in _MIRRORS.items():
        if uri.startswith(scheme):
            return folder + uri.removeprefix(scheme)
    return None
