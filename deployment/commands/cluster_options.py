"""The options of the commands that speak to a cluster."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pipeline.run_options import json_option, settings_options

if TYPE_CHECKING:
    from deployment.submission.pipeline_service import PipelineService

_Command = TypeVar("_Command", bound=Callable[..., Any])


def cluster_options(command: _Command) -> _Command:
    """Adds --target, --config, --set and --json, as `target`, `config`, `settings` and `as_json`."""
    command = settings_options(json_option(command))
    command = click.option("--config", metavar="FILE", help="Settings as YAML.  [default: none]")(command)
    return click.option(
        "--target", type=click.Choice(["kubeflow", "vertex"]), help="The cluster.  [default: deployment.target]"
    )(command)


def spec_options(command: _Command) -> _Command:
    """Adds the argument SPEC and --name and --parameter, as `spec`, `name` and `parameters`."""
    command = click.option(
        "--parameter",
        "parameters",
        metavar="NAME=VALUE",
        multiple=True,
        help="A parameter of the run; may be repeated.",
    )(command)
    return click.argument("spec", metavar="[SPEC]", required=False, type=click.Path(path_type=Path))(command)


def opened_cluster(
    target: Any, config: str | None, settings: tuple[tuple[str, Any], ...]
) -> tuple[str, PipelineService]:
    """The target and its service, for commands without a spec.

    Raises:
      UserError: none is named, or it can't be spoken to.
    """
    from deployment.submission.service_choice import open_pipeline_service, target_of
    from pipeline.config import load_config

    loaded = load_config(config, dict(settings))
    chosen = target_of(target, loaded)
    return chosen, open_pipeline_service(chosen, loaded)
