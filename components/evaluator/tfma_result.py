"""The evaluation in TFMA's format: configuration, metrics of every model, validation by the thresholds."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence

import apache_beam as beam
import tensorflow_model_analysis as tfma
from apache_beam.options.pipeline_options import PipelineOptions
from google.protobuf import wrappers_pb2

from components.evaluator import tfma_metric
from components.evaluator.blessing import BASELINE, CANDIDATE, FLOAT
from coralline.scoring.coco import Figures, GroundTruth
from coralline.scoring.evaluate_settings import EvaluateSettings
from coralline.tflite.detections import Detections


def evaluate_with_tfma(
    ground_truths: Sequence[GroundTruth],
    detections: Mapping[str, Sequence[Detections]],
    class_names: Sequence[str],
    settings: EvaluateSettings,
    output_path: str,
) -> tuple[dict[str, Figures], bool]:
    """Scores every model and writes TFMA's result, as `tfma.load_eval_result` and `load_validation_result` read it.

    The reduction is over a few hundred boxes an image, so it runs in this process whatever runner the pipeline has.

    Args:
      ground_truths: one an image, at least one.
      detections: {model's name: one an image, in the same order}.
      class_names: names of class ids 0, 1, ...
      settings: thresholds, written into the evaluation's configuration, and checked by TFMA.
      output_path: the folder to write to.

    Returns:
      The figures of each model, and whether TFMA found every threshold met.
    """
    names = list(class_names)
    config = eval_config(list(detections), names, settings)
    extracts = [
        {
            tfma.INPUT_KEY: truth.name.encode(),
            tfma.FEATURES_KEY: {tfma_metric.IMAGE_INDEX: index},
            tfma.LABELS_KEY: truth,
            tfma.PREDICTIONS_KEY: {model: found[index] for model, found in detections.items()},
        }
        for index, truth in enumerate(ground_truths)
    ]
    # tfma.ExtractEvaluateAndWriteResults would drop the baseline: it knows models only as SavedModels that it loads.
    extractors = [tfma.extractors.SliceKeyExtractor(eval_config=config, materialize=False)]
    evaluators = [tfma.evaluators.MetricsPlotsAndValidationsEvaluator(eval_config=config)]
    # The default writers would add empty files of plots and attributions, at a second each.
    paths = {key: os.path.join(output_path, key) for key in (tfma.METRICS_KEY, tfma.VALIDATIONS_KEY)}
    writers = [
        tfma.writers.EvalConfigWriter(output_path, eval_config=config),
        tfma.writers.MetricsPlotsAndValidationsWriter(paths, eval_config=config, output_file_format="tfrecord"),
    ]
    # Without flags of its own, Beam reads those of the running program.
    with beam.Pipeline(runner="DirectRunner", options=PipelineOptions(flags=[])) as pipeline:
        _ = (
            pipeline
            | "Images" >> beam.Create(extracts, reshuffle=False)
            | "Evaluate" >> tfma.ExtractAndEvaluate(extractors=extractors, evaluators=evaluators)
            | "Write" >> tfma.WriteResults(writers=writers)
        )
    metrics = next(iter(tfma.load_metrics(output_path)))
    values = {
        tfma.metrics.MetricKey.from_proto(pair.key): pair.value.double_value.value
        for pair in metrics.metric_keys_and_values
    }
    figures = {model: tfma_metric.figures_from(values, model, names) for model in detections}
    return figures, tfma.load_validation_result(output_path).validation_ok


def eval_config(models: Sequence[str], class_names: list[str], settings: EvaluateSettings) -> tfma.EvalConfig:
    """What is measured, of which models, and which thresholds the candidate is held against."""
    config = tfma.EvalConfig()
    for model in models:
        config.model_specs.add(name=model, is_baseline=model == BASELINE)
    reference = FLOAT if FLOAT in models else ""
    candidate = config.metrics_specs.add(model_names=[m for m in models if m in (CANDIDATE, BASELINE)])
    candidate.metrics.add(
        class_name=tfma_metric.CocoAveragePrecision.__name__,
        module=tfma_metric.__name__,
        config=json.dumps({"class_names": class_names, "reference": reference}),
    )
    for name, threshold in _metric_thresholds(settings, has_baseline=BASELINE in models, has_float=bool(reference)):
        candidate.thresholds[name].CopyFrom(threshold)
    references = [model for model in models if model not in (CANDIDATE, BASELINE)]
    if references:
        config.metrics_specs.add(model_names=references).metrics.add(
            class_name=tfma_metric.CocoAveragePrecision.__name__,
            module=tfma_metric.__name__,
            config=json.dumps({"class_names": class_names}),
        )
    return config


def _metric_thresholds(
    settings: EvaluateSettings, has_baseline: bool, has_float: bool
) -> list[tuple[str, tfma.MetricThreshold]]:
    # A lower bound of 0 is always there: AP is NaN where there is nothing to find, and NaN meets no bound.
    ap = _at_least(settings.min_ap or 0.0)
    if has_baseline and settings.max_loss_to_baseline is not None:
        change = ap.change_threshold
        change.direction = tfma.MetricDirection.HIGHER_IS_BETTER
        change.absolute.CopyFrom(wrappers_pb2.DoubleValue(value=-settings.max_loss_to_baseline))
    named = [("AP", ap)]
    if settings.min_ap50 is not None:
        named.append(("AP50", _at_least(settings.min_ap50)))
    if has_float and settings.max_loss_to_float is not None:
        loss = tfma.MetricThreshold()
        loss.value_threshold.upper_bound.CopyFrom(wrappers_pb2.DoubleValue(value=settings.max_loss_to_float))
        named.append(("AP_loss", loss))
    return named


def _at_least(bound: float) -> tfma.MetricThreshold:
    threshold = tfma.MetricThreshold()
    threshold.value_threshold.lower_bound.CopyFrom(wrappers_pb2.DoubleValue(value=bound))
    return threshold
