"""Detectors for the Coral Edge TPU, from Python: data sets, .tflite files, scores and lineage.

    import coralline

    for problem in coralline.check_dataset("pictures").problems:
        print(problem.file, problem.line, problem.message)

    detector = coralline.Detector("model.tflite")
    for found in detector.detect("yard.jpg", min_score=0.5):
        print(found.label, found.score, found.xmin_ymin_xmax_ymax)

Importing this loads the standard library alone: each name loads its part when it is first used. Nothing here loads
TensorFlow or TFX. Errors that the caller can fix are `UserError`s.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coralline.data.annotated_image import AnnotatedImage, AnnotatedObject
    from coralline.data.data_settings import DataSettings
    from coralline.data.dataset import Dataset, check_dataset, read_dataset
    from coralline.data.judging.problems import Problem
    from coralline.edgetpu.inspection import inspect_model
    from coralline.evaluation_report.file_report import write_report
    from coralline.foundation.errors import UserError
    from coralline.lineage.answers.trace import why
    from coralline.lineage.run_history import RunHistory, open_lineage
    from coralline.scoring.coco import Figures
    from coralline.scoring.evaluate_file import EvaluationResult, evaluate
    from coralline.scoring.model_comparison import ModelComparison
    from coralline.tflite.detections import Detection
    from coralline.tflite.detector import Detector

__all__ = [
    "AnnotatedImage",
    "AnnotatedObject",
    "DataSettings",
    "Dataset",
    "Detection",
    "Detector",
    "EvaluationResult",
    "Figures",
    "ModelComparison",
    "Problem",
    "RunHistory",
    "UserError",
    "check_dataset",
    "evaluate",
    "inspect_model",
    "open_lineage",
    "read_dataset",
    "why",
    "write_report",
]

_HOMES = {
    "AnnotatedImage": "data.annotated_image",
    "AnnotatedObject": "data.annotated_image",
    "DataSettings": "data.data_settings",
    "Dataset": "data.dataset",
    "Detection": "tflite.detections",
    "Detector": "tflite.detector",
    "EvaluationResult": "scoring.evaluate_file",
    "Figures": "scoring.coco",
    "ModelComparison": "scoring.model_comparison",
    "Problem": "data.judging.problems",
    "RunHistory": "lineage.run_history",
    "UserError": "foundation.errors",
    "check_dataset": "data.dataset",
    "evaluate": "scoring.evaluate_file",
    "inspect_model": "edgetpu.inspection",
    "open_lineage": "lineage.run_history",
    "read_dataset": "data.dataset",
    "why": "lineage.answers.trace",
    "write_report": "evaluation_report.file_report",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'coralline' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"coralline.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
