"""The evaluation in TFMA's format: configuration, metrics of every model, validation against the thresholds.

The figures come from `coralline.scoring`. TFMA's own object-detection metrics give the same at single IoU thresholds,
but took 95 to 130 s for 50 images (tensorflow-model-analysis 0.47.1, 2 cores) where pycocotools takes under a second.
TFMA validates them and defines the files, which its readers and its notebook widgets take like any other result.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import tensorflow as tf
import tensorflow_model_analysis as tfma
from google.protobuf import json_format, wrappers_pb2
from google.protobuf.message import Message
from tensorflow_model_analysis.evaluators.metrics_validator import validate_metrics
from tensorflow_model_analysis.metrics.metric_types import MetricKey
from tensorflow_model_analysis.proto import config_pb2
from tensorflow_model_analysis.writers import metrics_plots_and_validations_writer as result_files

from components.evaluator.blessing import BASELINE, CANDIDATE, FLOAT
from coralline.foundation import storage
from coralline.scoring.coco import Figures
from coralline.scoring.evaluate_settings import EvaluateSettings

_ALL_IMAGES = ()
"""The slice of everything."""


def write_result(figures: Mapping[str, Figures], settings: EvaluateSettings, output_path: str) -> bool:
    """Writes the result as `tfma.load_eval_result` and `tfma.load_validation_result` read it.

    Args:
      figures: of each model by its name: the candidate, and references and baseline if there are any.
      settings: thresholds, which become part of the evaluation's configuration and are checked by TFMA.
      output_path: the folder to write to.

    Returns:
      Whether TFMA finds every threshold met.
    """
    config, metrics = eval_config(list(figures), settings), _metrics(figures)
    # As the last step of TFMA's own pipeline does it.
    combined = result_files.CombineValidations(config)
    validation = combined.extract_output(combined.add_input(None, validate_metrics((_ALL_IMAGES, metrics), config)))
    run = config_pb2.EvalRun(eval_config=config, version=tfma.version.VERSION, model_locations={"": "<unknown>"})
    storage.write_bytes(os.path.join(output_path, "eval_config.json"), json_format.MessageToJson(run).encode())
    in_tfma = result_files.convert_slice_metrics_to_proto((_ALL_IMAGES, metrics), None)
    _write_record(os.path.join(output_path, f"{tfma.METRICS_KEY}-00000-of-00001.tfrecord"), in_tfma)
    _write_record(os.path.join(output_path, f"{tfma.VALIDATIONS_KEY}.tfrecord"), validation)
    return bool(validation.validation_ok)


def _write_record(path: str, message: Message) -> None:
    with tf.io.TFRecordWriter(path) as writer:
        writer.write(message.SerializeToString())


def _metrics(figures: Mapping[str, Figures]) -> dict[MetricKey, float]:
    """`AP`, `AP50`, `AP75` and `AP/<class>` of each model, NaN without ground truth; what the candidate loses.

    `AP_loss` is the loss of AP against the float model; differences to the baseline have TFMA's `is_diff`.
    """
    metrics = {_key(name, model): value for model, of in figures.items() for name, value in _named(of).items()}
    if FLOAT in figures:
        metrics |= {
            _key("AP_loss", model): metrics[_key("AP", FLOAT)] - metrics[_key("AP", model)]
            for model in (CANDIDATE, BASELINE)
            if model in figures
        }
    if BASELINE in figures:
        metrics |= {
            key.make_diff_key(): value - metrics[key.make_baseline_key(BASELINE)]
            for key, value in metrics.items()
            if key.model_name == CANDIDATE
        }
    return metrics


def _named(figures: Figures) -> dict[str, float]:
    named = {"AP": figures.ap, "AP50": figures.ap50, "AP75": figures.ap75}
    named |= {f"AP/{name}": value for name, value in figures.per_class.items()}
    return {name: float("nan") if value is None else value for name, value in named.items()}


def _key(name: str, model: str) -> MetricKey:
    # Not "unweighted" but "knows no weights": only so do a MetricsSpec's thresholds find it.
    return MetricKey(name=name, model_name=model, example_weighted=None)


def eval_config(models: Sequence[str], settings: EvaluateSettings) -> tfma.EvalConfig:
    """The models, and the thresholds of the candidate."""
    config = tfma.EvalConfig()
    for model in models:
        config.model_specs.add(name=model, is_baseline=model == BASELINE)
    candidate = config.metrics_specs.add(model_names=[m for m in models if m in (CANDIDATE, BASELINE)])
    has_baseline, has_float = BASELINE in models, FLOAT in models
    for name, threshold in _metric_thresholds(settings, has_baseline=has_baseline, has_float=has_float):
        candidate.thresholds[name].CopyFrom(threshold)
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
