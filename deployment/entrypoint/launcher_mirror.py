"""Where a step finds an artifact: in the launcher's copy of the bucket, or on a volume.

The launcher of Kubeflow Pipelines downloads inputs to, and uploads outputs from, a folder for each scheme
(`LocalPathForURI` in backend/src/v2/component/launcher_v2.go). It rewrites no URI: that is left to what runs in the
container. A path in place of a URI won't do: a step that has one for an input fails before it starts
(`fetchNonDefaultBuckets` there, `ParseBucketConfigForArtifactURI` in backend/src/v2/objectstore/config.go).

Where artifacts are kept on a volume, they keep their URI all the same, and lie at the place on the volume that has its
name. The launcher finds nothing to upload (which it warns of) and nothing to download.
"""

from __future__ import annotations

import dataclasses
import os

_FOLDERS = {"gs://": "gcs/", "s3://": "s3/", "minio://": "minio/"}
SCHEMES = tuple(_FOLDERS)
"""What the launcher can take a pipeline root of."""
MIRROR_VARIABLE = "CORALLINE_MIRROR_ROOT"
"""Environment variable with the folder of the launcher's copies, for an emulation; `/` in a real container."""


@dataclasses.dataclass(frozen=True)
class LauncherMirror:
    """The folder below which artifacts lie.

    Attributes:
      folder: `/` for the launcher's own, or a folder on a volume that all steps mount.
    """

    folder: str = "/"

    def path_of(self, uri: str) -> str:
        """The folder or file of an artifact; what isn't in a bucket is where it says."""
        for scheme, name in _FOLDERS.items():
            if uri.startswith(scheme):
                return f"{self.folder.rstrip('/')}/{name}{uri[len(scheme) :]}"
        return uri


def mirror_of(artifacts: str) -> LauncherMirror:
    """The mirror of this process: `artifacts`, a folder on a volume, or if that is empty, the launcher's."""
    return LauncherMirror(artifacts or os.environ.get(MIRROR_VARIABLE) or "/")
