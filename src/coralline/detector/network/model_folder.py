"""Names in the folder of a trained model that are looked at without TensorFlow too; `saved_model` has the others."""

DETECTOR_JSON = "detector.json"
WEIGHTS = "weights/detector"
"""Prefix of the float model's checkpoint (`backbone`, `decoder`, `head`): the SavedModels' weights are constants."""
