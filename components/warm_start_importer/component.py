"""WarmStartImporter: the weights that training begins with, as an artifact."""

from __future__ import annotations

from tfx import types
from tfx.dsl.components.base import executor_spec
from tfx.types import component_spec

from components.artifacts import WarmStart
from components.spec_component import SpecComponent
from components.training_inputs import TRAINING_INPUTS, TRAINING_PARAMETERS
from components.warm_start_importer import executor


class WarmStartImporterSpec(types.ComponentSpec):
    """What flows into and out of WarmStartImporter."""

    PARAMETERS = {
        **TRAINING_PARAMETERS,
        "warm_start_sha256": component_spec.ExecutionParameter(type=str, optional=True),
        "published_at": component_spec.ExecutionParameter(type=str, optional=True),
    }
    INPUTS = TRAINING_INPUTS
    OUTPUTS = {"warm_start": component_spec.ChannelParameter(type=WarmStart)}


class WarmStartImporter(SpecComponent):
    """Finds out what `model.warm_start` means for one training.

    It takes what the training takes, so that it runs when there is something new to train on. Until then the same
    weights flow on, and with them the same trained model: `latest_blessed` doesn't make each model train the next.

    Inputs:
      examples, label_map: of the training.

    Outputs:
      warm_start: place and SHA-256 of the weights; of `latest_blessed`, the version that is served now.

    Parameters:
      model, train, augment, network_version: as QatTrainer takes them.
      warm_start_sha256: of the content, if known beforehand, so that a changed file trains again.
      published_at: where models are published, for `latest_blessed`.

    Fails with one message if there are no such weights, or if they are of another backbone than the preset's.
    """

    SPEC_CLASS = WarmStartImporterSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)
