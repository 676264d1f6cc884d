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

from components.evaluator.blessing import BASELINE, CANDIDATE, FLOAT, QAT
from coralline.foundation import storage
from coralline.scoring.coco import Figures
from coralline.scoring.evaluate_settings import EvaluateSettings
from coralline.scoring.slices import SliceKey

_ALL_IMAGES = ()
"""The slice of everything."""

_DIFFERENCE, _COMPARABLE = "AP_difference_high", "baseline_comparable"


def write_result(
    figures: Mapping[str, Figures],
    settings: EvaluateSettings,
    output_path: str,
    *,
    difference_high: float | None = None,
    baseline_damaged: bool = False,
    slices: Mapping[SliceKey, Mapping[str, Figures]] | None = None,
) -> bool:
    """Writes the result as `tfma.load_eval_result` and `tfma.load_validation_result` read it.

    Without a model's name `load_eval_result` gives the candidate.

    Args:
      figures: of each model by its name: the candidate, and references and baseline if there are any.
      settings: thresholds, which become part of the evaluation's configuration and are checked by TFMA.
      output_path: the folder to write to.
      difference_high: upper end of the 95 % interval of the candidate's AP less the baseline's.
      baseline_damaged: as in `blessing.judge`.
      slices: the figures of parts of the data, by the part's name (`slices.figures_by_slice`).

    Returns:
      Whether TFMA finds every threshold met.
    """
    config, metrics = eval_config(list(figures), settings, list(slices or {})), _metrics(figures)
    metrics[_key(_COMPARABLE, CANDIDATE)] = float(not baseline_damaged)
    if BASELINE in figures:
        metrics[_key(_DIFFERENCE, CANDIDATE)] = float("nan") if difference_high is None else difference_high
    # As the last step of TFMA's own pipeline does it.
    combined = result_files.CombineValidations(config)
    validation = combined.extract_output(combined.add_input(None, validate_metrics((_ALL_IMAGES, metrics), config)))
    run = config_pb2.EvalRun(eval_config=config, version=tfma.version.VERSION, model_locations={"": "<unknown>"})
    storage.write_bytes(os.path.join(output_path, "eval_config.json"), json_format.MessageToJson(run).encode())
    sliced = [(_ALL_IMAGES, metrics), *((key, _metrics(of)) for key, of in (slices or {}).items())]
    in_tfma = [result_files.convert_slice_metrics_to_proto(one, None) for one in sliced]
    _write_records(os.path.join(output_path, f"{tfma.METRICS_KEY}-00000-of-00001.tfrecord"), in_tfma)
    _write_records(os.path.join(output_path, f"{tfma.VALIDATIONS_KEY}.tfrecord"), [validation])
    return bool(validation.validation_ok)


def _write_records(path: str, messages: Sequence[Message]) -> None:
    with tf.io.TFRecordWriter(path) as writer:
        for message in messages:
            writer.write(message.SerializeToString())


def _metrics(figures: Mapping[str, Figures]) -> dict[MetricKey, float]:
    """Every figure of each model, `AP/<class>` and `AP50/<class>`, NaN without ground truth; what the candidate loses.

    `AP_loss` is the loss of AP against the float model. Differences have TFMA's `is_diff`: every figure's to the
    baseline, and `AP_float`, `AP_qat` of the candidate to the models it was made from. By them TFMA's loader knows
    which model is meant when none is named (view/util.py, `convert_metrics_proto_to_dict`, 0.47.1).
    """
    metrics = {_key(name, model): value for model, of in figures.items() for name, value in _named(of).items()}
    if FLOAT in figures:
        metrics |= {
            _key("AP_loss", model): metrics[_key("AP", FLOAT)] - metrics[_key("AP", model)]
            for model in (CANDIDATE, BASELINE)
            if model in figures
        }
    differences = {}
    if BASELINE in figures:
        differences = {
            key.make_diff_key(): value - metrics[key.make_baseline_key(BASELINE)]
            for key, value in metrics.items()
            if key.model_name == CANDIDATE and key.make_baseline_key(BASELINE) in metrics
        }
    for reference in (FLOAT, QAT):
        if reference in figures:
            change = metrics[_key("AP", CANDIDATE)] - metrics[_key("AP", reference)]
            differences[_key(f"AP_{reference}", CANDIDATE).make_diff_key()] = change
    return metrics | differences


def _named(figures: Figures) -> dict[str, float]:
    named = {name: value for name, value in figures.as_json().items() if not isinstance(value, dict)}
    named |= {f"AP/{name}": value for name, value in figures.per_class.items()}
    named |= {f"AP50/{name}": value for name, value in figures.per_class_ap50.items()}
    return {name: float("nan") if value is None else value for name, value in named.items()}


def _key(name: str, model: str) -> MetricKey:
    # Not "unweighted" but "knows no weights": only so do a MetricsSpec's thresholds find it.
    return MetricKey(name=name, model_name=model, example_weighted=None)


def eval_config(models: Sequence[str], settings: EvaluateSettings, slices: Sequence[SliceKey] = ()) -> tfma.EvalConfig:
    """The models, the thresholds of the candidate, and what the data is sliced by."""
    config = tfma.EvalConfig(slicing_specs=[tfma.SlicingSpec()])
    for feature in dict.fromkeys(name for key in slices for name, _ in key):
        config.slicing_specs.add(feature_keys=[feature])
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
    named = [("AP", _at_least(settings.min_ap or 0.0))]
    if settings.max_loss_to_baseline is not None:
        named.append((_COMPARABLE, _at_least(1.0)))
    if has_baseline and settings.max_loss_to_baseline is not None:
        named.append((_DIFFERENCE, _at_least(-settings.max_loss_to_baseline)))
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
