"""What tells a run or schedule that is there from one that is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable

from deployment.submission.cron_times import CronTimes
from deployment.submission.remote_runs import AT_ONCE, RemoteRun, RemoteSchedule, RunRequest


def unlike_request(there: RemoteRun | RemoteSchedule, version: str, request: RunRequest) -> list[str]:
    """One sentence for each difference, such as "parameter push_to: s3://a -> s3://b".

    What a request leaves to the cluster, its service account, is no difference.

    Args:
      there: what is there.
      version: `SubmittedSpec.version` of what is asked for.
      request: what else is asked for.
    """
    found = []
    if there.pipeline_version != version:
        found.append(f"pipeline version: {there.pipeline_version or 'of unknown content'} -> {version}")
    for name in sorted({*there.parameters, *request.parameters}):
        before, after = there.parameters.get(name), request.parameters.get(name)
        if before != after:
            found.append(f"parameter {name}: {_shown(before)} -> {_shown(after)}")
    if there.pipeline_root != request.pipeline_root:
        found.append(f"pipeline root: {_named(there.pipeline_root)} -> {_named(request.pipeline_root)}")
    if request.service_account not in (None, there.service_account):
        found.append(f"service account: {_named(there.service_account)} -> {request.service_account}")
    return found


def unlike_times(there: RemoteSchedule, cron: CronTimes) -> list[str]:
    """One sentence for each difference in when a schedule starts runs, and how many of them go on."""
    found = []
    if there.cron != cron:
        before = there.cron.in_words() if there.cron else there.cron_text or "no times"
        found.append(f"times: {before} -> {cron.in_words()}")
    if there.max_concurrent_runs != AT_ONCE:
        found.append(f"runs at once: {there.max_concurrent_runs} -> {AT_ONCE}")
    if there.catches_up:
        found.append("missed times: made up for -> left out")
    return found


def going_on_alike(runs: Iterable[RemoteRun], version: str, request: RunRequest) -> RemoteRun | None:
    """The first of these runs that hasn't ended and is of what is asked for, whatever its name; None: there is none."""
    alike = (run for run in runs if not run.state.is_final and not unlike_request(run, version, request))
    return next(alike, None)


def _named(text: str | None) -> str:
    return "the cluster's default" if text is None else text


def _shown(value: object) -> str:
    return "not given" if value is None else value if isinstance(value, str) and value else json.dumps(value)
