"""Stores that no run of ours wrote, recorded from the real things (plain_tfx): TFX's penguin example, TFX of 2019, KFP 1."""
