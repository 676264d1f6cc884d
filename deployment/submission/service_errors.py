"""The kind of error of a cluster's API that may pass by itself."""

from __future__ import annotations

from coralline.foundation.errors import UserError


class PassingServiceError(UserError):
    """No connection, a time-out, or an answer of a proxy in between: whoever waits for a run asks again.

    Raised for requests that change nothing; a lost answer to one that does is another UserError, whose message says
    what isn't known.
    """
