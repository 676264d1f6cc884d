"""`coralline run`: the pipeline on this machine."""

from __future__ import annotations

from typing import Any

import click

from pipeline.run_options import settings_options


@click.command()
@click.option("--config", metavar="FILE", help="Settings as YAML.  [default: none]")
@click.option("--data", metavar="DIR", help="The folder of annotated images (data.path).")
@click.option("--out", metavar="DIR", help="The output folder (out).  [default: coralline-out]")
@settings_options
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print the summary as JSON to standard output, everything else to standard error.",
)
def command(
    config: str | None, data: str | None, out: str | None, settings: tuple[tuple[str, Any], ...], as_json: bool
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
    run_locally(load_config(config, overrides), as_json)
