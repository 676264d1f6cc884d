"""What Vertex AI says no with, in one message: what was wrong, in its words, and what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from coralline.foundation.errors import UserError
from coralline.foundation.printable import shortened
from deployment.submission.service_errors import PassingServiceError

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


def cannot_sign_in(error: BaseException, changes: bool = False) -> UserError:
    """For an error of google.auth: there are no credentials, or they give no token.

    Args:
      error: the error.
      changes: whether something was to be changed; nothing was.
    """
    expected, found = "application default credentials", shortened(_text(error), _MOST_OF_A_MESSAGE)
    if type(error).__name__ == "TransportError":
        kind = UserError if changes else PassingServiceError
        return kind("Google's sign-in can't be reached", expected=expected, found=found, fix=_SIGN_IN)
    what = "there are no credentials for Google Cloud that work"
    return UserError(what, expected=expected, found=found, fix=_SIGN_IN)


def is_about_signing_in(error: Any) -> bool:
    """Whether a call that didn't reach the service has failed for want of a token."""
    return _PLUGIN in str(error)


def vertex_refusal(error: Any, doing: str, location: VertexLocation, changes: bool) -> UserError:
    """The message for an error of google.api_core.

    Args:
      error: GoogleAPICallError, or another GoogleAPIError or ValueError of the client.
      doing: what was being done, such as "listing runs".
      location: where.
      changes: whether something was to be changed there.
    """
    from google.api_core import exceptions as api

    if is_about_signing_in(error):
        return cannot_sign_in(error, changes)
    passes = isinstance(error, api.ServerError | api.TooManyRequests | api.RetryError)
    passes = passes and not isinstance(error, api.MethodNotImplemented)
    what, fix = _what_and_fix(error, doing, location)
    if passes and changes and not isinstance(error, api.TooManyRequests):
        what += "; whether it was done isn't known"
        fix += ": what was done is found then, and not done twice"
    kind = PassingServiceError if passes and not changes else UserError
    return kind(what, found=shortened(_text(error), _MOST_OF_A_MESSAGE), fix=fix)


def _what_and_fix(error: Any, doing: str, location: VertexLocation) -> tuple[str, str]:
    from google.api_core import exceptions as api

    settings = "deployment.vertex.project and deployment.vertex.region"
    if isinstance(error, api.Unauthenticated):
        return "Vertex AI doesn't accept the credentials", f"look at this machine's clock; sign in again: {_SIGN_IN}"
    if isinstance(error, api.PermissionDenied):
        return f"the account may not do this: {doing}", _permission_fix(error, location)
    if isinstance(error, api.ResourceExhausted):
        fix = "wait a minute and call it again; for more, IAM & Admin > Quotas in the console, service Vertex AI API"
        return f"the project's quota is used up: {doing}", fix
    if isinstance(error, api.DeadlineExceeded | api.RetryError):
        return f"Vertex AI didn't answer in time: {doing}", "call it again"
    if isinstance(error, api.ServiceUnavailable):
        fix = "look at deployment.vertex.region and the network (HTTPS_PROXY, if there is a proxy), then call it again"
        return f"Vertex AI can't be reached at {location.endpoint}: {doing}", fix
    if isinstance(error, api.MethodNotImplemented):
        fix = "look at deployment.vertex.region and deployment.vertex.api_endpoint"
        return f"what answers at {location.endpoint} isn't Vertex AI", fix
    if isinstance(error, api.NotFound):
        return f"Vertex AI doesn't find it: {doing}", f"look at {settings}"
    if isinstance(error, api.BadRequest | ValueError):
        return f"Vertex AI refuses the request: {doing}", _bad_request_fix(error)
    return f"Vertex AI failed: {doing}", "look at https://status.cloud.google.com and call it again"


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
