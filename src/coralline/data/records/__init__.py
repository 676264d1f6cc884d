"""Annotated images as tf.Examples in TFRecord files, without TensorFlow."""
