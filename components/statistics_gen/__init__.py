"""TFX's StatisticsGen, with its results looked at."""
