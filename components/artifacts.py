"""Coralline's own artifact types, beside TFX's standard ones.

`TYPE_NAME` has exactly one dot, so that Kubeflow can import the class from the top-level package `components`.
Custom types carry no typed properties (Kubeflow refuses them): what lineage needs is in custom properties.
"""

from tfx.types import artifact


class LabelMap(artifact.Artifact):
    """A folder with `label_map.pbtxt`: class names, ids from 1 without gaps."""

    TYPE_NAME = "components.LabelMap"


class DatasetReport(artifact.Artifact):
    """A folder with `report.json` (images, boxes, classes, splits, every problem in the data) and `report.html`."""

    TYPE_NAME = "components.DatasetReport"


class TFLiteModel(artifact.Artifact):
    """A folder with `model.tflite`, `labels.txt` and `export.json` (settings, and what the Edge TPU will take)."""

    TYPE_NAME = "components.TFLiteModel"


class EvaluationReport(artifact.Artifact):
    """A folder with `report.html` (self-contained), `report.json` and `eval/` (pictures with boxes)."""

    TYPE_NAME = "components.EvaluationReport"
