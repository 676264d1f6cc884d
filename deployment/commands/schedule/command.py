"""`coralline schedule`: runs on a cluster that start by themselves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from deployment.commands.cluster_options import ClusterOptions, cluster_options, spec_options
from pipeline import machine_output

if TYPE_CHECKING:
    from deployment.submission.remote_runs import ScheduleKept


@click.command()
@spec_options
@click.option(
    "--cron",
    required=True,
    metavar="FIELDS",
    help="When: '0 4 * * 1' is Mondays at 04:00; six fields begin with seconds.",
)
@click.option(
    "--time-zone",
    metavar="NAME",
    help="Of --cron, such as Europe/Berlin.  [default: the cluster's on Kubeflow, else UTC]",
)
@click.option("--name", help="The schedule's name.  [default: the pipeline's]")
@cluster_options
def command(
    spec: Path | None,
    parameters: tuple[str, ...],
    cron: str,
    time_zone: str | None,
    name: str | None,
    cluster: ClusterOptions,
) -> None:
    """Run a compiled spec on a cluster, on a schedule; without SPEC, compile the configuration first.

    One run at a time; missed runs are not caught up. The same name twice is the same schedule: with other settings, it
    is replaced.
    """
    from deployment.submission.chosen_spec import chosen_spec, pipeline_root_of
    from deployment.submission.cron_times import read_cron
    from deployment.submission.remote_runs import RunRequest
    from deployment.submission.service_choice import open_pipeline_service

    loaded = cluster.load_config()
    read_cron(cron, time_zone or "UTC")  # before a compilation, which takes a while
    chosen = chosen_spec(spec, cluster.target, loaded)
    zone = time_zone or (loaded.deployment.kubeflow.time_zone if chosen.target == "kubeflow" else "UTC")
    values = chosen.read_parameters(parameters)
    account = getattr(loaded.deployment, chosen.target).service_account
    request = RunRequest(name or chosen.name, values, pipeline_root_of(chosen, loaded), account)
    service = open_pipeline_service(chosen.target, loaded.model_copy(update={"name": chosen.name}))
    done = service.keep_schedule(chosen, request, read_cron(cron, zone))
    if not cluster.as_json:
        _tell(done, service.place)
        return
    from deployment.submission.remote_entries import schedule_entry

    machine_output.print_document(
        "schedule",
        {
            "target": chosen.target,
            "place": service.place,
            "schedule": schedule_entry(done.schedule),
            "keeping": done.keeping.value,
            "uploaded": done.uploaded,
            "changes": list(done.changes),
        },
    )


def _tell(done: ScheduleKept, place: str) -> None:
    from deployment.submission.remote_runs import Keeping
    from deployment.submission.remote_text import next_run_in_words, when_in_words

    schedule = done.schedule
    if done.uploaded:
        click.echo(f"{schedule.pipeline_version} uploaded to {place}")
    told = {
        Keeping.CREATED: "made",
        Keeping.KEPT: "is there already with these settings: nothing was changed",
        Keeping.REPLACED: "replaced",
    }
    click.echo(f"schedule {schedule.name} {told[done.keeping]}")
    for change in done.changes:
        click.echo(f"  {change}")
    click.echo(f"{when_in_words(schedule)}: runs {schedule.pipeline_version}, one at a time")
    click.echo(next_run_in_words(schedule))
