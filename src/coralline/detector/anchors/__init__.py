"""Anchors: their positions, how boxes match them, and which would fit the data better. No TensorFlow."""
