"""Engines on this machine: `python -m deployment.engines flink start`, `status`, `stop`; the same with `prism`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from coralline.foundation.errors import UserError
from deployment.engines.flink_files import default_folder, fetch_flink
from deployment.engines.local_flink import LocalFlink
from deployment.engines.local_prism import LocalPrism, fetch_prism

_SETTINGS = """\
beam:
  runner: {runner}
  job_endpoint: {endpoint}
{more}"""


@click.group()
def main() -> None:
    """Engines for Beam on this machine: to try one before a cluster has it, and for tests."""


@main.command()
@click.argument("what", type=click.Choice(["fetch", "start", "status", "stop"]))
@click.option("--task-managers", default=2, show_default=True, help="Processes of one slot each.")
@click.option("--folder", type=click.Path(path_type=Path), help="For logs and process ids; else in the user's cache.")
def flink(what: str, task_managers: int, folder: Path | None) -> None:
    """Flink: a job manager, task managers, Beam's job server. Needs Java 11 or 17, and Maven to fetch it once."""
    cluster = LocalFlink(folder or default_folder() / "flink", fetch_flink())
    if what == "start":
        cluster.start(task_managers)
        click.echo(
            f"Flink runs; its page is {cluster.rest_address}, its logs are in {cluster.folder}. Settings for it:"
        )
        more = f"  parallelism: {task_managers}\n  retries: 2\n"
        click.echo(_SETTINGS.format(runner="flink", endpoint=cluster.job_endpoint, more=more), nl=False)
    elif what == "status":
        health = cluster.health()
        click.echo(json.dumps(health, indent=2))
        if not all(health["processes"].values()):
            sys.exit(1)
    elif what == "stop":
        cluster.stop()


@main.command()
@click.argument("what", type=click.Choice(["fetch", "start", "status", "stop"]))
@click.option("--folder", type=click.Path(path_type=Path), help="For its log and process id; else in the user's cache.")
def prism(what: str, folder: Path | None) -> None:
    """Prism: one process without a JVM. Needs Go to build it once."""
    runner = LocalPrism(folder or default_folder() / "prism", fetch_prism())
    if what == "start":
        runner.start()
        more = "  environment: loopback\n"
        click.echo(_SETTINGS.format(runner="portable", endpoint=runner.job_endpoint, more=more), nl=False)
    elif what == "status":
        click.echo(f"prism: {runner.process.pid or 'stopped'}")
        if runner.process.pid is None:
            sys.exit(1)
    elif what == "stop":
        runner.stop()


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        sys.exit(f"error: {error}")
