"""TFLiteExporter: converts the quantization-aware SavedModel to the int8 TFLite file."""

from __future__ import annotations

from tfx import types
from tfx.dsl.components.base import executor_spec
from tfx.types import component_spec, standard_artifacts

from components.artifacts import DatasetReport, LabelMap, TFLiteModel
from components.spec_component import SpecComponent
from components.tflite_exporter import executor

EXPORTER_VERSION = 1
"""Of the conversion and of everything that this component writes. To be raised with any change by which the same model
and settings give another file: models are then exported again once, and not trained again."""


class TFLiteExporterSpec(types.ComponentSpec):
    """What flows into and out of TFLiteExporter."""

    PARAMETERS = {
        "export": component_spec.ExecutionParameter(type=str),
        "exporter_version": component_spec.ExecutionParameter(type=int),
    }
    INPUTS = {
        "trained_model": component_spec.ChannelParameter(type=standard_artifacts.Model),
        "label_map": component_spec.ChannelParameter(type=LabelMap),
        "dataset_report": component_spec.ChannelParameter(type=DatasetReport),
    }
    OUTPUTS = {"tflite_model": component_spec.ChannelParameter(type=TFLiteModel)}


class TFLiteExporter(SpecComponent):
    """Converts the model, puts its outputs in the standard order, embeds labels and metadata, and checks the file.

    Inputs:
      trained_model: QatTrainer's model.
      label_map: class names, in the order of the classes.
      dataset_report: says how many objects the fullest image holds, which decides the number of detections.

    Outputs:
      tflite_model: a folder with `model.tflite` (uint8 `[1, H, W, 3]` RGB in; boxes `[1, N, 4]`, classes `[1, N]`,
        scores `[1, N]`, count `[1]` out), `labels.txt` and `export.json`.

    Parameters:
      export: the `export` section of the configuration as JSON.
      exporter_version: `EXPORTER_VERSION`; another one exports again.

    Fails if the file breaks the output contract or an activation before the post-processing op is not 8-bit.
    """

    SPEC_CLASS = TFLiteExporterSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)
