"""The components of Coralline's pipeline, one folder each, in the order in which data passes through them.

Artifact classes are imported lazily (PEP 562): Kubeflow wants them importable from a top-level package
(`components.TFLiteModel`), while the domain modules below must stay importable without TFX.
"""

import importlib
import os
from typing import Any

# As in coralline.detector, before TFX uses `tf.keras` first.
os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")

_ARTIFACT_TYPES = ("LabelMap", "DatasetReport", "WarmStart", "TFLiteModel", "ServedModel", "EvaluationReport")


def __getattr__(name: str) -> Any:
    if name in _ARTIFACT_TYPES:
        return getattr(importlib.import_module("components.artifacts"), name)
    raise AttributeError(f"module 'components' has no attribute {name!r}")
