"""Calls to Vertex AI: signing in, time limits, and tries for what may pass.

The client is google-cloud-aiplatform's `aiplatform_v1`. Its higher layer, `aiplatform.PipelineJob`, isn't used: on
`submit` it looks for the bucket of the pipeline root, makes one that isn't there, and logs a traceback where it may not
(`PipelineJob.submit` in google/cloud/aiplatform/pipeline_jobs.py, 1.165.1); it also takes thrice as long to import.

Credentials are the application default ones (https://google.aip.dev/auth/4110): the file that
GOOGLE_APPLICATION_CREDENTIALS names (a service account's key, workload identity federation), those of
`gcloud auth application-default login`, or the service account of the machine.
"""

from __future__ import annotations

import contextlib
import functools
import os
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from deployment.vertex.vertex_location import VertexLocation
from deployment.vertex.vertex_refusals import cannot_sign_in, is_about_signing_in, vertex_refusal

_T = TypeVar("_T")
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_TIMEOUT_S = 60.0
_WAITS_S = (1.0, 2.0, 4.0)
"""Between one try and the next, where the service isn't there for a moment."""


class VertexConnection:
    """A way to the API of one place; signs in when it is first used.

    Args:
      location: the place.
      timeout_s: how long one call may take.
      waits_s: pauses before calls that didn't reach the service are made again.
    """

    def __init__(self, location: VertexLocation, timeout_s: float = _TIMEOUT_S, waits_s: tuple[float, ...] = _WAITS_S):
        _silence_google()
        self.location = location
        self.timeout_s = timeout_s
        self._waits_s = waits_s

    def call(
        self,
        doing: str,
        call: Callable[[VertexConnection], _T],
        expected: tuple[type[Exception], ...] = (),
        changes: bool = False,
    ) -> _T:
        """Makes a call that may be made twice, since it changes nothing or the same.

        Args:
          doing: for messages, such as "listing runs".
          call: is given this connection.
          expected: exceptions of google.api_core that the caller wants to see itself.
          changes: whether it changes something there.

        Raises:
          UserError: it failed for good; one message with what to do. PassingServiceError if it may pass by itself, and
            nothing was to be changed.
        """
        from google.api_core import exceptions
        from google.auth import exceptions as sign_in

        waits, is_fresh = list(self._waits_s), False
        while True:
            try:
                return call(self)
            except expected:
                raise
            except sign_in.GoogleAuthError as error:
                raise cannot_sign_in(error, changes) from error
            except exceptions.Unauthenticated as error:
                # A token that was revoked, or a key that was exchanged since: read again, once.
                if is_fresh:
                    raise vertex_refusal(error, doing, self.location, changes) from error
                is_fresh = True
                self._forget_credentials()
            except exceptions.ServiceUnavailable as error:
                if is_about_signing_in(error) or not waits:
                    raise vertex_refusal(error, doing, self.location, changes) from error
                time.sleep(waits.pop(0))
            except (exceptions.GoogleAPIError, ValueError) as error:
                raise vertex_refusal(error, doing, self.location, changes) from error

    @functools.cached_property
    def jobs(self) -> Any:
        """The PipelineServiceClient."""
        from google.cloud.aiplatform_v1.services.pipeline_service import PipelineServiceClient

        return PipelineServiceClient(credentials=self._credentials, client_options=self._options)

    @functools.cached_property
    def schedules(self) -> Any:
        """The ScheduleServiceClient."""
        from google.cloud.aiplatform_v1.services.schedule_service import ScheduleServiceClient

        return ScheduleServiceClient(credentials=self._credentials, client_options=self._options)

    @functools.cached_property
    def _credentials(self) -> Any:
        """Credentials that have given a token, so that what is wrong with them isn't taken for a lost connection."""
        import google.auth
        from google.auth.transport.requests import Request

        with warnings.catch_warnings(), _project_known(self.location.project):
            # That a person's own credentials name no project for quotas; Vertex AI takes the one of the request.
            warnings.simplefilter("ignore")
            credentials, _ = google.auth.default(scopes=[_SCOPE])
        if hasattr(credentials, "with_always_use_jwt_access"):
            # As the client does with a service account's key: it signs tokens itself.
            credentials = credentials.with_always_use_jwt_access(True)
        credentials.refresh(Request())
        return credentials

    @property
    def _options(self) -> Any:
        from google.api_core.client_options import ClientOptions

        return ClientOptions(api_endpoint=self.location.endpoint)

    def _forget_credentials(self) -> None:
        for name in ("jobs", "schedules", "_credentials"):
            self.__dict__.pop(name, None)


@contextlib.contextmanager
def _project_known(project: str) -> Iterator[None]:
    """Keeps google-auth from asking Cloud Resource Manager which project workload identity is of: it may not."""
    with contextlib.ExitStack() as stack:
        if "GOOGLE_CLOUD_PROJECT" not in os.environ:
            os.environ["GOOGLE_CLOUD_PROJECT"] = project
            stack.callback(os.environ.pop, "GOOGLE_CLOUD_PROJECT", None)
        yield


def _silence_google() -> None:
    """Keeps from people what they can't act on: that Google's libraries will end their support of this Python, and of
    this grpcio, which the lock pins; and what gRPC says of the machine that it runs on.
    """
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"google\.(api_core|auth)")
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
