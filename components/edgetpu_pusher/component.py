"""EdgeTpuPusher: compiles a blessed model for the Edge TPU if there is a compiler, and publishes it."""

from __future__ import annotations

from tfx import types
from tfx.dsl.components.base import executor_spec
from tfx.types import component_spec, standard_artifacts

from components.artifacts import EvaluationReport, TFLiteModel
from components.edgetpu_pusher import executor
from components.edgetpu_pusher.driver import Driver
from components.spec_component import SpecComponent


class EdgeTpuPusherSpec(types.ComponentSpec):
    """What flows into and out of EdgeTpuPusher."""

    PARAMETERS = {
        "edgetpu": component_spec.ExecutionParameter(type=str),
        "push_to": component_spec.ExecutionParameter(type=str),
        "compiler_version": component_spec.ExecutionParameter(type=str, optional=True),
    }
    INPUTS = {
        "tflite_model": component_spec.ChannelParameter(type=TFLiteModel),
        "blessing": component_spec.ChannelParameter(type=standard_artifacts.ModelBlessing),
        "report": component_spec.ChannelParameter(type=EvaluationReport),
    }
    OUTPUTS = {"pushed_model": component_spec.ChannelParameter(type=standard_artifacts.PushedModel)}


class EdgeTpuPusher(SpecComponent):
    """Publishes a model that is blessed and that maps to the Edge TPU.

    Inputs:
      tflite_model: the int8 file, its labels, and how it was exported.
      blessing: without it nothing is published; the run still succeeds.
      report: the figures for the manifest, and the page to which the outcome is added.

    Outputs:
      pushed_model: a folder with `push.json` (what was done and why) and `report/`, the evaluation's report with the
        outcome added (`publication` in report.json, a section in report.html). Custom properties: `pushed` and
        `compiled` (1 or 0), `reason`, `refused_by` (`blessing`, `gate`, `rollback`, `baseline` or empty),
        `pushed_destination`, `pushed_version`, `edgetpu_mapped`, `edgetpu_total`; `model_sha256` and `published_files`,
        by which a copy is known again; and status, version, path and message of the compiler.

    Parameters:
      edgetpu: the `edgetpu` section of the configuration as JSON: whether to compile, and how much must map.
      push_to: where versions are published: a folder, or an address such as `gs://bucket/models`.
      compiler_version: of the compiler found before the run, if any; used only so that installing a compiler
        publishes again.

    What is served is never replaced by a model that wasn't judged against it: a blessing against another baseline is
    refused, under the lock under which `latest` moves. A local run then judges again; on a cluster the next run does.

    A model that was rolled back is not published again; `coralline rollback --to` serves it again. A local run repeats
    a push whose version was deleted since, even if nothing else has changed.

    Fails if the compiler is required and missing or failing, or if the destination can't be written.
    """

    SPEC_CLASS = EdgeTpuPusherSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)
    DRIVER_CLASS = Driver  # type: ignore[assignment]
