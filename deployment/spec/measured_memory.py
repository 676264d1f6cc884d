"""What the trainer asks for, from a measurement of the same training on another machine."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

from coralline.foundation.errors import UserError

if TYPE_CHECKING:
    from pipeline.config import Config

TRAINER = "QatTrainer"
_RESERVE = 1.25


def with_measured_memory(config: Config, measured: Path) -> Config:
    """The configuration in which QatTrainer asks for the memory that `coralline check --measure` found, and a reserve.

    Args:
      config: all settings.
      measured: the document that `coralline check --measure --json` printed.

    Raises:
      UserError: it isn't one.
    """
    from pipeline.deployment_settings import StepSettings

    try:
        peak_bytes = json.loads(measured.read_text(encoding="utf-8"))["estimate"]["peak_bytes"]
        memory_gb = math.ceil(peak_bytes * _RESERVE / 1e8) / 10
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            "the file says nothing about a training's memory",
            file=measured,
            expected="what `coralline check --measure --json` printed",
            found=error if isinstance(error, OSError) else "no `estimate` with `peak_bytes`",
            fix="run `coralline check --measure --json > FILE` with the same settings",
        ) from error
    steps = config.deployment.steps
    trainer = StepSettings(
        **{**steps.get(TRAINER, StepSettings()).model_dump(exclude_unset=True), "memory_gb": memory_gb}
    )
    deployment = config.deployment.model_copy(update={"steps": {**steps, TRAINER: trainer}})
    return config.model_copy(update={"deployment": deployment})
