"""StatisticsGen: TFX's own, which may run on an engine, and counts what came of it."""

from __future__ import annotations

from tfx import components as tfx_components
from tfx.dsl.components.base import executor_spec

from components.statistics_gen.executor import Executor


class StatisticsGen(tfx_components.StatisticsGen):
    """Describes each split of the examples by TFDV, as TFX's component of that name does.

    Fails with a `UserError` if the engine fails, or if a split's statistics aren't there whole or aren't of as many
    examples as VocExampleGen wrote.
    """

    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)
