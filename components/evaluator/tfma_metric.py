"""COCO's average precision as a TFMA metric: boxes are collected in the accumulator, pycocotools computes.

TFMA's own object-detection metrics give the same figures at single IoU thresholds, but took 95-130 s for 50 images
where this takes well under a second (tensorflow-model-analysis 0.47.1).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import apache_beam as beam
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.metrics import metric_types

from coralline.scoring.coco import Figures, GroundTruth, score
from coralline.tflite.detections import Detections

# An image's extracts: a GroundTruth as labels, {model name: Detections} as predictions, and this as a feature.
IMAGE_INDEX = "image_index"

_Row = tuple[int, GroundTruth, Detections]


class CocoAveragePrecision(tfma.metrics.Metric):
    """`AP`, `AP50`, `AP75` and `AP/<class>` of each model; NaN where there is no ground truth.

    Args:
      class_names: names of class ids 0, 1, ...
      reference: where given, `AP_loss` tells how much AP a model loses against the model of that name.
    """

    def __init__(self, class_names: list[str], reference: str = "", name: str = "coco_average_precision"):
        super().__init__(_computations, class_names=class_names, reference=reference, name=name)


metric_types.register_metric(CocoAveragePrecision)


def figures_from(metrics: dict[tfma.metrics.MetricKey, float], model: str, class_names: list[str]) -> Figures:
    """The figures of one model among the metrics of one slice."""

    def value(name: str) -> float | None:
        number = metrics[_key(name, model)]
        return None if number != number else float(number)

    return Figures(value("AP"), value("AP50"), value("AP75"), {name: value(f"AP/{name}") for name in class_names})


def _computations(
    name: str, class_names: list[str], reference: str, model_names: list[str]
) -> tfma.metrics.MetricComputations:
    del name  # several values come from one computation, each with a name of its own
    scored = [*model_names, *([reference] if reference and reference not in model_names else [])]
    computations: list[Any] = [_one_model(model, class_names) for model in scored]
    return computations + [_loss(model, reference) for model in model_names if reference]


def _one_model(model: str, class_names: list[str]) -> tfma.metrics.MetricComputation:
    keys = [_key(name, model) for name in ("AP", "AP50", "AP75", *(f"AP/{name}" for name in class_names))]
    boxes = tfma.metrics.FeaturePreprocessor(feature_keys=[IMAGE_INDEX])
    return tfma.metrics.MetricComputation(
        keys=keys, preprocessors=[boxes], combiner=_CollectAndScore(model, class_names)
    )


def _loss(model: str, reference: str) -> tfma.metrics.DerivedMetricComputation:
    key, mine, other = _key("AP_loss", model), _key("AP", model), _key("AP", reference)
    return tfma.metrics.DerivedMetricComputation(
        keys=[key], result=lambda metrics: {key: metrics[other] - metrics[mine]}
    )


def _key(name: str, model: str) -> tfma.metrics.MetricKey:
    # Not "unweighted" but "knows no weights": only so do a MetricsSpec's thresholds find it.
    return tfma.metrics.MetricKey(name=name, model_name=model, example_weighted=None)


class _CollectAndScore(beam.CombineFn):
    def __init__(self, model: str, class_names: list[str]):
        self._model, self._class_names = model, class_names

    def create_accumulator(self) -> list[_Row]:
        return []

    def add_input(self, accumulator: list[_Row], element: tfma.metrics.StandardMetricInputs) -> list[_Row]:
        index, truth = int(element.features[IMAGE_INDEX]), element.labels
        accumulator.append((index, truth, element.get_predictions(self._model)))
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[list[_Row]]) -> list[_Row]:
        return [row for accumulator in accumulators for row in accumulator]

    def extract_output(self, accumulator: list[_Row]) -> dict[tfma.metrics.MetricKey, float]:
        # Equal scores, frequent in 8 bits, rank by the order of the images: the same order gives the same figures.
        rows = sorted(accumulator, key=lambda row: row[0])
        figures = score([row[1] for row in rows], [row[2] for row in rows], self._class_names)
        named = {"AP": figures.ap, "AP50": figures.ap50, "AP75": figures.ap75}
        named |= {f"AP/{name}": value for name, value in figures.per_class.items()}
        return {_key(name, self._model): float("nan") if value is None else value for name, value in named.items()}
