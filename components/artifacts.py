"""Coralline's own artifact types, beside TFX's standard ones.

`TYPE_NAME` has exactly one dot, so that Kubeflow can import the class from the top-level package `components`.
Custom types carry no typed properties (Kubeflow refuses them): what lineage needs is in custom properties, all of which
`coralline.lineage.recorded_names` and docs/lineage-records.md name.
"""

from tfx.types import artifact


class LabelMap(artifact.Artifact):
    """A folder with `label_map.pbtxt`: class names, ids from 1 without gaps."""

    TYPE_NAME = "components.LabelMap"


class DatasetReport(artifact.Artifact):
    """A folder with `report.json` (images, boxes, classes, splits, every problem in the data), `report.html`, and
    `data_files.jsonl.gz` (every image, with what its content and its boxes hash to).

    Custom properties: how much there is of what, by split and by class.
    """

    TYPE_NAME = "components.DatasetReport"


class TFLiteModel(artifact.Artifact):
    """A folder with `model.tflite`, `labels.txt` and `export.json` (settings, and what the Edge TPU will take).

    Custom properties: `model_sha256`, `edgetpu_mapped`, `edgetpu_total`, `resolved_settings`.
    """

    TYPE_NAME = "components.TFLiteModel"


class EvaluationReport(artifact.Artifact):
    """A folder with `report.html` (self-contained), `report.json`, `eval/` (pictures with boxes), and
    `judged_images.jsonl.gz` (what is found and missed in every image).

    Custom properties: `AP`, `AP50`, `AP75` of the file that ships, also by class, `images`, `split`.
    """

    TYPE_NAME = "components.EvaluationReport"


class ServedModel(artifact.Artifact):
    """A folder with `model.tflite`, `labels.txt` and `manifest.json` of a published version, as they were when it was
    read; empty if nothing was served, or what was served is damaged.

    Custom properties: `destination`, `version` (empty: nothing), `content` (what says whether two are the same:
    `coralline.publishing.served_model.content_of`), `damage` (empty: none), `pipeline_run` (that published it).
    """

    TYPE_NAME = "components.ServedModel"


class WarmStart(artifact.Artifact):
    """A folder with `warm_start.json`: the weights that training begins with, named by place and SHA-256.

    Custom properties: `source` (the setting), `path` (empty: none), `sha256` (empty: not known yet), `version` (of a
    published model), `pipeline_run` (that made it).
    """

    TYPE_NAME = "components.WarmStart"
