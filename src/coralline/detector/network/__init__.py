"""The detector itself: predicted, built float and quantization-aware, and stored in a folder."""
