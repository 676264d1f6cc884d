"""Evaluator: scores the file that will be published and the models it was made from, and blesses it or not."""

from __future__ import annotations

from tfx import types
from tfx.dsl.components.base import executor_spec
from tfx.types import component_spec, standard_artifacts

from components.artifacts import DatasetReport, EvaluationReport, LabelMap, TFLiteModel
from components.evaluator import executor
from components.spec_component import SpecComponent


class EvaluatorSpec(types.ComponentSpec):
    """What flows into and out of Evaluator."""

    PARAMETERS = {
        "evaluate": component_spec.ExecutionParameter(type=str),
        "baseline": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "model": component_spec.ChannelParameter(type=standard_artifacts.Model),
        "tflite_model": component_spec.ChannelParameter(type=TFLiteModel),
        "label_map": component_spec.ChannelParameter(type=LabelMap),
        "dataset_report": component_spec.ChannelParameter(type=DatasetReport),
        "anomalies": component_spec.ChannelParameter(type=standard_artifacts.ExampleAnomalies),
    }
    OUTPUTS = {
        "evaluation": component_spec.ChannelParameter(type=standard_artifacts.ModelEvaluation),
        "blessing": component_spec.ChannelParameter(type=standard_artifacts.ModelBlessing),
        "report": component_spec.ChannelParameter(type=EvaluationReport),
    }


class Evaluator(SpecComponent):
    """Scores `model.tflite` on split `eval` by COCO's rules (AP, AP50, AP75, AP per class).

    The float and the quantization-aware model are scored on the same images with the same post-processing, and so is
    the last published model, if there is one that knows every class.

    Inputs:
      examples: split `eval`, tf.Examples of the object-detection layout.
      model: QatTrainer's model: the references.
      tflite_model: TFLiteExporter's file: the candidate.
      label_map: class names, in the order of the classes.
      dataset_report: the report on the data, which becomes part of this report.
      anomalies: what ExampleValidator found; the report puts it in words.

    Outputs:
      evaluation: TFMA's result (`tfma.load_eval_result`): metrics of each model by its name (`int8`, `qat`, `float`,
        `baseline`), and the validation against the thresholds.
      blessing: `BLESSED` or `NOT_BLESSED`, with the custom properties of TFX's own evaluator, and `reasons`.
      report: `report.html` (one self-contained page), `report.json`, pictures with boxes in `eval/`, and the data
        report in `data/`, which the page links to.

    Parameters:
      evaluate: the `evaluate` section of the configuration as JSON: thresholds, and the number of pictures.
      baseline: where models are published; the version served there is the baseline.

    Fails if split `eval` is empty, one of its images can't be decoded, or a model can't be run. A model that misses a
    threshold is not a failure: it isn't blessed.
    """

    SPEC_CLASS = EvaluatorSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)
