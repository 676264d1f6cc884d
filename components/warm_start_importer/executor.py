"""What WarmStartImporter does: resolves the setting, and writes down which weights it means."""

from __future__ import annotations

from typing import Any

from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

from coralline.detector.inputs.augmentation import AugmentSettings
from coralline.detector.model_settings import ModelSettings
from coralline.detector.settings import Settings
from coralline.detector.train_settings import TrainSettings
from coralline.detector.warm_start.resolved import ResolvedWarmStart
from coralline.foundation import progress
from coralline.foundation.code_version import stamp


class Executor(base_executor.BaseExecutor):
    """Writes a WarmStart artifact."""

    def Do(self, input_dict: dict[str, Any], output_dict: dict[str, Any], exec_properties: dict[str, Any]) -> None:
        del input_dict  # It decides when this runs.
        artifact = artifact_utils.get_single_instance(output_dict["warm_start"])
        model = ModelSettings.from_property(exec_properties["model"])
        train = TrainSettings.from_property(exec_properties["train"])
        augment = AugmentSettings.from_property(exec_properties["augment"])
        preset = Settings.resolve(model, train, augment).preset
        found = ResolvedWarmStart.of(model, preset, exec_properties["published_at"])
        if not found.path:
            progress.note("nothing is published yet: training starts without the latest blessed model")
        found.write(artifact.uri)
        for name, value in found.as_json().items():
            artifact.set_string_custom_property(name, value)
        stamp(artifact)
