"""QatTrainer: trains a float detector, then a quantization-aware one from it, with Model Garden's RetinaNet task."""

from __future__ import annotations

from tfx import types
from tfx.dsl.components.base import executor_spec
from tfx.types import component_spec, standard_artifacts

from components.artifacts import WarmStart
from components.qat_trainer import executor
from components.spec_component import SpecComponent
from components.training_inputs import TRAINING_INPUTS, TRAINING_PARAMETERS

NETWORK_VERSION = 1
"""Of the network, its losses, inputs, schedule, and choice of checkpoints. To be raised with any change of
`coralline.detector` by which the same data and settings give another model: everything is then trained again once, and
a training that was killed before isn't continued."""


class QatTrainerSpec(types.ComponentSpec):
    """What flows into and out of QatTrainer."""

    PARAMETERS = {**TRAINING_PARAMETERS, "workspaces": component_spec.ExecutionParameter(type=str, optional=True)}
    INPUTS = {
        **TRAINING_INPUTS,
        "warm_start": component_spec.ChannelParameter(type=WarmStart, optional=True),
    }
    OUTPUTS = {
        "trained_model": component_spec.ChannelParameter(type=standard_artifacts.Model),
        "model_run": component_spec.ChannelParameter(type=standard_artifacts.ModelRun),
    }


class QatTrainer(SpecComponent):
    """Trains the detector in two phases and writes both models.

    Inputs:
      examples: tf.Examples of the object-detection layout. Split `train` trains; a part of it that is held out selects
        the best checkpoint of each phase, or split `eval` if there is a split `test` or too little data.
      label_map: its length is the number of classes.
      warm_start: the weights to begin with, if `model.warm_start` is set.

    Outputs:
      trained_model: a folder with `Format-Serving/` (the quantization-aware SavedModel, raw outputs), `float/` (the
        float one), `detector.json`, `anchors.npy`, and `weights/`, the float model's checkpoint for a later warm start.
        Custom properties: `float_step`, `float_AP`, `qat_step` and `qat_AP` of the selected checkpoints;
        `selection_split` and `selection_images`, what they were selected on, and `selection`, that in words; and, if
        the images that judge the model selected it, `float_AP_optimism` and `qat_AP_optimism`, the most by which that
        makes AP too good, by a cross-check on two halves of them; `training_images`, the devices (`trained_on`), and
        `resolved_settings`: the values that were used, those that were left open among them.
      model_run: TensorBoard logs of both phases.

    Parameters:
      model: the `model` section of the configuration as JSON (preset, warm start).
      train: the `train` section as JSON (steps, batch size, learning rates, seed, steps between checkpoints).
      augment: the `augment` section as JSON (random changes to training images).
      network_version: `NETWORK_VERSION`; another one trains again, and continues no training of this one.
      workspaces: where checkpoints are kept until the training is done: a folder that outlives the machine, or an
        address, of which a folder of the machine is then a mirror. If absent, a folder beside the outputs.

    Fails with one message if there are no training images or fewer than a batch, if the warm start doesn't fit the
    preset, if the quantized model doesn't start where the float model ended, or if the loss is not finite. A killed
    run resumes from its newest complete checkpoint when started again with the same data and settings.
    """

    SPEC_CLASS = QatTrainerSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)
