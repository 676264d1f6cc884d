"""What a training depends on: QatTrainer takes it, and WarmStartImporter, which runs when one of these is new."""

from __future__ import annotations

from tfx.types import component_spec, standard_artifacts

from components.artifacts import LabelMap

TRAINING_PARAMETERS = {
    "model": component_spec.ExecutionParameter(type=str),
    "train": component_spec.ExecutionParameter(type=str),
    "augment": component_spec.ExecutionParameter(type=str),
    "network_version": component_spec.ExecutionParameter(type=int),
}
TRAINING_INPUTS = {
    "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
    "label_map": component_spec.ChannelParameter(type=LabelMap),
}
