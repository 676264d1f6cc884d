"""What a store refuses, as OSErrors that say which bucket it was and what to set; without passwords and signatures."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from typing import Any

from coralline.foundation.errors import UserError
from coralline.foundation.printable import without_secrets

_NUMBERS = (
    (FileNotFoundError, errno.ENOENT),
    (PermissionError, errno.EACCES),
    (FileExistsError, errno.EEXIST),
    (TimeoutError, errno.ETIMEDOUT),
)
# What no second try changes: an unknown scheme, an address that is none, a library that isn't installed.
_WRONG_CALLS = (ValueError, TypeError, ImportError, NotImplementedError)
# Of botocore, google.auth and aiohttp, which are imported only for addresses that need them.
_WITHOUT_CREDENTIALS = {
    *("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError", "TokenRetrievalError"),
    *("ProfileNotFound", "DefaultCredentialsError", "RefreshError"),
}
_SILENT = {"ReadTimeoutError", "ConnectTimeoutError", "ServerTimeoutError", "SocketTimeoutError", "FSTimeoutError"}
_UNREACHED = {"ClientConnectorError", "ClientConnectorDNSError"}  # of aiohttp; botocore's names the address itself
# MinIO (docs.min.io, "S3 error codes": storage full, a bucket's hard quota), Ceph (rgw_common.cc: QuotaExceeded).
_FULL = {"XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "QuotaExceeded", "InsufficientStorage"}
# docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html; those with status 401 and 403 needn't be named.
_REFUSED = {"ExpiredToken", "InvalidToken", "TokenRefreshRequired"}
_NO_BUCKET = {"NoSuchBucket", "InvalidBucketName"}
_S3, _GS = ("s3", "s3a", "minio"), ("gs", "gcs")


def scheme_of(path: str) -> str:
    """The scheme of an address, in lower case."""
    return path.split("://", 1)[0].lower()


def is_s3(path: str) -> bool:
    """Whether the address is that of a store with S3's interface."""
    return scheme_of(path) in _S3


def is_gs(path: str) -> bool:
    """Whether the address is one of Google Cloud Storage."""
    return scheme_of(path) in _GS


@contextlib.contextmanager
def as_oserrors(path: str, writing: bool = False) -> Iterator[None]:
    """Whatever fails within it, at this address, becomes an OSError.

    Args:
      path: the address.
      writing: what isn't found then is the bucket.
    """
    try:
        yield
    except UserError:
        raise
    except Exception as e:
        if isinstance(e, OSError) and e.errno and e.filename == path:
            raise
        raise _as_oserror(e, path, writing) from e


def _as_oserror(error: Exception, path: str, writing: bool) -> OSError:
    """The error of any library as an OSError, of the subclass that its number stands for."""
    number, reason = _store_said(error, path, writing) or _in_general(error)
    return OSError(number, without_secrets(reason), without_secrets(path))


def answer_of(error: BaseException) -> tuple[str, int]:
    """S3's error code and HTTP status, or Google's status, behind an exception; empty and 0 if there are none."""
    response = _response(error)
    if response is not None:
        return response.get("Error", {}).get("Code", ""), response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    code = getattr(error, "code", None)
    return "", int(str(code)) if str(code).isdigit() else 0


def _response(error: BaseException | None) -> dict[str, Any] | None:
    """The answer that botocore's ClientError holds; s3fs raises others from it."""
    while error is not None:
        response = getattr(error, "response", None)
        if isinstance(response, dict):
            return response
        error = error.__cause__
    return None


def _in_general(error: Exception) -> tuple[int, str]:
    usual = errno.EINVAL if isinstance(error, _WRONG_CALLS) else errno.EIO
    number = getattr(error, "errno", None) or next((n for kind, n in _NUMBERS if isinstance(error, kind)), usual)
    said = str(error) if number == usual else os.strerror(number)
    return number, (error.strerror if isinstance(error, OSError) else None) or said or type(error).__name__


def _store_said(error: Exception, path: str, writing: bool) -> tuple[int, str] | None:
    if not (is_s3(path) or is_gs(path)):
        return None
    bucket = f"bucket `{path.split('://', 1)[1].partition('/')[0]}`"
    code, status = answer_of(error)
    said, kind = _words(error), type(error).__name__
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        variable = "AWS_CA_BUNDLE" if is_s3(path) else "SSL_CERT_FILE"
        return errno.EPROTO, f"{_store(path)}'s certificate isn't trusted; name its authority's file in {variable}"
    if code in _FULL or status == 507:
        return errno.ENOSPC, f"{bucket} has no room left: {said}"
    if status == 412 or isinstance(error, FileExistsError):
        return errno.EEXIST, "it was changed by another writer"
    if code in _NO_BUCKET or (writing and isinstance(error, FileNotFoundError)):
        return errno.ENOENT, f"there is no {bucket} at {_store(path)}"
    if kind in _WITHOUT_CREDENTIALS or _is_refusal(error, code, status):
        return errno.EACCES, f"{bucket} can't be used with these credentials: {said}; {_advice(path)}"
    if kind in _SILENT or isinstance(error, TimeoutError):
        return errno.ETIMEDOUT, f"no answer from {_store(path)} in time"
    if kind in _UNREACHED:
        number = getattr(error, "errno", None) or 0  # negative: a name that isn't known
        return max(number, 0) or errno.EHOSTUNREACH, f"{_store(path)} can't be reached: {_in_general(error)[1]}"
    if status >= 500 or status in (408, 409, 429):
        return errno.EIO, said
    return None


def _is_refusal(error: Exception, code: str, status: int) -> bool:
    forbidden_by_google = isinstance(error, OSError) and str(error).startswith("Forbidden")  # gcsfs.retry
    return code in _REFUSED or status in (401, 403) or isinstance(error, PermissionError) or forbidden_by_google


def _words(error: Exception) -> str:
    """What the store said, in one line, and the code if S3 gave one."""
    answer = (_response(error) or {}).get("Error", {})
    lines = str(answer.get("Message") or getattr(error, "message", "") or error).strip().splitlines()
    said, code = (lines[-1] if lines else type(error).__name__).rstrip("."), answer.get("Code", "")
    return f"{said} ({code})" if code and not code.isdigit() and code not in said else said


def _store(path: str) -> str:
    """The store as the environment names it."""
    if is_gs(path):
        return os.environ.get("STORAGE_EMULATOR_HOST") or "Google Cloud Storage"
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or "the store"


def _advice(path: str) -> str:
    if is_gs(path):
        return (
            "give the account (GOOGLE_APPLICATION_CREDENTIALS names the file of its key) rights to read, list and write"
        )
    return (
        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to a pair that may read, list and write there, "
        "and AWS_ENDPOINT_URL to the store if that isn't Amazon's"
    )
