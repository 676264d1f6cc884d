"""Waits for a run, through failures of the connection that pass.

kfp's own `wait_for_run_completion` (2.5) doesn't end on a run that was cancelled.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from coralline.foundation.errors import UserError
from deployment.submission.pipeline_service import PipelineService
from deployment.submission.remote_runs import RemoteRun
from deployment.submission.service_errors import PassingServiceError

_FAILURES_IN_A_ROW = 5


def wait_for_end(
    service: PipelineService,
    name: str,
    timeout_s: float | None,
    every_s: float,
    tell: Callable[[RemoteRun], None],
) -> RemoteRun:
    """Looks at a run until it has ended, well or not.

    Args:
      service: where it is.
      name: its name or id.
      timeout_s: after which the wait is given up; None: never. The run itself goes on.
      every_s: seconds between two looks.
      tell: is given the run after each look.

    Raises:
      UserError: it hasn't ended in time, isn't there, or can't be looked at several times in a row.
    """
    began, failures = time.monotonic(), 0
    while True:
        try:
            run = service.run(name)
        except PassingServiceError:
            failures += 1
            if failures == _FAILURES_IN_A_ROW:
                raise
        else:
            failures, name = 0, run.id  # another run may be given this name meanwhile
            tell(run)
            if run.state.is_final:
                return run
        left = float("inf") if timeout_s is None else timeout_s - (time.monotonic() - began)
        if left <= 0:
            raise UserError(
                f"the run {name} hasn't ended in time; it goes on",
                expected=f"its end within {timeout_s:g} s",
                fix="wait longer with --timeout, or look at it with `coralline runs show`",
            )
        time.sleep(min(every_s, left))
