"""Files between a pod and the bucket, by the launcher's rules.

Functions that are named here are those of kubeflow/pipelines `backend/src/v2/objectstore/object_store.go` at
031e8f9398.
"""

from __future__ import annotations

import posixpath
from pathlib import Path

from deployment.emulation.backend_error import BackendError
from deployment.emulation.bucket_client import Bucket


def download_blob(bucket: Bucket, prefix: str, blob: str, to: Path) -> None:
    """Downloads an object, or all below it, as files (DownloadBlob).

    An empty object whose key ends with `/`, as tf.io.gfile leaves for a folder on gs://, becomes a file with the
    folder's name, and what comes after it can't be written (kubeflow/pipelines#13476).

    Args:
      prefix: the bucket's, in front of every key (blob.PrefixedBucket); empty or ending with `/`.
      blob: the key below it. Nothing there: nothing is downloaded, and nothing said.

    Raises:
      BackendError: an object can't be read or written.
    """
    try:
        for found in bucket.keys(prefix + blob):
            key = found.removeprefix(prefix)
            if key == blob.rstrip("/") or key.startswith(blob.rstrip("/") + "/"):  # isBlobKeyUnderPrefix
                _download_file(bucket, found, _path_of(to, blob, key))
    except BackendError:
        raise
    except Exception as error:  # the libraries have errors of many kinds
        raise BackendError(f'failed to list objects in remote storage "{blob}": {error}') from error


def _path_of(to: Path, blob: str, key: str) -> Path:
    """(sanitizeDownloadPath: filepath.Rel and filepath.Join take a `/` at the end away.)"""
    if ".." in key.split("/"):
        raise BackendError(f"path traversal detected: blob key \"{key}\" contains '..' component")
    return Path(posixpath.normpath(to / posixpath.relpath(key, blob)))


def _download_file(bucket: Bucket, key: str, path: Path) -> None:
    """(downloadFile: the reader is opened first.)"""
    try:
        path.parent.mkdir(0o755, parents=True, exist_ok=True)
        bucket.download(key, path)
    except Exception as error:
        raise BackendError(
            f'downloadFile(): unable to complete copying "{key}" to local storage "{path}": {_said(error)}'
        ) from error


def upload_blob(bucket: Bucket, prefix: str, path: Path, blob: str) -> None:
    """Uploads a file, or all files of a folder and those below it; empty folders leave nothing (UploadBlob).

    Raises:
      FileNotFoundError: nothing is there.
      BackendError: a file can't be read, or the server doesn't take it.
    """
    if not path.exists():
        raise FileNotFoundError(path)
    if path.is_dir():
        for inner in sorted(path.iterdir()):
            upload_blob(bucket, prefix, inner, f"{blob}/{inner.name}")
        return
    try:
        bucket.upload(path, prefix + blob)
    except Exception as error:
        raise BackendError(
            f'uploadFile(): unable to complete copying "{path}" to remote storage "{blob}": {_said(error)}'
        ) from error


def _said(error: Exception) -> str:
    """(os.MkdirAll's words for a file where a folder should be, which people will find in a real launcher's log.)"""
    if isinstance(error, FileExistsError | NotADirectoryError):
        return f"mkdir {error.filename}: not a directory"
    return str(error)
