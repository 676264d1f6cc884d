"""`coralline schedules list|pause|resume|delete`: what begins runs on a cluster by itself."""

from __future__ import annotations

from typing import Any

import click

from deployment.commands.cluster_options import cluster_options, opened_cluster
from pipeline import machine_output


@click.group()
def command() -> None:
    """List the schedules of a cluster; pause, resume or delete one."""


@command.command("list")
@cluster_options
def list_schedules(target: Any, config: str | None, settings: tuple[tuple[str, Any], ...], as_json: bool) -> None:
    """List the schedules: when they begin runs, which were last and are next, and of what version."""
    from deployment.submission.remote_entries import schedule_entry
    from deployment.submission.remote_text import schedules_table

    chosen, service = opened_cluster(target, config, settings)
    found = service.schedules()
    if as_json:
        document = {"target": chosen, "place": service.place, "schedules": list(map(schedule_entry, found))}
        machine_output.print_document("schedules-list", document)
    elif found:
        click.echo("\n".join(schedules_table(found)))
    else:
        click.echo(f"no schedules: {service.place}")


@command.command("pause")
@click.argument("name")
@cluster_options
def pause_schedule(
    name: str, target: Any, config: str | None, settings: tuple[tuple[str, Any], ...], as_json: bool
) -> None:
    """Have a schedule begin no runs until it is resumed. NAME is its name or id."""
    _change("paused", name, target, config, settings, as_json)


@command.command("resume")
@click.argument("name")
@cluster_options
def resume_schedule(
    name: str, target: Any, config: str | None, settings: tuple[tuple[str, Any], ...], as_json: bool
) -> None:
    """Have a paused schedule begin runs again. NAME is its name or id.

    Times that were missed are left out; Kubeflow makes up for the latest of them, with one run at once.
    """
    _change("resumed", name, target, config, settings, as_json)


@command.command("delete")
@click.argument("name")
@cluster_options
def delete_schedule(
    name: str, target: Any, config: str | None, settings: tuple[tuple[str, Any], ...], as_json: bool
) -> None:
    """Delete a schedule, unless a run of it is going on. NAME is its name or id."""
    _change("deleted", name, target, config, settings, as_json)


def _change(
    change: str,
    name: str,
    target: Any,
    config: str | None,
    settings: tuple[tuple[str, Any], ...],
    as_json: bool,
) -> None:
    from deployment.submission.remote_entries import schedule_entry
    from deployment.submission.remote_text import next_run_in_words

    chosen, service = opened_cluster(target, config, settings)
    act = {"paused": service.pause, "resumed": service.resume, "deleted": service.delete}[change]
    schedule = act(name)
    if as_json:
        document = {"target": chosen, "place": service.place, "change": change, "schedule": schedule_entry(schedule)}
        machine_output.print_document("schedules-change", document)
        return
    click.echo(f"schedule {schedule.name} ({schedule.id}) {change}")
    if change == "resumed":
        click.echo(next_run_in_words(schedule))
