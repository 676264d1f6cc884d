"""`coralline compile`: the pipeline as a spec for a cluster."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from coralline.foundation.errors import UserError
from deployment.spec.measured_memory import TRAINER, with_measured_memory
from pipeline import machine_output
from pipeline.run_options import json_option, settings_options


@click.command()
@click.option(
    "--target", type=click.Choice(["kubeflow", "vertex"]), required=True, help="What the pipeline will run on."
)
@click.option("-o", "--output", metavar="FILE", required=True, help="The spec: YAML for kubeflow, JSON for vertex.")
@click.option("--config", metavar="FILE", help="Settings as YAML.  [default: none]")
@click.option("--data", metavar="ADDRESS", help="The data set, as the steps see it.  [default: <pipeline_root>/data]")
@click.option(
    "--measured",
    metavar="FILE",
    help="What `coralline check --measure --json` printed: QatTrainer asks for that much memory and a quarter more.",
)
@settings_options
@json_option
def command(
    target: Any,
    output: str,
    config: str | None,
    data: str | None,
    measured: str | None,
    settings: tuple[tuple[str, Any], ...],
    as_json: bool,
) -> None:
    """Write the pipeline as a spec for Kubeflow Pipelines v2 or Vertex AI.

    deployment.image is the container image of all steps, deployment.pipeline_root the place of their artifacts. What
    each step asks of the cluster is in `deployment` too.
    """
    from coralline.foundation.output_capture import quiet
    from deployment.spec.cluster_places import for_cluster, how_to_submit
    from deployment.spec.compiling import compile_pipeline
    from pipeline.config import load_config
    from pipeline.preflight import training_settings

    overrides = dict(settings) | ({} if data is None else {"data.path": data})
    loaded = load_config(config, overrides)
    if measured is not None and "memory_gb" not in _given(loaded.deployment.steps.get(TRAINER)):
        loaded = with_measured_memory(loaded, Path(measured))
    training_settings(loaded)
    with quiet():
        spec = compile_pipeline(loaded, target)
    write_in_one_go(Path(output), spec)
    at = for_cluster(loaded, target)
    if as_json:
        places = {"image": at.deployment.image, "data": at.data.path, "push_to": at.push.to}
        machine_output.print_document("compile", {"output": output, "target": target, "name": at.name, **places})
        return
    click.echo(f"{output}: {at.name} for {target}")
    click.echo(f"image {at.deployment.image}, data {at.data.path}, publishing to {at.push.to}")
    if target == "kubeflow":
        click.echo(how_to_submit(at))


def _given(step: Any) -> set[str]:
    return set() if step is None else step.model_fields_set


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
