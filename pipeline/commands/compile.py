"""`coralline compile`: the pipeline as a spec for a cluster."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from coralline.foundation.errors import UserError
from pipeline import machine_output
from pipeline.run_options import json_option, settings_options


@click.command()
@click.option(
    "--target", type=click.Choice(["kubeflow", "vertex"]), required=True, help="What the pipeline will run on."
)
@click.option("-o", "--output", metavar="FILE", required=True, help="The spec: YAML for kubeflow, JSON for vertex.")
@click.option("--config", metavar="FILE", help="Settings as YAML.  [default: none]")
@click.option("--data", metavar="ADDRESS", help="The data set, as the steps see it.  [default: <pipeline_root>/data]")
@settings_options
@json_option
def command(
    target: Any,
    output: str,
    config: str | None,
    data: str | None,
    settings: tuple[tuple[str, Any], ...],
    as_json: bool,
) -> None:
    """Write the pipeline as a spec for Kubeflow Pipelines v2 or Vertex AI.

    deployment.image is the container image of all steps, deployment.pipeline_root the place of their artifacts.
    """
    from coralline.foundation.output_capture import quiet
    from pipeline.config import load_config
    from pipeline.kubeflow_runner import compile_pipeline, for_cluster
    from pipeline.preflight import training_settings

    loaded = load_config(config, dict(settings) | ({} if data is None else {"data.path": data}))
    training_settings(loaded)
    with quiet():
        spec = compile_pipeline(loaded, target)
    write_in_one_go(Path(output), spec)
    at = for_cluster(loaded)
    if as_json:
        places = {"image": at.deployment.image, "data": at.data.path, "push_to": at.push.to}
        machine_output.print_document("compile", {"output": output, "target": target, "name": at.name, **places})
        return
    click.echo(f"{output}: {at.name} for {target}")
    click.echo(f"image {at.deployment.image}, data {at.data.path}, publishing to {at.push.to}")


def write_in_one_go(path: Path, content: bytes) -> None:
    """Writes a file in one step: readers never see half of it.

    Raises:
      UserError: it can't be written.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        aside.write_bytes(content)
        aside.replace(path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise UserError(
            "the spec can't be written",
            file=path,
            expected="a path in an existing folder that you may write to",
            found=error,
            fix="name another file with -o",
        ) from error
