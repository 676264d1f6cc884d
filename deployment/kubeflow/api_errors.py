"""What is wrong with a request to Kubeflow's API, in one message for people."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from coralline.foundation.errors import UserError
from coralline.foundation.printable import shortened
from deployment.kubeflow.api_requests import NoAnswerError, UnusableAnswerError
from deployment.kubeflow.sign_in import SignIn
from deployment.submission.service_errors import PassingServiceError

_LONGEST = 600
_ADDRESS = "check the address, deployment.kubeflow.host: on Kubeflow's own domain it ends in /pipeline; with "
_ADDRESS += "`kubectl port-forward -n kubeflow svc/ml-pipeline 8888:8888` it is http://localhost:8888"
_OF_PROXIES = (502, 503, 504)


@contextlib.contextmanager
def answers_told(place: str, sign_in: SignIn, doing: str, changes: bool = False) -> Iterator[None]:
    """Within it, what goes wrong with a request is told.

    Args:
      place: the service, such as "Kubeflow Pipelines at https://kubeflow.example".
      sign_in: who asks.
      doing: what can't be done, for the message: "the run can't be submitted".
      changes: whether the request changes something.

    Raises:
      UserError: for every unusable or lost answer.
    """
    try:
        yield
    except UnusableAnswerError as error:
        found = shortened(sign_in.without_own_secrets(error.message), _LONGEST) or f"HTTP {error.status}"
        raise _of_answer(error, found, place, sign_in, doing, changes) from error
    except NoAnswerError as error:
        raise _of_silence(error, place, sign_in, doing) from error
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        # The generated models raise these for answers that aren't of the API's form.
        raise UserError(
            f"{doing}: {place} gives an answer that isn't of its API",
            expected="Kubeflow Pipelines 2 with the API v2beta1",
            found=shortened(sign_in.without_own_secrets(f"{type(error).__name__}: {error}"), _LONGEST),
            fix=_ADDRESS,
        ) from error


def _of_answer(
    error: UnusableAnswerError, found: str, place: str, sign_in: SignIn, doing: str, changes: bool
) -> UserError:
    status = error.status
    if 300 <= status < 400 or (error.is_page and status < 400):
        leads = f"a redirect to {error.location}" if error.location else "a page for browsers"
        what = f"{doing}: {place} wants a sign-in"
        return UserError(
            what, expected="an answer of the API", found=leads, fix=f"{sign_in.how_to_sign_in()}; or {_ADDRESS}"
        )
    if status in (401, 403):
        if error.is_page:
            found = "a page for browsers"
        if status == 401:
            what = f"{doing}: {place} doesn't know who is asking (401)"
            return UserError(what, expected="credentials that it takes", found=found, fix=sign_in.how_to_sign_in())
        what = f"{doing}: it isn't allowed to do that at {place} (403), with {sign_in.source}"
        return UserError(
            what, found=found, fix="ask for the role `kubeflow-edit` in the namespace, or use another account"
        )
    if error.is_page:
        what = f"{doing}: {place} answers with a page for browsers (HTTP {status})"
        kind = PassingServiceError if status in _OF_PROXIES and not changes else UserError
        return kind(what, expected="an answer of the API", fix=_ADDRESS)
    if status == 404:
        return UserError(f"{doing}: it isn't there (404), says {place}", found=found, fix=_ADDRESS)
    if status == 409:
        fix = "somebody else has just made it; give the command again"
        return UserError(f"{doing}: {place} has it already (409)", found=found, fix=fix)
    if status in _OF_PROXIES and changes:
        what = f"{doing}: {place} isn't ready (HTTP {status}), so it isn't known whether it was done"
        return UserError(what, found=found, fix="give the same command again later: it finds what is there already")
    if status in _OF_PROXIES:
        return PassingServiceError(f"{doing}: {place} isn't ready (HTTP {status})", found=found, fix="try again later")
    if status >= 500:
        what = f"{doing}: {place} failed (HTTP {status})"
        return UserError(what, found=found, fix="if it isn't the request's fault, see the logs of ml-pipeline there")
    if status < 300:
        what = f"{doing}: {place} gives an answer that isn't of its API"
        return UserError(what, expected="JSON of Kubeflow Pipelines 2", found=found, fix=_ADDRESS)
    return UserError(f"{doing}: {place} refuses it (HTTP {status})", found=found)


def _of_silence(error: NoAnswerError, place: str, sign_in: SignIn, doing: str) -> UserError:
    found = sign_in.without_own_secrets(error.reason)
    if error.sent:
        return UserError(
            f"{doing}: the answer of {place} was lost, so it isn't known whether it was done",
            found=found,
            fix="give the same command again: it finds what is there already",
        )
    return PassingServiceError(f"{doing}: {place} can't be reached", found=found, fix=_ADDRESS)
