"""The detector itself: predicted, built float and quantization-aware, and as it is kept in a folder."""
