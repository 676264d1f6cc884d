"""Anchors: where they lie, how boxes match them, and which would fit data better. No TensorFlow."""
