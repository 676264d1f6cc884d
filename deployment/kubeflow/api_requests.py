"""Requests to Kubeflow's API that end: with a time limit, without following to a sign-in page, read as JSON or refused.

The stock client (kfp_server_api 2.0.5) waits for ever, follows redirects to a sign-in page and takes the page for the
answer, and fails with an AttributeError on answers without a text. Here each of them is an error that tells.
"""

from __future__ import annotations

import functools
import json
import logging
import re
from typing import Any

import urllib3
from kfp_server_api import rest

from coralline.foundation.errors import reason
from deployment.kubeflow.sign_in import SignIn

_CONNECT_S = 10
_READING = ("GET", "HEAD")
_ERROR_NUMBER = re.compile(r"\[Errno -?\d+\] ")


class UnusableAnswerError(Exception):
    """An answer that isn't the API's good one.

    Args:
      status: of HTTP.
      text: the body.
      location: where it leads, for a redirect; else empty.
    """

    def __init__(self, status: int, text: str, location: str = ""):
        super().__init__(f"{status}: {text[:100]}")
        self.status, self.text, self.location = status, text, location

    @property
    def is_page(self) -> bool:
        """Whether it is made for a browser."""
        return self.text.lstrip()[:1] == "<"

    @property
    def is_of_api(self) -> bool:
        """Whether it is an RPC status, so that there is an API at this address."""
        return self.text.lstrip()[:1] == "{" and '"code"' in self.text

    @property
    def message(self) -> str:
        """What the API says is wrong: `message` of an RPC status, `error_message` of an upload; else the body."""
        try:
            said = json.loads(self.text)
        except ValueError:
            return self.text.strip()
        if not isinstance(said, dict):
            return self.text.strip()
        found = [said.get(key) for key in ("message", "error_details", "error_message", "error")]
        return next((text for text in found if isinstance(text, str) and text), self.text.strip())


class NoAnswerError(Exception):
    """The request or its answer was lost.

    Args:
      reason: in words.
      sent: whether the server may have acted on it.
      trusted: False: the server couldn't show that it is the one.
    """

    def __init__(self, reason: str, sent: bool, trusted: bool = True):
        super().__init__(reason)
        self.reason, self.sent, self.trusted = _ERROR_NUMBER.sub("", reason), sent, trusted


class PromptRestClient(rest.RESTClientObject):  # type: ignore[misc]
    """Sends the requests of a kfp client.

    Args:
      configuration: the client's.
      sign_in: asked for a newer token when one is refused.
      timeout_s: longest wait for a part of an answer.
    """

    def __init__(self, configuration: Any, sign_in: SignIn, timeout_s: int) -> None:
        # A connection that wasn't made is tried again; what may have reached the server is not.
        configuration.retries = urllib3.Retry(connect=2, read=0, redirect=0, status=0, other=0, backoff_factor=0.1,
                                              raise_on_redirect=False)  # fmt: skip
        super().__init__(configuration)
        self.pool_manager.request = functools.partial(self.pool_manager.request, redirect=False)
        logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)  # it warns of each try
        self._sign_in, self._timeout_s = sign_in, timeout_s

    def request(self, method: str, url: str, headers: Any = None, **arguments: Any) -> Any:
        """As in the base class, once more with a token that is newer than a refused one.

        Raises:
          UnusableAnswerError, NoAnswerError: there is no good answer.
          UserError: the token can't be read.
        """
        headers = dict(headers or {})
        try:
            return self._answer(method, url, dict(headers), arguments)
        except UnusableAnswerError as error:
            token = self._sign_in.token()
            if error.status != 401 or token is None or headers.get("authorization") == f"Bearer {token}":
                raise
        return self._answer(method, url, headers | {"authorization": f"Bearer {token}"}, arguments)

    def _answer(self, method: str, url: str, headers: dict[str, str], arguments: dict[str, Any]) -> Any:
        arguments = arguments | {"_request_timeout": (_CONNECT_S, self._timeout_s)}
        try:
            answer = super().request(method, url, headers=headers, **arguments)
        except rest.ApiException as error:
            location = dict(error.headers or {}).get("Location", "")
            body = error.body if isinstance(error.body, bytes) else str(error.body or error.reason or "").encode()
            if not error.status:
                raise NoAnswerError(str(error.reason).replace("\n", ": "), sent=False) from error
            raise UnusableAnswerError(error.status, body.decode("utf-8", "replace"), location) from error
        except urllib3.exceptions.HTTPError as error:
            raise _no_answer(error, method) from error
        text = answer.data.decode("utf-8", "replace")
        try:
            good = isinstance(json.loads(text), dict)
        except ValueError:
            good = False
        if not good:
            raise UnusableAnswerError(answer.status, text)
        return answer


def _no_answer(error: urllib3.exceptions.HTTPError, method: str) -> NoAnswerError:
    cause = error.reason if isinstance(error, urllib3.exceptions.MaxRetryError) and error.reason else error
    if isinstance(cause, urllib3.exceptions.NewConnectionError):
        return NoAnswerError(str(cause).rpartition(": ")[2], sent=False)
    if isinstance(cause, urllib3.exceptions.ConnectTimeoutError):
        return NoAnswerError("no connection in time", sent=False)
    if isinstance(cause, urllib3.exceptions.SSLError):
        return NoAnswerError(str(cause), sent=False, trusted=False)
    if isinstance(cause, urllib3.exceptions.ReadTimeoutError):
        return NoAnswerError("no answer in time", sent=method not in _READING)
    inner = cause.args[-1] if isinstance(cause, urllib3.exceptions.ProtocolError) else cause
    return NoAnswerError(reason(inner) if isinstance(inner, Exception) else str(inner), sent=method not in _READING)
