"""`coralline submit`: a run on a cluster."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from coralline.foundation.errors import UserError
from deployment.commands.cluster_options import ClusterOptions, cluster_options, spec_options
from pipeline import machine_output
from pipeline.exit_codes import ExitCode

if TYPE_CHECKING:
    from deployment.submission.pipeline_service import PipelineService
    from deployment.submission.remote_runs import Submission

_NEWEST = 50
"""So many runs are looked through for one that goes on."""


@click.command()
@spec_options
@click.option("--name", help="The run's name.  [default: the spec's version and the time]")
@click.option("--wait", is_flag=True, help="Wait for the run's end.")
@cluster_options
def command(
    spec: Path | None,
    parameters: tuple[str, ...],
    name: str | None,
    wait: bool,
    cluster: ClusterOptions,
) -> None:
    """Run a compiled spec on a cluster; without SPEC, compile the configuration first.

    The same name twice is the same run: the second time, nothing is submitted. Without --name, nothing is submitted
    while a run of the same spec and parameters is going on.
    """
    from deployment.submission.chosen_spec import chosen_spec, pipeline_root_of, run_name_of
    from deployment.submission.differences import going_on_alike
    from deployment.submission.remote_runs import RunRequest, Submission
    from deployment.submission.service_choice import open_pipeline_service

    loaded = cluster.load_config()
    chosen = chosen_spec(spec, cluster.target, loaded)
    values = chosen.read_parameters(parameters)
    account = getattr(loaded.deployment, chosen.target).service_account
    now = datetime.datetime.now(datetime.timezone.utc)
    request = RunRequest(name or run_name_of(chosen, now), values, pipeline_root_of(chosen, loaded), account)
    service = open_pipeline_service(chosen.target, _with_name(loaded, chosen.name))
    there = going_on_alike(service.runs(_NEWEST), chosen.version, request) if name is None else None
    done = Submission(there, is_new=False, uploaded=False) if there else service.submit(chosen, request)
    document = {"target": chosen.target, "place": service.place, "is_new": done.is_new, "uploaded": done.uploaded}
    if not cluster.as_json:
        _tell(done, service)
    _require_worth_having(done)
    ended = _waited(service, done, document, cluster.as_json) if wait else done.run
    if cluster.as_json:
        from deployment.submission.remote_entries import run_entry

        done_well = {"exit_code": int(ExitCode.DONE), "error": None}
        machine_output.print_document("submit", document | {"run": run_entry(ended), **done_well})


def _with_name(config: Any, name: str) -> Any:
    """The pipeline's name is the spec's, whatever configuration is given beside it."""
    return config.model_copy(update={"name": name})


def _tell(done: Submission, service: PipelineService) -> None:
    version = done.run.pipeline_version
    click.echo(f"{version} {'uploaded to' if done.uploaded else 'is known to'} {service.place}")
    if done.is_new:
        click.echo(f"run {done.run.name} started, id {done.run.id}")
    else:
        click.echo(f"run {done.run.name} is there already, {done.run.state.value}: nothing was submitted")
    if done.run.link:
        click.echo(done.run.link)


def _require_worth_having(done: Submission) -> None:
    """A run that didn't end well is not what somebody wants who submits it again."""
    if done.is_new or not done.run.state.is_final or done.run.state.is_good:
        return
    raise UserError(
        f"the run {done.run.name} is there already: {done.run.state.value}",
        expected="one that is going on or ended well; nothing was submitted",
        found=done.run.error,
        fix="give the next try another name, with --name",
    )


def _waited(service: PipelineService, done: Submission, document: dict[str, Any], as_json: bool) -> Any:
    from deployment.commands.runs import waited_for

    return waited_for(service, done.run.id, None, 10.0, as_json, ("submit", document))
