"""VocExampleGen: turns a folder of annotated images into tf.Examples."""

from __future__ import annotations

from tfx import types
from tfx.components.example_gen.component import FileBasedExampleGen
from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import component_spec, standard_artifacts

from components.artifacts import DatasetReport, LabelMap
from components.voc_example_gen.driver import Driver
from components.voc_example_gen.executor import Executor


class VocExampleGenSpec(component_spec.ComponentSpec):
    """What flows in and out of VocExampleGen."""

    PARAMETERS = {
        "data": component_spec.ExecutionParameter(type=str),
        "history": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {}
    OUTPUTS = {
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "label_map": component_spec.ChannelParameter(type=LabelMap),
        "report": component_spec.ChannelParameter(type=DatasetReport),
    }


class VocExampleGen(FileBasedExampleGen):
    """Reads a folder of annotated images, checks it, and writes tf.Examples.

    Pascal VOC, COCO, YOLO, CSV and TFRecord layouts are recognised unless `data.reader` names one. Reading, checking
    and writing run on Beam in a few large elements; the written examples are counted against the images read.

    The content of the folder is part of the cache key: files that were only touched or copied again are reused, one
    changed byte in an image runs the component again. The component's driver sees to that in a local run, the driver
    in `kubeflow_driver.py` on Vertex.

    Outputs:
      examples: `Examples`, splits `train`, `eval` and, where the data has one, `test`; gzip TFRecords in the
        tf.Example layout of the Object Detection API (`src/coralline/data/records/tf_example.py`); `image/group` tells
        images that belong together: copies, frames of a video, near-duplicates.
      label_map: `LabelMap`, the given one or the sorted class names of the data.
      report: `DatasetReport`: `report.json` with counts, every problem found, and what changed since the last
        different data set; `report.html`, a page with figures and pictures; `data_files.jsonl.gz`, which images there
        are, by which a later run tells what was added, removed and changed.

    Fails with a `UserError` if the folder can't be read or holds no annotated images, if there is a problem whose
    policy (`data.on_<kind>`) is `fail`, or if not every image was written.
    """

    SPEC_CLASS = VocExampleGenSpec  # type: ignore[assignment]
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)
    DRIVER_CLASS = Driver  # type: ignore[assignment]

    def __init__(self, data: str, history: str):
        """Args:
        data: the `data` section of the configuration as JSON.
        history: a folder, the same for all runs of a pipeline, where each run leaves a summary of its data for the
          next one (`coralline.data_report.data_history`).
        """
        spec = VocExampleGenSpec(
            data=data,
            history=history,
            examples=types.Channel(type=standard_artifacts.Examples),
            label_map=types.Channel(type=LabelMap),
            report=types.Channel(type=DatasetReport),
        )
        # With FileBasedExampleGen as the base class the Kubeflow compiler gives the component a driver; its own
        # constructor requires file patterns that nothing here reads.
        base_beam_component.BaseBeamComponent.__init__(self, spec=spec)
