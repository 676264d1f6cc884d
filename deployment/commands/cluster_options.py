"""The options of the commands that speak to a cluster."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pipeline.run_options import json_option, settings_options

if TYPE_CHECKING:
    from deployment.submission.pipeline_service import PipelineService
    from pipeline.config import Config

_Command = TypeVar("_Command", bound=Callable[..., Any])


@dataclasses.dataclass(frozen=True)
class ClusterOptions:
    """What was given to say which cluster is meant, and how to answer.

    Attributes:
      target: `kubeflow`, `vertex`, or None: the configuration's.
      config: a file of settings; None: there is none.
      settings: further ones, which count before the file's.
      as_json: whether the answer is a JSON document.
    """

    target: Any
    config: str | None
    settings: tuple[tuple[str, Any], ...]
    as_json: bool

    def load_config(self) -> Config:
        """All settings."""
        from pipeline.config import load_config

        return load_config(self.config, dict(self.settings))

    def opened(self) -> tuple[str, PipelineService]:
        """The target and its service, for commands without a spec.

        Raises:
          UserError: none is named, or it can't be spoken to.
        """
        from deployment.submission.service_choice import open_pipeline_service, target_of

        loaded = self.load_config()
        chosen = target_of(self.target, loaded)
        return chosen, open_pipeline_service(chosen, loaded)


def cluster_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --target, --config, --set and --json, all as `cluster`."""

    @functools.wraps(command)
    def given(
        target: Any, config: str | None, settings: tuple[tuple[str, Any], ...], as_json: bool, **more: Any
    ) -> Any:
        return command(cluster=ClusterOptions(target, config, settings, as_json), **more)

    with_options = settings_options(json_option(given))
    with_options = click.option("--config", metavar="FILE", help="Settings as YAML.  [default: none]")(with_options)
    return click.option(
        "--target", type=click.Choice(["kubeflow", "vertex"]), help="The cluster.  [default: deployment.target]"
    )(with_options)


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
