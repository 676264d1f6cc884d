"""ServedModelImporter: the model that a push would replace, as an artifact: the baseline of the judgement."""

from __future__ import annotations

from tfx import types
from tfx.dsl.components.base import executor_spec
from tfx.types import component_spec

from components.artifacts import ServedModel, TFLiteModel
from components.served_model_importer import executor
from components.served_model_importer.driver import ServedContentDriver
from components.spec_component import SpecComponent


class ServedModelImporterSpec(types.ComponentSpec):
    """What flows into and out of ServedModelImporter."""

    PARAMETERS = {"published_at": component_spec.ExecutionParameter(type=str)}
    INPUTS = {"tflite_model": component_spec.ChannelParameter(type=TFLiteModel)}
    OUTPUTS = {"served_model": component_spec.ChannelParameter(type=ServedModel)}


class ServedModelImporter(SpecComponent):
    """Copies the model that is served when the candidate is ready to be judged.

    The content is part of the cache key: while the same model is served, the same artifact flows on, and with another
    one the candidate is judged anew. If the candidate itself is served already, this is the model that it has replaced,
    so that a run on which nothing has changed is reused whole.

    Inputs:
      tflite_model: the candidate.

    Outputs:
      served_model: the version, with its model, labels and manifest; an artifact without files if nothing is served, or
        if what is served is damaged.

    Parameters:
      published_at: where models are published: a folder, or an address such as `gs://bucket/models`.

    Kubeflow's cache doesn't know what is served: there a step before this one says it, and `served_version` is one more
    parameter (`deployment.spec.reuse`). On Vertex AI this component runs each time.

    Fails if the place can't be read.
    """

    SPEC_CLASS = ServedModelImporterSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)
    DRIVER_CLASS = ServedContentDriver  # type: ignore[assignment]
