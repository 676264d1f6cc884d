"""Domain: the detector in Model Garden's terms - presets, float and quantization-aware training. No TFX."""
