"""`coralline runs list|show|wait|cancel`: runs on a cluster."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from coralline.foundation.errors import UserError
from deployment.commands.cluster_options import ClusterOptions, cluster_options
from pipeline import machine_output
from pipeline.exit_codes import ExitCode

if TYPE_CHECKING:
    from deployment.submission.pipeline_service import PipelineService
    from deployment.submission.remote_runs import RemoteRun


@click.group()
def command() -> None:
    """List the runs of a cluster; show one, wait for it, or cancel it."""


@command.command("list")
@cluster_options
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many, the newest first.")
def list_remote_runs(cluster: ClusterOptions, limit: int) -> None:
    """List the runs, submitted ones and those of schedules."""
    from deployment.submission.remote_entries import run_entry
    from deployment.submission.remote_text import runs_table

    chosen, service = cluster.opened()
    found = service.runs(limit)
    if cluster.as_json:
        document = {"target": chosen, "place": service.place, "runs": list(map(run_entry, found))}
        machine_output.print_document("runs-list", document)
    elif found:
        click.echo("\n".join(runs_table(found)))
    else:
        click.echo(f"no runs: {service.place}")


@command.command("show")
@click.argument("name")
@cluster_options
def show_run(name: str, cluster: ClusterOptions) -> None:
    """Show a run with its steps, and whether there was anything new. NAME is its name or id."""
    chosen, service = cluster.opened()
    _answer(chosen, service, service.run(name), cluster.as_json)


@command.command("cancel")
@click.argument("name")
@cluster_options
def cancel_run(name: str, cluster: ClusterOptions) -> None:
    """End a run. NAME is its name or id."""
    chosen, service = cluster.opened()
    _answer(chosen, service, service.cancel(name), cluster.as_json)


@command.command("wait")
@click.argument("name")
@cluster_options
@click.option(
    "--timeout", type=click.FloatRange(min=0), metavar="SECONDS", help="Give up after that.  [default: never]"
)
@click.option(
    "--every",
    type=click.FloatRange(min=0.1),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="How often to look.",
)
def wait_for_run(
    name: str,
    cluster: ClusterOptions,
    timeout: float | None,
    every: float,
) -> None:
    """Wait for a run's end; the exit code is 1 if it failed or was cancelled. NAME is its name or id."""
    chosen, service = cluster.opened()
    document = {"target": chosen, "place": service.place}
    run = waited_for(service, name, timeout, every, cluster.as_json, ("runs-run", document))
    if cluster.as_json:
        _answer(chosen, service, run, as_json=True)


def waited_for(
    service: PipelineService,
    name: str,
    timeout_s: float | None,
    every_s: float,
    as_json: bool,
    document: tuple[str, dict[str, Any]],
) -> RemoteRun:
    """Waits for a run, telling what becomes of its steps, and how it ended.

    Args:
      service, name, timeout_s, every_s: as for `wait_for_end`.
      as_json: what is told goes to standard error.
      document: name and content, without the run, of what is printed with `--json` if the run didn't end well.

    Raises:
      UserError: it didn't end well, or not in time.
    """
    from deployment.submission.remote_entries import run_entry
    from deployment.submission.run_outcome import outcome_in_words
    from deployment.submission.run_waiting import wait_for_end

    run = wait_for_end(service, name, timeout_s, every_s, _teller(as_json))
    if run.state.is_good:
        click.echo(outcome_in_words(run) or f"run {run.name} {run.state.value}", err=as_json)
        return run
    error = UserError(
        f"the run `{run.name}` {'was cancelled' if run.state.value == 'canceled' else 'failed'}",
        found=run.error,
        fix=f"`coralline runs show {run.id}` has its steps" + (f", {run.link} their logs" if run.link else ""),
    )
    failed = {"run": run_entry(run), "exit_code": int(ExitCode.FAILED), "error": machine_output.error_entry(error)}
    machine_output.attach_document(error, machine_output.named(document[0], document[1] | failed))
    raise error


def _teller(as_json: bool) -> Callable[[RemoteRun], None]:
    """Tells what has changed since it was last called."""
    from deployment.submission.remote_text import task_line

    told: dict[str, Any] = {}

    def tell(run: RemoteRun) -> None:
        if told.get("") is not run.state:
            told[""] = run.state
            click.echo(f"run {run.name}: {run.state.value}", err=as_json)
        for task in run.tasks:
            if told.get(task.name) is not task.state:
                told[task.name] = task.state
                click.echo(f"  {task_line(task)}", err=as_json)

    return tell


def _answer(target: str, service: PipelineService, run: RemoteRun, as_json: bool) -> None:
    from deployment.submission.remote_entries import run_entry
    from deployment.submission.remote_text import run_lines

    if as_json:
        document = {"target": target, "place": service.place, "run": run_entry(run)}
        machine_output.print_document("runs-run", document | {"exit_code": int(ExitCode.DONE), "error": None})
    else:
        click.echo("\n".join(run_lines(run)))
