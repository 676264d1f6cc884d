"""What the stand-in for Vertex AI says no with: google.rpc statuses, in words that the real service was seen to use."""

from __future__ import annotations

from typing import NoReturn

import grpc
from google.protobuf import any_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

Code = grpc.StatusCode


def refuse(context: grpc.ServicerContext, code: Code, message: str, info: dict[str, str] | None = None) -> NoReturn:
    """Ends the call with a status; `info` goes into an ErrorInfo: `reason`, and the rest as its metadata."""
    details = []
    if info is not None:
        rest = {key: value for key, value in info.items() if key != "reason"}
        packed = any_pb2.Any()
        packed.Pack(error_details_pb2.ErrorInfo(reason=info["reason"], domain="googleapis.com", metadata=rest))
        details.append(packed)
    status = status_pb2.Status(code=getattr(code_pb2, code.name), message=message, details=details)
    context.abort_with_status(rpc_status.to_status(status))
    raise AssertionError("abort_with_status raises")


def deny(context: grpc.ServicerContext, permission: str, resource: str) -> NoReturn:
    """As in GoogleCloudPlatform/t5x-on-vertex-ai#5."""
    refuse(
        context,
        Code.PERMISSION_DENIED,
        f"Permission '{permission}' denied on resource '//aiplatform.googleapis.com/{resource}' (or it may not exist).",
        {"reason": "IAM_PERMISSION_DENIED", "permission": permission, "resource": resource},
    )
