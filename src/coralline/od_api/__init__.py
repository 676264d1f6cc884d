"""The Object Detection API's pipeline.config: reading it, and what it means here. No TFX, no TensorFlow."""
