"""Requests to Kubeflow's API that end: with a time limit, without following to a sign-in page, read as JSON or refused.

The stock client (kfp_server_api 2.0.5) waits for ever, follows redirects to a sign-in page and takes the page for the
answer, and fails with an AttributeError on answers without a text. Here each of them is an error that tells.
"""

from __future__ import annotations

import json
from typing import Any

import urllib3
from kfp_server_api import rest

from deployment.kubeflow.sign_in import SignIn

_CONNECT_S = 10
_READING = ("GET", "HEAD")


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
    """

    def __init__(self, reason: str, sent: bool):
        super().__init__(reason)
        self.reason, self.sent = reason, sent


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
    if isinstance(cause, urllib3.exceptions.ConnectTimeoutError):
        return NoAnswerError("no connection in time", sent=False)
    if isinstance(cause, urllib3.exceptions.NewConnectionError):
        reason = str(cause).rpartition(": ")[2]
        return NoAnswerError(reason, sent=False)
    if isinstance(cause, urllib3.exceptions.SSLError):
        return NoAnswerError(f"the connection can't be trusted: {cause}", sent=False)
    if isinstance(cause, urllib3.exceptions.ReadTimeoutError):
        return NoAnswerError("no answer in time", sent=method not in _READING)
    return NoAnswerError(str(cause), sent=method not in _READING)
