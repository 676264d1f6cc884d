"""QatTrainer: trains a float detector, then a quantization-aware one from it, with Model Garden's RetinaNet task."""

from __future__ import annotations

from tfx import types
from tfx.dsl.components.base import executor_spec
from tfx.types import component_spec, standard_artifacts

from components.artifacts import LabelMap
from components.qat_trainer import executor
from components.spec_component import SpecComponent


class QatTrainerSpec(types.ComponentSpec):
    """What flows into and out of QatTrainer."""

    PARAMETERS = {
        "model": component_spec.ExecutionParameter(type=str),
        "train": component_spec.ExecutionParameter(type=str),
        "augment": component_spec.ExecutionParameter(type=str),
        "warm_start_sha256": component_spec.ExecutionParameter(type=str, optional=True),
        "published_at": component_spec.ExecutionParameter(type=str, optional=True),
    }
    INPUTS = {
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "label_map": component_spec.ChannelParameter(type=LabelMap),
    }
    OUTPUTS = {
        "trained_model": component_spec.ChannelParameter(type=standard_artifacts.Model),
        "model_run": component_spec.ChannelParameter(type=standard_artifacts.ModelRun),
    }


class QatTrainer(SpecComponent):
    """Trains the detector in two phases and writes both models.

    Inputs:
      examples: tf.Examples of the object-detection layout; split `train` trains, split `eval` selects the best
        checkpoint of each phase.
      label_map: its length is the number of classes.

    Outputs:
      trained_model: a folder with `Format-Serving/` (the quantization-aware SavedModel, raw outputs), `float/` (the
        float one), `detector.json`, `anchors.npy`, and `weights/`, the float model's checkpoint for a later warm start.
        Custom properties: `float_step`, `float_AP`, `qat_step` and `qat_AP` of the selected checkpoints.
      model_run: TensorBoard logs of both phases.

    Parameters:
      model: the `model` section of the configuration as JSON (preset, warm start).
      train: the `train` section as JSON (steps, batch size, learning rates, seed, steps between checkpoints).
      augment: the `augment` section as JSON (random changes to training images).
      warm_start_sha256: of the warm start's content, if known beforehand, so that a changed file trains again.
      published_at: where models are published, for the warm start `latest_blessed`. Which model that is doesn't count
        as a change; otherwise each model would trigger the training of the next.

    Fails with one message if there are no training images or fewer than a batch, if the warm start doesn't fit the
    preset, if the quantized model doesn't start where the float model ended, or if the loss is not finite. A killed
    run resumes from its newest complete checkpoint when started again with the same data and settings.
    """

    SPEC_CLASS = QatTrainerSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)
