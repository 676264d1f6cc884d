"""Domain: the Edge TPU - which ops map, the compiler, compiled packages. No TFX, no TensorFlow."""
