"""Evaluator: scores the file that will be published and the models it was made from, and blesses it or not."""

from __future__ import annotations

from tfx import types
from tfx.dsl.components.base import executor_spec
from tfx.types import component_spec, standard_artifacts

from components.artifacts import DatasetReport, EvaluationReport, LabelMap, ServedModel, TFLiteModel
from components.evaluator import executor
from components.spec_component import SpecComponent

JUDGE_VERSION = 1
"""Of figures, gate and report. To be raised with any change by which the same file, data and settings are judged or
shown otherwise: models are then judged again once."""


class EvaluatorSpec(types.ComponentSpec):
    """What flows into and out of Evaluator."""

    PARAMETERS = {
        "evaluate": component_spec.ExecutionParameter(type=str),
        "judge_version": component_spec.ExecutionParameter(type=int),
    }
    INPUTS = {
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "model": component_spec.ChannelParameter(type=standard_artifacts.Model),
        "model_run": component_spec.ChannelParameter(type=standard_artifacts.ModelRun),
        "tflite_model": component_spec.ChannelParameter(type=TFLiteModel),
        "label_map": component_spec.ChannelParameter(type=LabelMap),
        "dataset_report": component_spec.ChannelParameter(type=DatasetReport),
        "anomalies": component_spec.ChannelParameter(type=standard_artifacts.ExampleAnomalies),
        "baseline": component_spec.ChannelParameter(type=ServedModel),
    }
    OUTPUTS = {
        "evaluation": component_spec.ChannelParameter(type=standard_artifacts.ModelEvaluation),
        "blessing": component_spec.ChannelParameter(type=standard_artifacts.ModelBlessing),
        "report": component_spec.ChannelParameter(type=EvaluationReport),
    }


class Evaluator(SpecComponent):
    """Scores `model.tflite` on split `test`, or `eval` where there is no `test`, by COCO's rules.

    The float and the quantization-aware model are scored on the same images with the same post-processing, and so is
    the model that is served, if there is one that knows every class.

    Inputs:
      examples: tf.Examples of the object-detection layout.
      model: QatTrainer's model: the references.
      model_run: its TensorBoard logs, whose curves the report shows.
      tflite_model: TFLiteExporter's file: the candidate.
      label_map: class names, in the order of the classes.
      dataset_report: the report on the data, which becomes part of this report.
      anomalies: what ExampleValidator found; the report puts it in words.
      baseline: the model that this one would replace, if any. A damaged one can't be compared with: unless
        `max_loss_to_baseline` is off, nothing takes its place.

    Outputs:
      evaluation: TFMA's result (`tfma.load_eval_result`): metrics of each model by its name (`int8`, `qat`, `float`,
        `baseline`), and the validation against the thresholds.
      blessing: `BLESSED` or `NOT_BLESSED`, with the custom properties of TFX's own evaluator, `reasons`, and
        `baseline_content`: the content of what it was judged against, by which EdgeTpuPusher knows it again.
      report: `report.html` (one self-contained page), `report.json`, pictures with boxes in `eval/`, the data report
        in `data/`, which the page links to, and what is found in each image in `judged_images.jsonl.gz`.

    Parameters:
      evaluate: the `evaluate` section of the configuration as JSON: thresholds, and the number of pictures.
      judge_version: `JUDGE_VERSION`; another one judges again.

    Where a Beam engine is configured, its workers run the models, each over whole files of examples; they load them
    from where the pipeline keeps them. Everything else is done in the component's process, and so is all of it without
    an engine.

    Fails if that split is empty, one of its images can't be decoded, or a model can't be run. A model that misses a
    threshold is not a failure: it isn't blessed.
    """

    SPEC_CLASS = EvaluatorSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(executor.Executor)
