"""VocExampleGen: from a folder of annotated images to tf.Examples."""

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
    """Reads a folder of images with Pascal VOC annotations, checks it, and writes tf.Examples.

    LabelImg's layout (images and XML together or in two folders, nested or not) and the VOC devkit's are told apart by
    looking. Reading, checking and writing run on Beam, in few large elements. What was written is counted against what
    was read.

    The content of the folder is part of the cache key: files that were touched or copied again are reused, one changed
    byte in an image runs it again. Locally the component's driver sees to that, on Vertex the driver in
    `kubeflow_driver.py`.

    Outputs:
      examples: `Examples`, splits `train` and `eval`, gzip TFRecords in the tf.Example layout of the Object Detection
        API (`src/coralline/data/records/tf_example.py`).
      label_map: `LabelMap`, the given one or the sorted class names of the data.
      report: `DatasetReport`, `report.json` with counts and every problem found, and how the data differs from that of
        the run before with another content; `report.html`, a page of it with figures and pictures.

    Fails with a `UserError`: the folder can't be read or holds no annotated images; XML that doesn't parse; an
    annotation whose image is missing, cut off or not an image; a class that isn't in the given label map; a box without
    area (unless `on_zero_area_box` is `drop`) or far outside of its image; not every image was written.
    """

    SPEC_CLASS = VocExampleGenSpec  # type: ignore[assignment]
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)
    DRIVER_CLASS = Driver  # type: ignore[assignment]

    def __init__(self, data: str, history: str):
        """Args:
        data: JSON of the configuration's section `data`.
        history: a folder, the same for all runs of a pipeline, in which each leaves a summary of its data for the next
          one (`src/coralline/data_report/history.py`).
        """
        spec = VocExampleGenSpec(
            data=data,
            history=history,
            examples=types.Channel(type=standard_artifacts.Examples),
            label_map=types.Channel(type=LabelMap),
            report=types.Channel(type=DatasetReport),
        )
        # FileBasedExampleGen is the base class so that the Kubeflow compiler gives the component a driver; its own
        # constructor would demand file patterns that nothing here reads.
        base_beam_component.BaseBeamComponent.__init__(self, spec=spec)
