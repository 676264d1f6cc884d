"""Domain: the detector in Model Garden's terms, from presets to a trained model. No TFX; no TensorFlow on this floor.

Rooms, in the order in which a training goes through them: `anchors`, `inputs`, `network`, `warm_start`, `training`.
"""
