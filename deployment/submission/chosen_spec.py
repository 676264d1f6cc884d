"""The spec that a command is about: a file, or what the configuration compiles to."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from deployment.submission.submitted_spec import SubmittedSpec, read_submitted_spec, submitted_spec

if TYPE_CHECKING:
    from pipeline.config import Config


def chosen_spec(file: Path | None, target: Literal["kubeflow", "vertex"] | None, config: Config) -> SubmittedSpec:
    """Reads a spec, or compiles the configuration as `coralline compile` does.

    Args:
      file: a compiled spec; None: it is to be compiled.
      target: the one that was named; None: the configuration's, else the spec's own.
      config: all settings.

    Raises:
      UserError: no target is named, the file is no spec for it, or the settings can't be compiled for it or don't say
        where it is.
    """
    from deployment.submission.service_choice import open_pipeline_service, target_of

    if file is not None:
        spec = read_submitted_spec(file)
        spec.require_target(target or config.deployment.target or spec.target)
        return spec
    from coralline.foundation.output_capture import quiet
    from deployment.spec.compiling import compile_pipeline
    from pipeline.preflight import training_settings

    target = target_of(target, config)
    open_pipeline_service(target, config)  # What it misses is told before a compilation, which takes a while.
    training_settings(config)
    with quiet():
        content = compile_pipeline(config, target)
    return submitted_spec(content, f"{config.name}, as configured")


def pipeline_root_of(spec: SubmittedSpec, config: Config) -> str | None:
    """Where a run's artifacts go: the place that the spec was compiled for, else the configuration's bucket."""
    from deployment.spec.cluster_places import root_in_bucket

    return spec.default_root or root_in_bucket(config.deployment)


def run_name_of(spec: SubmittedSpec, now: datetime.datetime) -> str:
    """A name for a run that wasn't given one: the spec's version and the time in UTC, to the millisecond."""
    moment = now.astimezone(datetime.timezone.utc)
    return f"{spec.version}-{moment:%Y%m%d-%H%M%S}{moment.microsecond // 1000:03}"
