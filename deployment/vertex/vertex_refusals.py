"""What Vertex AI says no with, in one message: what was wrong, in its words, and what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from coralline.foundation.errors import UserError
from coralline.foundation.printable import shortened

if TYPE_CHECKING:
    from deployment.vertex.vertex_location import VertexLocation

_SIGN_IN = (
    "`gcloud auth application-default login` for yourself; for a machine, a service account: its key or a workload "
    "identity file named in GOOGLE_APPLICATION_CREDENTIALS, or one attached to the machine"
)
_ROLES = "docs/vertex.md lists the roles"
# What google-auth's plugin for gRPC ends a call with when it has no token.
_PLUGIN = "Getting metadata from plugin failed"
_MOST_OF_A_MESSAGE = 600


def cannot_sign_in(error: BaseException) -> UserError:
    """For an error of google.auth: there are no credentials, or they give no token."""
    found = shortened(_text(error), _MOST_OF_A_MESSAGE)
    is_lost = type(error).__name__ == "TransportError"
    what = "Google's sign-in can't be reached" if is_lost else "there are no credentials for Google Cloud that work"
    return UserError(what, expected="application default credentials", found=found, fix=_SIGN_IN)


def is_about_signing_in(error: Any) -> bool:
    """Whether a call that didn't reach the service has failed for want of a token."""
    return _PLUGIN in str(error)


def refusal(error: Any, doing: str, location: VertexLocation) -> UserError:
    """The message for an error of google.api_core.

    Args:
      error: GoogleAPICallError, or another GoogleAPIError or ValueError of the client.
      doing: what was being done, such as "listing runs".
      location: where.
    """
    from google.api_core import exceptions as api

    if is_about_signing_in(error):
        return cannot_sign_in(error)
    what, fix = _generic(doing, location)
    if isinstance(error, api.Unauthenticated):
        what, fix = "Vertex AI doesn't accept the credentials", f"sign in again: {_SIGN_IN}; look at this machine's clock"
    elif isinstance(error, api.PermissionDenied):
        what, fix = f"the account may not do this: {doing}", _permission_fix(error, location)
    elif isinstance(error, api.ResourceExhausted):
        what = f"the project's quota is used up: {doing}"
        fix = "wait a minute and call it again; for more, IAM & Admin > Quotas in the console, service Vertex AI API"
    elif isinstance(error, api.DeadlineExceeded | api.RetryError):
        what = f"Vertex AI didn't answer in time: {doing}"
        fix = "call it again: what was done already is found and not done twice"
    elif isinstance(error, api.ServiceUnavailable):
        what = f"Vertex AI can't be reached at {location.endpoint}"
        fix = "look at deployment.vertex.region and the network (HTTPS_PROXY, if there is a proxy), then call it again"
    elif isinstance(error, api.MethodNotImplemented):
        what = f"what answers at {location.endpoint} isn't Vertex AI"
        fix = "look at deployment.vertex.region and deployment.vertex.api_endpoint"
    elif isinstance(error, api.NotFound):
        what, fix = f"Vertex AI doesn't find it: {doing}", "look at deployment.vertex.project and deployment.vertex.region"
    elif isinstance(error, api.BadRequest | ValueError):
        what, fix = f"Vertex AI refuses the request: {doing}", _bad_request_fix(error)
    return UserError(what, expected=None, found=shortened(_text(error), _MOST_OF_A_MESSAGE), fix=fix)


def _generic(doing: str, location: VertexLocation) -> tuple[str, str]:
    return f"Vertex AI failed: {doing}", f"call it again; if it stays, https://status.cloud.google.com, {location.region}"


def _permission_fix(error: Any, location: VertexLocation) -> str:
    reason, project = error.reason or "", location.project
    if reason == "SERVICE_DISABLED":
        return f"`gcloud services enable aiplatform.googleapis.com --project {project}`"
    if reason == "BILLING_DISABLED":
        return f"link a billing account to project {project}"
    if reason == "CONSUMER_INVALID":
        return f"deployment.vertex.project must be the project's id or number, not its title: {project}?"
    permission = (error.metadata or {}).get("permission")
    asked = f" ({permission})" if permission else ""
    return f"give the account that you are signed in as roles/aiplatform.user in project {project}{asked}; {_ROLES}"


def _bad_request_fix(error: Any) -> str:
    message = _text(error)
    if account := re.search(r"act as service_account: ([^\s,]+@[^\s,]+?)\.?(?:\s|$)", message):
        return (
            f"look at deployment.vertex.service_account, and give the account that you are signed in as "
            f"roles/iam.serviceAccountUser on {account.group(1)}; {_ROLES}"
        )
    if "storage.objects" in message:
        return f"give the run's service account roles/storage.objectUser on the bucket of the pipeline root; {_ROLES}"
    return "the message says which part of the request; compile the spec with this version of Coralline and try again"


def _text(error: BaseException) -> str:
    """The message alone, without the status and details that exceptions print around it."""
    message = getattr(error, "message", None)
    if isinstance(message, str) and message:
        return message
    first = error.args[0] if error.args else None
    return first if isinstance(first, str) and first else str(error) or type(error).__name__
