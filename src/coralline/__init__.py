"""Coralline's library: data, detectors, TFLite files, the Edge TPU, scoring and lineage. No TFX."""
