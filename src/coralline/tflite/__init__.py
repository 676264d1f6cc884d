"""Domain: TFLite files - reading, the detector's output contract, metadata, running a model. No TFX, no TensorFlow."""
