"""`coralline schedules list|pause|resume|delete`: what starts runs on a cluster by itself."""

from __future__ import annotations

import click

from deployment.commands.cluster_options import ClusterOptions, cluster_options
from pipeline import machine_output


@click.group()
def command() -> None:
    """List the schedules of a cluster; pause, resume or delete one."""


@command.command("list")
@cluster_options
def list_schedules(cluster: ClusterOptions) -> None:
    """List the schedules: when they start runs, when last and next, and of what version."""
    from deployment.submission.remote_entries import schedule_entry
    from deployment.submission.remote_text import schedules_table

    chosen, service = cluster.opened()
    found = service.schedules()
    if cluster.as_json:
        document = {"target": chosen, "place": service.place, "schedules": list(map(schedule_entry, found))}
        machine_output.print_document("schedules-list", document)
    elif found:
        click.echo("\n".join(schedules_table(found)))
    else:
        click.echo(f"no schedules: {service.place}")


@command.command("pause")
@click.argument("name")
@cluster_options
def pause_schedule(name: str, cluster: ClusterOptions) -> None:
    """Have a schedule start no runs until it is resumed. NAME is its name or id."""
    _change("paused", name, cluster)


@command.command("resume")
@click.argument("name")
@cluster_options
def resume_schedule(name: str, cluster: ClusterOptions) -> None:
    """Have a paused schedule start runs again. NAME is its name or id.

    Missed runs are not caught up, except for the latest one on Kubeflow, which starts at once.
    """
    _change("resumed", name, cluster)


@command.command("delete")
@click.argument("name")
@cluster_options
def delete_schedule(name: str, cluster: ClusterOptions) -> None:
    """Delete a schedule, unless a run of it is going on. NAME is its name or id."""
    _change("deleted", name, cluster)


def _change(
    change: str,
    name: str,
    cluster: ClusterOptions,
) -> None:
    from deployment.submission.remote_entries import schedule_entry
    from deployment.submission.remote_text import next_run_in_words

    chosen, service = cluster.opened()
    act = {"paused": service.pause, "resumed": service.resume, "deleted": service.delete}[change]
    schedule = act(name)
    if cluster.as_json:
        document = {"target": chosen, "place": service.place, "change": change, "schedule": schedule_entry(schedule)}
        machine_output.print_document("schedules-change", document)
        return
    click.echo(f"schedule {schedule.name} ({schedule.id}) {change}")
    if change == "resumed":
        click.echo(next_run_in_words(schedule))
