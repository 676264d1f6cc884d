"""AutoGraph rewrites every layer's `call`, which is most of the time that a Keras 2 model takes to build and trace.

Seen with tensorflow 2.16.2, tf-keras 2.16.0, tf-models-official 2.16.0 and tensorflow-model-optimization 0.8.1: a QAT
RetinaNet took 71 s to build and 62 s to trace its first step, 13 s each without, with the same outputs to the last
digit; mapping the training images took 6 s to trace, 1 s without. None of these packages has data-dependent Python
control flow in what a detector uses, so they are put on AutoGraph's own list of modules that it leaves alone.
"""

from tensorflow.python.autograph.core import config
from tensorflow.python.autograph.core.config_lib import DoNotConvert

_MODULES = (
    "coralline.detector",
    "tf_keras",
    "tensorflow_model_optimization",
    "official.core",
    "official.modeling",
    "official.projects.qat",
    "official.vision.dataloaders",
    "official.vision.losses",
    "official.vision.modeling",
    "official.vision.ops",
    "official.vision.tasks",
)


def leave_library_layers_alone() -> None:
    """Makes AutoGraph call the layers of Keras, Model Garden and tfmot as they are; safe to call twice."""
    known = set(map(repr, config.CONVERSION_RULES))
    new = [rule for rule in map(DoNotConvert, _MODULES) if repr(rule) not in known]
    config.CONVERSION_RULES = tuple(new) + tuple(config.CONVERSION_RULES)
