"""`coralline run`: the pipeline on this machine."""

from __future__ import annotations

from typing import Any

import click

from pipeline.exit_codes import ExitCode
from pipeline.run_options import json_option, settings_options


@click.command()
@click.option("--config", metavar="FILE", help="Settings as YAML.  [default: none]")
@click.option("--data", metavar="DIR", help="The folder of annotated images (data.path).")
@click.option("--out", metavar="DIR", help="The output folder (out).  [default: coralline-out]")
@settings_options
@click.option(
    "--fail-unless-published",
    is_flag=True,
    help="Exit with 3 if the run ends well but its model isn't served: not blessed, refused, or rolled back. A model "
    "that was published before and is served counts as published.",
)
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    config: str | None,
    data: str | None,
    out: str | None,
    settings: tuple[tuple[str, Any], ...],
    fail_unless_published: bool,
    as_json: bool,
) -> None:
    """Run the pipeline on this machine: from a folder of annotated images to a published int8 detector.

    Steps whose data and settings are unchanged since an earlier run in the same output folder are reused.
    """
    from pipeline.config import load_config
    from pipeline.running.local_run import run_locally

    overrides = dict(settings)
    if data is not None:
        overrides["data.path"] = data
    if out is not None:
        overrides["out"] = out
    summary = run_locally(load_config(config, overrides), as_json, config)
    if fail_unless_published and summary["why_not_served"] is not None:
        click.echo(f"the model isn't served: {summary['why_not_served']}", err=True)
        ctx.exit(ExitCode.NOT_PUBLISHED)
