"""Domain: the detector in Model Garden's terms, from presets to a trained model. No TFX; no TensorFlow on this floor.

Rooms, in the order in which a training goes through them: `anchors`, `inputs`, `network`, `warm_start`, `training`.
"""

import os

# Model Garden 2.16 and TensorFlow Model Optimization are written for Keras 2; `tf.keras` reads this at its first use.
os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
