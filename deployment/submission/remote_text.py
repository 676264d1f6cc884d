"""Runs and schedules in lines for people."""

from __future__ import annotations

import datetime
import json
import zoneinfo
from collections.abc import Iterator, Sequence

from coralline.foundation.printable import printable
from deployment.submission.remote_runs import RemoteRun, RemoteSchedule, RemoteTask, RunState
from deployment.submission.run_outcome import outcome_in_words

_CACHED = "not run again"
"""For a step whose outputs an earlier run had."""


def run_lines(run: RemoteRun) -> Iterator[str]:
    """All about a run."""
    yield f"run {printable(run.name)}: {_state(run)}"
    rows = {
        "id": run.id,
        "pipeline version": run.pipeline_version,
        "pipeline root": run.pipeline_root,
        "service account": run.service_account,
        "begun by schedule": run.schedule_id,
        "created": _time(run.created),
        "finished": _time(run.finished),
        "page": run.link,
    }
    rows |= {f"parameter {name}": _value(value) for name, value in sorted(run.parameters.items())}
    yield from (f"  {label:<20}{printable(value)}" for label, value in rows.items() if value)
    if run.tasks:
        yield "steps"
        yield from (f"  {task_line(task)}" for task in run.tasks)
    if (outcome := outcome_in_words(run)) is not None:
        yield outcome


def task_line(task: RemoteTask) -> str:
    """A step, in one line."""
    said = _CACHED if task.state is RunState.SKIPPED else task.state.value
    took = ""
    if task.started and task.finished and task.state is not RunState.SKIPPED:
        from pipeline.running.console import duration

        took = duration(max(0.0, (task.finished - task.started).total_seconds()))
    error = f"  {printable(task.error)}" if task.error else ""
    return f"{printable(task.name):<22}{said:<14}{took:>9}{error}".rstrip()


def runs_table(runs: Sequence[RemoteRun]) -> Iterator[str]:
    """One line a run."""
    yield from _table(
        ("run", "state", "created", "finished", "version", "id"),
        [
            (run.name, run.state.value, _time(run.created), _time(run.finished), run.pipeline_version, run.id)
            for run in runs
        ],
    )


def schedules_table(schedules: Sequence[RemoteSchedule]) -> Iterator[str]:
    """One line a schedule; times are in its own time zone."""
    yield from _table(
        ("schedule", "state", "when", "next run", "last run", "version", "id"),
        [
            (
                schedule.name,
                "on" if schedule.enabled else "paused",
                when_in_words(schedule),
                _time(schedule.next_run, schedule),
                _time(schedule.last_run, schedule),
                schedule.pipeline_version,
                schedule.id,
            )
            for schedule in schedules
        ],
    )


def when_in_words(schedule: RemoteSchedule) -> str:
    """`at 04:00 on Monday, Europe/Berlin`."""
    return schedule.cron_text if schedule.cron is None else schedule.cron.in_words()


def next_run_in_words(schedule: RemoteSchedule) -> str:
    """`the next run is due on 2026-12-07 04:00`, or why there is none."""
    if not schedule.enabled:
        return f"it is paused: `coralline schedules resume {schedule.name}` has it start runs again"
    due = _time(schedule.next_run, schedule)
    return f"the next run is due on {due}" if due else "no next run is known"


def _state(run: RemoteRun) -> str:
    return f"{run.state.value}, {run.error}" if run.error else run.state.value


def _time(moment: datetime.datetime | None, schedule: RemoteSchedule | None = None) -> str | None:
    if moment is None:
        return None
    if schedule is None or schedule.cron is None:
        return f"{moment.astimezone(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC"
    return f"{moment.astimezone(zoneinfo.ZoneInfo(schedule.cron.time_zone)):%Y-%m-%d %H:%M}"


def _value(value: object) -> str:
    return value if isinstance(value, str) and value else json.dumps(value)


def _table(head: tuple[str, ...], rows: list[tuple[str | None, ...]]) -> Iterator[str]:
    cells = [head, *(tuple(printable(cell or "-") for cell in row) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    for row in cells:
        yield "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
